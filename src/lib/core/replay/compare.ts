import type { ElemBatch } from '../elem/batch.ts';
import { KIND, NONE, PEER_STATE } from '../elem/batch.ts';
import type { ElemFilter, ElemMatcher } from '../elem/filter.ts';
import { compileFilter } from '../elem/filter.ts';
import { prefixText } from '../elem/row.ts';
import { BgpError } from '../error.ts';
import type { PrefixKey } from '../prefix/prefix.ts';
import { parsePrefix } from '../prefix/prefix.ts';
import { pathAt } from './paths.ts';
import type { Recording } from './recording.ts';

/** How a prefix stood at a moment. */
export interface Standing {
  /** Lowest first. */
  readonly origins: readonly number[];
  /** Vantages that held it. */
  readonly vantages: number;
}

export interface PrefixChange {
  readonly prefix: string;
  readonly before: Standing;
  readonly after: Standing;
  /** Vantages whose path to it differs. */
  readonly changedPaths: number;
}

/** Routes that are followed at most: (prefix, vantage) pairs. */
export const MAX_PAIRS = 1_500_000;
const MAX_CHANGES = 1000;
/** Vantages have numbers below this (`VantageIndex`). */
const VANTAGES = 8192;
const GONE = 0;

/**
 * What differs between two moments: the paths of every (prefix, vantage) pair at the first, and those that are others at the
 * second. IPv4 and IPv6 unicast. Of a filter, ASNs and kinds are not asked elem by elem, as a withdrawal has no path: a change
 * counts when one of the ASNs is on a path of before or after.
 */
export class CompareScan {
  readonly #recording: Recording;
  readonly #beforeUs: number;
  readonly #afterUs: number;
  readonly #matcher: ElemMatcher | null;
  /** Prefixes that frames are passed over by; null when the filter has none that say. */
  readonly #keys: readonly PrefixKey[] | null;
  readonly #inside: boolean;
  readonly #asns: ReadonlySet<number> | null;
  readonly #prefixIds = new Map<string, number>();
  readonly #prefixes: string[] = [];
  readonly #pathIds = new Map<string, number>();
  readonly #paths: (readonly number[])[] = [[]];
  /** Path id by prefix id times `VANTAGES` plus vantage. */
  readonly #routes = new Map<number, number>();
  /** What a pair had at the first moment, of those that something happened to since. */
  readonly #first = new Map<number, number>();

  /** @throws {BgpError} FILTER_BAD */
  constructor(recording: Recording, beforeUs: number, afterUs: number, filter: ElemFilter | null) {
    this.#recording = recording;
    this.#beforeUs = Math.min(beforeUs, afterUs);
    this.#afterUs = Math.max(beforeUs, afterUs);
    const { asns, kinds: _kinds, ...rest } = filter ?? {};
    const { prefixes, lessSpecific, moreSpecific } = rest;
    this.#keys = prefixes && prefixes.length > 0 && lessSpecific !== true ? prefixes.map(parsePrefix) : null;
    this.#inside = moreSpecific !== false;
    this.#matcher = Object.keys(rest).length > 0 ? compileFilter(rest) : null;
    this.#asns = asns && asns.length > 0 ? new Set(asns) : null;
  }

