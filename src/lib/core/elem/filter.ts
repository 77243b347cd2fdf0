import { formatAddress, tryParseAddress } from '../prefix/address.ts';
import { formatPrefix, tryParsePrefix } from '../prefix/prefix.ts';
import { PrefixSet } from '../prefix/prefix-set.ts';
import { BgpError } from '../error.ts';
import type { ElemBatch, TableName, WordLists } from './batch.ts';
import { ELEM_FLAG, NONE, TABLE_NAMES } from './batch.ts';
import { BatchBuilder } from './builder.ts';
import { ElemCopier } from './copier.ts';
import { KIND_NAMES } from './row.ts';

/** Which elems a client wants. Members are ANDed, values inside one are ORed; an absent or empty member matches all. */
export interface ElemFilter {
  readonly collectors?: readonly string[];
  /** Peer addresses, any text form. */
  readonly peers?: readonly string[];
  /** CIDR text; matches the prefix itself, and by the two flags below what it covers and what covers it. */
  readonly prefixes?: readonly string[];
  /** Also prefixes inside the given ones (default true). */
  readonly moreSpecific?: boolean;
  /** Also prefixes around the given ones (default false). */
  readonly lessSpecific?: boolean;
  /** ASNs anywhere on the path or as the peer. Withdrawals carry no path: they match by peer ASN only. */
  readonly asns?: readonly number[];
  readonly tables?: readonly TableName[];
  readonly kinds?: readonly ('announce' | 'withdraw' | 'state' | 'rib')[];
}

/** Most values in each list of a filter. */
export const FILTER_LIMITS = { collectors: 100, peers: 1000, prefixes: 10_000, asns: 1000 } as const;

const MAX_NAME = 255;
const MEMBERS: ReadonlySet<string> = new Set([
  'collectors',
  'peers',
  'prefixes',
  'moreSpecific',
  'lessSpecific',
  'asns',
  'tables',
  'kinds',
]);

/**
 * Check a filter from outside and bring it to its canonical form: texts normalised, lists sorted without repeats, members
 * that change nothing left out, in a fixed order. Two filters that match alike for that reason have equal JSON.
 *
 * @throws {BgpError} FILTER_BAD
 */
export function parseFilter(value: unknown): ElemFilter {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad('not an object');
  const given = value as Record<string, unknown>;
  const unknown = Object.keys(given).find((member) => !MEMBERS.has(member));
  if (unknown !== undefined) throw bad(`unknown member "${unknown.slice(0, 40)}"`);
  const collectors = list(given, 'collectors', FILTER_LIMITS.collectors, name);
  const peers = list(given, 'peers', FILTER_LIMITS.peers, peer);
  const prefixes = list(given, 'prefixes', FILTER_LIMITS.prefixes, prefix);
  const asns = list(given, 'asns', FILTER_LIMITS.asns, asn);
  const tables = list(given, 'tables', TABLE_NAMES.length, oneOf(TABLE_NAMES));
  const kinds = list(given, 'kinds', KIND_NAMES.length, oneOf(KIND_NAMES));
  const moreSpecific = flag(given, 'moreSpecific', true);
  const lessSpecific = flag(given, 'lessSpecific', false);
  return {
    ...(collectors && { collectors }),
    ...(peers && { peers }),
    ...(prefixes && { prefixes }),
    ...(prefixes && !moreSpecific && { moreSpecific }),
    ...(prefixes && lessSpecific && { lessSpecific }),
    ...(asns && { asns }),
    ...(tables && { tables }),
    ...(kinds && { kinds }),
  };
}

function bad(detail: string): BgpError {
  return new BgpError('FILTER_BAD', detail);
}

/** The member as a sorted list without repeats; undefined when absent or empty. */
function list<T extends string | number>(
  given: Record<string, unknown>,
  member: string,
  max: number,
  parse: (value: unknown) => T | null,
): T[] | undefined {
  const values = given[member];
  if (values === undefined) return undefined;
  if (!Array.isArray(values)) throw bad(`${member} is not a list`);
  if (values.length > max) throw bad(`${values.length} ${member}, at most ${max}`);
  const parsed = new Set<T>();
  for (const value of values as unknown[]) {
    const item = parse(value);
    if (item === null) throw bad(`${member}: ${String(JSON.stringify(value)).slice(0, 60)}`);
    parsed.add(item);
  }
  if (parsed.size === 0) return undefined;
  return [...parsed].sort((a, b) => (a < b ? -1 : 1));
}

