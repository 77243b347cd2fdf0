import type { ElemBatch } from '#core/elem/batch.ts';
import { KIND, NONE } from '#core/elem/batch.ts';
import type { ElemMatcher } from '#core/elem/filter.ts';
import { compileFilter, parseFilter } from '#core/elem/filter.ts';
import { BgpError } from '#core/error.ts';
import { normaliseHost } from '#core/rislive/peers.ts';
import type { PathPattern } from './path-pattern.ts';
import { matchesPath, parsePathPattern } from './path-pattern.ts';

/** What a `ris_subscribe` asks for; its members are ANDed. Prefixes are kept apart, for each can be unsubscribed alone. */
export interface Subscription {
  readonly host: string | null;
  readonly type: string | null;
  readonly require: 'announcements' | 'withdrawals' | null;
  readonly peer: string | null;
  readonly path: PathPattern | null;
  /** CIDR text as given; none means every prefix. */
  readonly prefixes: readonly string[];
  readonly moreSpecific: boolean;
  readonly lessSpecific: boolean;
}

/** Options of the whole connection; the last ones sent count. */
export interface SocketOptions {
  readonly includeRaw: boolean;
  readonly acknowledge: boolean;
}

export const SOCKET_DEFAULTS: SocketOptions = { includeRaw: false, acknowledge: false };

const TYPES: ReadonlySet<string> = new Set([
  'UPDATE',
  'OPEN',
  'NOTIFICATION',
  'KEEPALIVE',
  'RIS_PEER_STATE',
  'STATE',
]);
const MEMBERS: ReadonlySet<string> = new Set([
  'host',
  'type',
  'require',
  'peer',
  'path',
  'prefix',
  'moreSpecific',
  'lessSpecific',
  'socketOptions',
]);

type Unchecked = Readonly<Record<string, unknown>>;

/** The `data` of a `ris_subscribe` or `ris_unsubscribe`, checked. @throws {BgpError} RIS_BAD_REQUEST */
export function parseSubscription(data: unknown): Subscription {
  const given = objectOf(data ?? {}, 'data');
  const unknown = Object.keys(given).find((member) => !MEMBERS.has(member));
  if (unknown !== undefined) throw bad(`unknown parameter "${unknown.slice(0, 40)}"`);
  const { host, type, require, peer, path, prefix } = given;
  const subscription: Subscription = {
    host: absent(host) ? null : (normaliseHost(host) ?? wrong('host')),
    type: absent(type) ? null : TYPES.has(type as string) ? (type as string) : wrong('type'),
    require: absent(require)
      ? null
      : require === 'announcements' || require === 'withdrawals'
        ? require
        : wrong('require'),
    peer: absent(peer) ? null : typeof peer === 'string' ? peer : wrong('peer'),
    path: absent(path) ? null : (parsePathPattern(path) ?? wrong('path')),
    prefixes: absent(prefix) ? [] : textsOf(prefix),
    moreSpecific: flagOf(given, 'moreSpecific', true),
    lessSpecific: flagOf(given, 'lessSpecific', false),
  };
  checkFilter(subscription);
  return subscription;
}

/** The `socketOptions` of a subscription; null when it has none. @throws {BgpError} RIS_BAD_REQUEST */
export function parseSocketOptions(data: unknown): SocketOptions | null {
  const given = objectOf(data ?? {}, 'data')['socketOptions'];
  if (absent(given)) return null;
  const options = objectOf(given, 'socketOptions');
  return {
    includeRaw: flagOf(options, 'includeRaw', false),
    acknowledge: flagOf(options, 'acknowledge', false),
  };
}

/** The elem filter for the members it knows. @throws {BgpError} RIS_BAD_REQUEST, e.g. for a prefix that is none */
function checkFilter(subscription: Subscription): ElemMatcher {
  const { host, peer, prefixes, moreSpecific, lessSpecific } = subscription;
  try {
    return compileFilter(
      parseFilter({
        tables: ['ipv4', 'ipv6'],
        ...(host !== null && { collectors: [host] }),
        ...(peer !== null && { peers: [peer] }),
        ...(prefixes.length > 0 && { prefixes, moreSpecific, lessSpecific }),
      }),
    );
  } catch (cause) {
    if (!(cause instanceof BgpError)) throw cause;
    throw new BgpError('RIS_BAD_REQUEST', cause.message, { cause });
  }
}

/** Tells whether a message is wanted: all subscriptions that differ in their prefixes only, as one. */
export class SubscriptionMatcher {
  readonly #subscription: Subscription;
  readonly #elems: ElemMatcher;
  /** The path column's answers for one batch. */
  readonly #paths = new Map<number, boolean>();
  #batch: ElemBatch | null = null;

  constructor(subscription: Subscription) {
    this.#subscription = subscription;
    this.#elems = checkFilter(subscription);
  }

  /** Whether the message of elems `from .. to` is wanted: one of them is enough, as at RIPE. */
  matches(batch: ElemBatch, from: number, to: number): boolean {
    const { type, require, path } = this.#subscription;
    const isState = batch.kind[from] === KIND.state;
    if (type !== null && (type === 'UPDATE') === isState) return false;
    if (type !== null && type !== 'UPDATE' && type !== 'STATE' && type !== 'RIS_PEER_STATE') return false;
    if (require !== null && !has(batch, from, to, require === 'withdrawals')) return false;
    if (path !== null && !this.#matchesPath(path, batch, from, to)) return false;
    for (let i = from; i < to; i++) if (this.#elems.matches(batch, i)) return true;
    return false;
  }

  #matchesPath(pattern: PathPattern, batch: ElemBatch, from: number, to: number): boolean {
    if (batch !== this.#batch) this.#paths.clear();
    this.#batch = batch;
    for (let i = from; i < to; i++) {
      if (batch.attrs[i] === NONE) continue;
      const path = batch.attrSets.path[batch.attrs[i]!]!;
      let matched = this.#paths.get(path);
      if (matched === undefined) this.#paths.set(path, (matched = matchesPath(pattern, batch.paths, path)));
      if (matched) return true;
    }
    return false;
  }
}

/** Whether the message has a withdrawal, or an announcement. */
function has(batch: ElemBatch, from: number, to: number, isWithdrawal: boolean): boolean {
  for (let i = from; i < to; i++) {
    const kind = batch.kind[i]!;
    if (kind !== KIND.state && (kind === KIND.withdraw) === isWithdrawal) return true;
  }
  return false;
}

function bad(detail: string): BgpError {
  return new BgpError('RIS_BAD_REQUEST', detail);
}

function wrong(member: string): never {
  throw bad(`${member} is not valid`);
}

function absent(value: unknown): boolean {
  return value === undefined || value === null;
}

function objectOf(value: unknown, name: string): Unchecked {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad(`${name} is not an object`);
  return value as Unchecked;
}

function textsOf(value: unknown): string[] {
  const items: unknown[] = Array.isArray(value) ? value : [value];
  if (items.length === 0 || !items.every((item) => typeof item === 'string')) return wrong('prefix');
  return items;
}

function flagOf(given: Unchecked, member: string, otherwise: boolean): boolean {
  const value = given[member] ?? otherwise;
  return typeof value === 'boolean' ? value : wrong(member);
}