  /** Frame by frame. @throws {BgpError} REPLAY_TOO_MUCH */
  *scan(): Generator<void, void, void> {
    const before = this.#recording.positionAt(this.#beforeUs);
    const after = this.#recording.positionAt(this.#afterUs);
    for (let index = 0; index < this.#recording.frames.length; index++) {
      const { firstElem } = this.#recording.frames[index]!;
      if (firstElem >= after) return;
      if (!this.#mayMatter(index)) continue;
      const { batch } = this.#recording.open(index);
      this.#read(batch, before - firstElem, Math.min(batch.length, after - firstElem));
      yield;
    }
  }

  #mayMatter(index: number): boolean {
    if (this.#keys === null || this.#recording.hasStates(index)) return true;
    return this.#recording.mayHave(index, this.#keys, this.#inside);
  }

  /** @param first index from which on elems came after the first moment */
  #read(batch: ElemBatch, first: number, to: number): void {
    const vantageIds = this.#recording.vantages.map(batch);
    const prefixIds = new Int32Array(batch.prefixes.length).fill(-1);
    const pathIds = new Int32Array(batch.attrSets.length).fill(-1);
    for (let i = 0; i < to; i++) {
      const vantage = vantageIds[batch.vantage[i]!]!;
      const kind = batch.kind[i]!;
      if (vantage === NONE) continue;
      if (kind === KIND.state) {
        if ((batch.state[i]! & 0xff) !== PEER_STATE.established) this.#clear(vantage, i >= first);
        continue;
      }
      if (batch.prefixes.table[batch.prefix[i]!]! > 1) continue;
      if (this.#matcher && !this.#matcher.matches(batch, i)) continue;
      const prefix = (prefixIds[batch.prefix[i]!] =
        prefixIds[batch.prefix[i]!]! === -1
          ? this.#prefixId(prefixText(batch, batch.prefix[i]!))
          : prefixIds[batch.prefix[i]!]!);
      const set = kind === KIND.withdraw ? NONE : batch.attrs[i]!;
      let path = GONE;
      if (set !== NONE) {
        if (pathIds[set] === -1) pathIds[set] = this.#pathId(pathAt(batch, set));
        path = pathIds[set]!;
      }
      this.#set(prefix * VANTAGES + vantage, path, i >= first);
    }
    if (this.#routes.size > MAX_PAIRS)
      throw new BgpError('REPLAY_TOO_MUCH', `more than ${MAX_PAIRS} routes to compare: narrow the filter`);
  }

  #set(pair: number, path: number, isAfter: boolean): void {
    if (isAfter && !this.#first.has(pair)) this.#first.set(pair, this.#routes.get(pair) ?? GONE);
    if (path === GONE) this.#routes.delete(pair);
    else this.#routes.set(pair, path);
  }

  #clear(vantage: number, isAfter: boolean): void {
    for (const pair of [...this.#routes.keys()])
      if (pair % VANTAGES === vantage) this.#set(pair, GONE, isAfter);
  }

  #prefixId(text: string): number {
    let id = this.#prefixIds.get(text);
    if (id === undefined) {
      id = this.#prefixes.push(text) - 1;
      this.#prefixIds.set(text, id);
    }
    return id;
  }

  #pathId(path: readonly number[]): number {
    const text = path.join(' ');
    let id = this.#pathIds.get(text);
    if (id === undefined) {
      id = this.#paths.push(path) - 1;
      this.#pathIds.set(text, id);
    }
    return id;
  }

  /** Prefixes whose origins or visibility differ, the biggest change first, at most 1,000; `total` counts them all. */
  changes(): { readonly changes: PrefixChange[]; readonly total: number } {
    const touched = new Map<number, number[]>();
    for (const [pair, path] of this.#first) {
      if ((this.#routes.get(pair) ?? GONE) === path) continue;
      const prefix = Math.floor(pair / VANTAGES);
      const vantages = touched.get(prefix);
      if (vantages) vantages.push(pair % VANTAGES);
      else touched.set(prefix, [pair % VANTAGES]);
    }
    const all: PrefixChange[] = [];
    for (const [prefix, vantages] of touched) {
      const change = this.#change(prefix, vantages.length);
      if (change) all.push(change);
    }
    all.sort(
      (a, b) => weight(b) - weight(a) || b.changedPaths - a.changedPaths || (a.prefix < b.prefix ? -1 : 1),
    );
    return { changes: all.slice(0, MAX_CHANGES), total: all.length };
  }

  #change(prefix: number, changedPaths: number): PrefixChange | null {
    const [before, after] = [new Set<number>(), new Set<number>()];
    let [heldBefore, heldAfter] = [0, 0];
    let isWanted = this.#asns === null;
    const note = (path: number, origins: Set<number>): void => {
      const hops = this.#paths[path]!;
      if (hops.length > 0) origins.add(hops.at(-1)!);
      isWanted ||= hops.some((asn) => this.#asns!.has(asn));
    };
    for (let vantage = 0; vantage < this.#recording.vantages.length; vantage++) {
      const pair = prefix * VANTAGES + vantage;
      const now = this.#routes.get(pair) ?? GONE;
      const then = this.#first.get(pair) ?? now;
      if (then !== GONE) heldBefore++;
      if (now !== GONE) heldAfter++;
      note(then, before);
      note(now, after);
    }
    if (!isWanted) return null;
    const isSame =
      heldBefore === heldAfter && before.size === after.size && [...before].every((a) => after.has(a));
    if (isSame) return null;
    return {
      prefix: this.#prefixes[prefix]!,
      before: { origins: sorted(before), vantages: heldBefore },
      after: { origins: sorted(after), vantages: heldAfter },
      changedPaths,
    };
  }
}

function sorted(asns: ReadonlySet<number>): number[] {
  return [...asns].sort((a, b) => a - b);
}

/** How big a change is: other origins count more than any number of vantages. */
function weight({ before, after }: PrefixChange): number {
  const isOther = before.origins.join() !== after.origins.join() && before.vantages > 0 && after.vantages > 0;
  return (isOther ? VANTAGES : 0) + Math.abs(before.vantages - after.vantages);
}