function flag(given: Record<string, unknown>, member: string, otherwise: boolean): boolean {
  const value = given[member] ?? otherwise;
  if (typeof value !== 'boolean') throw bad(`${member} is not a boolean`);
  return value;
}

function name(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= MAX_NAME ? value : null;
}

function peer(value: unknown): string | null {
  const address = typeof value === 'string' ? tryParseAddress(value) : null;
  return address && formatAddress(address.isV6, address.words);
}

function prefix(value: unknown): string | null {
  const key = typeof value === 'string' ? tryParsePrefix(value) : null;
  return key && formatPrefix(key.isV6, key.bits, key.words);
}

function asn(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff
    ? value
    : null;
}

function oneOf<T extends string>(names: readonly T[]): (value: unknown) => T | null {
  return (value) => names.find((known) => known === value) ?? null;
}

/** Tells which elems a filter lets through. */
export interface ElemMatcher {
  /** Whether elem `i` of `batch` passes. Cheapest when one batch is asked about at a time: answers are kept per table entry. */
  matches(batch: ElemBatch, i: number): boolean;
}

/** Answers not worked out yet. */
const UNKNOWN = 2;

/** Yes or no per entry of one table of the current batch, worked out when first asked for. */
class Answers {
  #answers = new Uint8Array(0);

  reset(length: number): void {
    if (this.#answers.length < length) this.#answers = new Uint8Array(Math.max(length, 64));
    this.#answers.fill(UNKNOWN, 0, length);
  }

  get(index: number): number {
    return this.#answers[index]!;
  }

  set(index: number, answer: boolean): boolean {
    this.#answers[index] = answer ? 1 : 0;
    return answer;
  }
}

class FilterMatcher implements ElemMatcher {
  readonly #kinds: readonly boolean[];
  readonly #tables: readonly boolean[] | null;
  readonly #collectors: ReadonlySet<string> | null;
  readonly #peers: ReadonlySet<string> | null;
  readonly #asns: ReadonlySet<number> | null;
  readonly #prefixes: PrefixSet | null;
  readonly #moreSpecific: boolean;
  readonly #lessSpecific: boolean;

  #batch: ElemBatch | null = null;
  readonly #vantageAnswers = new Answers();
  readonly #peerAsnAnswers = new Answers();
  readonly #prefixAnswers = new Answers();
  readonly #attrAnswers = new Answers();

  constructor(filter: ElemFilter) {
    this.#kinds = KIND_NAMES.map((kind) => filter.kinds?.includes(kind) ?? true);
    this.#tables = filter.tables ? TABLE_NAMES.map((table) => filter.tables!.includes(table)) : null;
    this.#collectors = filter.collectors ? new Set(filter.collectors) : null;
    this.#peers = filter.peers ? new Set(filter.peers) : null;
    this.#asns = filter.asns ? new Set(filter.asns) : null;
    this.#prefixes = filter.prefixes ? new PrefixSet(filter.prefixes) : null;
    this.#moreSpecific = filter.moreSpecific ?? true;
    this.#lessSpecific = filter.lessSpecific ?? false;
  }

