import { DEFAULT_PARAMS } from '../detect/params.ts';
import { StreamClock } from '../detect/stream-clock.ts';
import type { ElemBatch } from '../elem/batch.ts';
import { ELEM_FLAG, KIND, NONE, TABLE } from '../elem/batch.ts';
import { prefixText } from '../elem/row.ts';
import { publicOriginOf } from '../origin/path-view.ts';
import { formatPrefix } from '../prefix/prefix.ts';
import { OUTCOME } from '../rib/outcome.ts';
import type { Rib, StepResult } from '../rib/rib.ts';
import { DROP_WORDS } from '../rib/rib.ts';
import { sequenceAsns } from './path-words.ts';
import { ROUTE, Sessions } from './sessions.ts';
import type { WidthS } from './window.ts';

/** The nine numbers of a prefix and the AS that originates it, in the order of `PREFIX_ORIGIN_FEATURES`. */
export interface PrefixOriginRow {
  /** CIDR, VPN prefixes with their route distinguisher. */
  readonly prefix: string;
  readonly origin: number;
  readonly values: readonly number[];
}

/** What happened to pairs of prefix and origin in one window, in the order they were first heard of. */
export interface PrefixOriginWindow {
  readonly startUs: number;
  readonly widthS: WidthS;
  readonly rows: readonly PrefixOriginRow[];
  /** The feed had a gap in it, or the stream began or ended in it: the numbers are those of a part. */
  readonly isPartial: boolean;
}

/**
 * Columns of a pair, version 1. Withdrawals belong to the origin of the route they end; a flap is an announcement of the pair by
 * a vantage that withdrew it in the same window; path length is the mean over announcements, prepends counted; resets are those
 * of sessions that held a route of the pair, and are counted for pairs of which something else was heard.
 */
export const PREFIX_ORIGIN_FEATURES = [
  ['announcements', 'NLRI'],
  ['withdrawals', 'NLRI'],
  ['total_updates', 'NLRI'],
  ['withdrawal_ratio', '1'],
  ['flap_count', 'NLRI'],
  ['path_length', 'ASNs'],
  ['unique_peers', 'ASNs'],
  ['message_rate', 'messages/s'],
  ['session_resets', 'sessions'],
] as const;

interface Pair {
  readonly prefix: string;
  readonly origin: number;
  announcements: number;
  withdrawals: number;
  flaps: number;
  pathAsns: number;
  readonly peers: Set<number>;
  /** Vantages that withdrew it and have not announced it since. */
  readonly withdrawnBy: Set<number>;
  resets: number;
}

export interface PrefixOriginOptions {
  readonly widthS: WidthS;
  readonly emit: (window: PrefixOriginWindow) => void;
  /** Pairs of one window (default 100,000). */
  readonly maxPairs?: number;
  /** Only pairs of these; absent: all. */
  readonly accepts?: (prefix: string, origin: number) => boolean;
}

/**
 * Counts what happens to each pair of prefix and origin AS, window by window, on the same clock and without the same table
 * transfers as `FeatureExtractor`. The `Rib` must be made with `RIB_OPTIONS`. Bounded by `maxPairs` a window: updates of
 * further pairs are counted (`refused`) and left out.
 */
export class PrefixOriginExtractor {
  readonly #rib: Rib;
  readonly #options: PrefixOriginOptions;
  readonly #maxPairs: number;
  readonly #clock = new StreamClock();
  readonly #sessions = new Sessions(DEFAULT_PARAMS);
  #pairs = new Map<string, Pair>();
  #startUs = Number.NaN;
  #isPartial = true;
  #refused = 0;
  #unknown = 0;

  constructor(rib: Rib, options: PrefixOriginOptions) {
    this.#rib = rib;
    this.#options = options;
    this.#maxPairs = options.maxPairs ?? 100_000;
  }

  /** Updates of pairs there was no room for. */
  get refused(): number {
    return this.#refused;
  }

  /** Withdrawals of routes that were not known, which belong to no origin, and announcements without one. */
  get unknown(): number {
    return this.#unknown;
  }

  /** Something was lost between the batch before and the next. */
  gap(): void {
    this.#isPartial = true;
  }

  step(batch: ElemBatch, result: StepResult): void {
    this.#sessions.reserve(this.#rib.vantages.length);
    let drop = 0;
    for (let i = 0; i < batch.length; i++) {
      const kind = batch.kind[i]!;
      const vantage = result.vantageIds[batch.vantage[i]!]!;
      if (kind === KIND.rib) continue;
      this.#advance(this.#clock.step(batch.timeUs[i]!, vantage));
      const isReset = kind === KIND.state && vantage !== NONE && this.#state(batch, i, vantage);
      for (; drop < result.drops.length && result.drops[drop]! <= i; drop += DROP_WORDS)
        if (isReset && result.drops[drop] === i) this.#reset(result.drops, drop);
      if (vantage === NONE || kind === KIND.state || batch.flags[i]! & ELEM_FLAG.multicast) continue;
      this.#route(batch, i, vantage, result);
    }
  }