  matches(batch: ElemBatch, i: number): boolean {
    if (batch !== this.#batch) this.#restart(batch);
    return (
      this.#kinds[batch.kind[i]!]! &&
      this.#vantagePasses(batch, batch.vantage[i]!) &&
      this.#prefixPasses(batch, batch.prefix[i]!) &&
      (this.#asns === null || this.#asnPasses(batch, i))
    );
  }

  #restart(batch: ElemBatch): void {
    this.#batch = batch;
    this.#vantageAnswers.reset(batch.vantages.length);
    this.#peerAsnAnswers.reset(batch.vantages.length);
    this.#prefixAnswers.reset(batch.prefixes.length);
    this.#attrAnswers.reset(batch.attrSets.length);
  }

  #vantagePasses(batch: ElemBatch, vantage: number): boolean {
    const known = this.#vantageAnswers.get(vantage);
    if (known !== UNKNOWN) return known === 1;
    const { collector, address } = batch.vantages;
    const { isV6, words } = batch.addresses;
    const peer = address[vantage]!;
    const passes =
      (this.#collectors === null || this.#collectors.has(batch.collectors[collector[vantage]!] ?? '')) &&
      (this.#peers === null || this.#peers.has(formatAddress(isV6[peer] === 1, words, peer * 4)));
    return this.#vantageAnswers.set(vantage, passes);
  }

  /** A state change has no prefix: it passes unless prefixes or tables are asked for. */
  #prefixPasses(batch: ElemBatch, prefix: number): boolean {
    if (this.#prefixes === null && this.#tables === null) return true;
    if (prefix === NONE) return false;
    const known = this.#prefixAnswers.get(prefix);
    if (known !== UNKNOWN) return known === 1;
    const { table, bits, words } = batch.prefixes;
    const passes =
      (this.#tables === null || this.#tables[table[prefix]!]!) &&
      (this.#prefixes === null ||
        this.#related(this.#prefixes, table[prefix]! & 1, bits[prefix]!, words, prefix * 4));
    return this.#prefixAnswers.set(prefix, passes);
  }

  #related(set: PrefixSet, v6: number, bits: number, words: Uint32Array, at: number): boolean {
    return (
      set.has(v6, bits, words, at) ||
      (this.#moreSpecific && set.covers(v6, bits, words, at)) ||
      (this.#lessSpecific && set.isAround(v6, bits, words, at))
    );
  }

  #asnPasses(batch: ElemBatch, i: number): boolean {
    const asns = this.#asns!;
    const vantage = batch.vantage[i]!;
    const known = this.#peerAsnAnswers.get(vantage);
    const isPeer =
      known === UNKNOWN
        ? this.#peerAsnAnswers.set(vantage, asns.has(batch.vantages.asn[vantage]!))
        : known === 1;
    const set = batch.attrs[i]!;
    if (isPeer || set === NONE) return isPeer;
    const answer = this.#attrAnswers.get(set);
    if (answer !== UNKNOWN) return answer === 1;
    return this.#attrAnswers.set(set, pathHasAny(batch.paths, batch.attrSets.path[set]!, asns));
  }
}

function pathHasAny(paths: WordLists, index: number, asns: ReadonlySet<number>): boolean {
  const end = paths.offsets[index + 1]!;
  for (let at = paths.offsets[index]!; at < end;) {
    const next = at + 1 + (paths.words[at]! & 0xff);
    for (at++; at < next; at++) if (asns.has(paths.words[at]!)) return true;
  }
  return false;
}

/** A matcher for a filter, which is checked first. @throws {BgpError} FILTER_BAD */
export function compileFilter(filter: ElemFilter): ElemMatcher {
  return new FilterMatcher(parseFilter(filter));
}

/**
 * The elems of `batch` that match, as a batch of their own; null when there are none. The first elem kept of a message
 * carries `ELEM_FLAG.first`, whether or not it was the message's first, so the bit still counts messages.
 */
export function filterBatch(batch: ElemBatch, matcher: ElemMatcher): ElemBatch | null {
  let copier: ElemCopier | null = null;
  let builder: BatchBuilder | null = null;
  let isFirst = 0;
  for (let i = 0; i < batch.length; i++) {
    const flags = batch.flags[i]!;
    if (flags & ELEM_FLAG.first) isFirst = ELEM_FLAG.first;
    if (!matcher.matches(batch, i)) continue;
    builder ??= new BatchBuilder(Math.min(batch.length - i, 1024));
    copier ??= new ElemCopier(builder);
    copier.copy(batch, i, (flags & ~ELEM_FLAG.first) | isFirst);
    isFirst = 0;
  }
  return builder?.take() ?? null;
}