  #advance(nowUs: number): void {
    const widthUs = this.#options.widthS * 1e6;
    const startUs = Math.floor(nowUs / widthUs) * widthUs;
    if (startUs === this.#startUs) return;
    // Windows of nothing are not told of: nothing happened to no pair.
    if (!Number.isNaN(this.#startUs)) this.#tell(this.#isPartial);
    this.#isPartial = Number.isNaN(this.#startUs);
    this.#startUs = startUs;
  }

  #state(batch: ElemBatch, i: number, vantage: number): boolean {
    return this.#sessions.state(vantage, batch.state[i]!, this.#clock.nowUs);
  }

  /** A session that held the route was reset. */
  #reset(drops: Uint32Array, at: number): void {
    const meta = drops[at + 1]!;
    // Of VPN prefixes the distinguisher is not told.
    if (meta >>> 8 > TABLE.ipv6) return;
    const prefix = formatPrefix(meta >>> 8 === TABLE.ipv6, meta & 0xff, drops, at + 2);
    const pair = this.#pairs.get(`${prefix} ${drops[at + 7]!}`);
    if (pair) pair.resets++;
  }

  #route(batch: ElemBatch, i: number, vantage: number, result: StepResult): void {
    const outcome = result.outcomes[i]!;
    if (this.#sessions.route(vantage, outcome, this.#clock.nowUs) !== ROUTE.news) return;
    const isWithdrawal = batch.kind[i] === KIND.withdraw;
    const attrs = batch.attrs[i]!;
    const origin = isWithdrawal ? withdrawnOrigin(result, i) : originOf(batch, attrs);
    if (origin <= 0) {
      this.#unknown++;
      return;
    }
    const pair = this.#pair(batch, i, origin);
    if (!pair) return;
    pair.peers.add(batch.vantages.asn[batch.vantage[i]!]!);
    if (isWithdrawal) {
      pair.withdrawals++;
      pair.withdrawnBy.add(vantage);
      return;
    }
    pair.announcements++;
    if (pair.withdrawnBy.delete(vantage)) pair.flaps++;
    const path = batch.attrSets.path[attrs]!;
    const { words, offsets } = batch.paths;
    pair.pathAsns += sequenceAsns(words, offsets[path]!, offsets[path + 1]!).length;
  }

  #pair(batch: ElemBatch, i: number, origin: number): Pair | null {
    const prefix = prefixText(batch, batch.prefix[i]!);
    const key = `${prefix} ${origin}`;
    const known = this.#pairs.get(key);
    if (known) return known;
    if (this.#options.accepts?.(prefix, origin) === false) return null;
    if (this.#pairs.size >= this.#maxPairs) {
      this.#refused++;
      return null;
    }
    const pair: Pair = {
      prefix,
      origin,
      announcements: 0,
      withdrawals: 0,
      flaps: 0,
      pathAsns: 0,
      peers: new Set(),
      withdrawnBy: new Set(),
      resets: 0,
    };
    this.#pairs.set(key, pair);
    return pair;
  }

  #tell(isPartial: boolean): void {
    const { widthS, emit } = this.#options;
    const rows = [...this.#pairs.values()].map((pair) => rowOf(pair, widthS));
    this.#pairs = new Map();
    emit({ startUs: this.#startUs, widthS, rows, isPartial });
  }

  /** The input ended: tell of the window it ended in. */
  end(): void {
    if (!Number.isNaN(this.#startUs)) this.#tell(true);
    this.#startUs = Number.NaN;
  }
}

function withdrawnOrigin({ outcomes, previousOrigins }: StepResult, i: number): number {
  return outcomes[i] === OUTCOME.withdrawn ? previousOrigins[i]! : 0;
}

function originOf(batch: ElemBatch, attrs: number): number {
  if (attrs === NONE) return 0;
  const path = batch.attrSets.path[attrs]!;
  const { words, offsets } = batch.paths;
  return publicOriginOf(words, offsets[path]!, offsets[path + 1]!);
}

function rowOf(pair: Pair, widthS: WidthS): PrefixOriginRow {
  const { prefix, origin, announcements, withdrawals, flaps, pathAsns, peers, resets } = pair;
  const updates = announcements + withdrawals;
  const values = [
    announcements,
    withdrawals,
    updates,
    updates === 0 ? 0 : withdrawals / updates,
    flaps,
    announcements === 0 ? 0 : pathAsns / announcements,
    peers.size,
    updates / widthS,
    resets,
  ];
  return { prefix, origin, values };
}
