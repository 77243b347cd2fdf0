import type { ElemBatch } from '../elem/batch.ts';
import { ELEM_FLAG, KIND, NONE } from '../elem/batch.ts';
import type { ElemMatcher } from '../elem/filter.ts';
import { OUTCOME, OUTCOME_COUNT } from '../rib/outcome.ts';
import { originOf } from '../rib/paths.ts';
import { prefixHash } from '../rib/prefixes.ts';
import { DataClock } from './clock.ts';
import { DistinctCounter } from './distinct.ts';
import { asnHash, asnHash2, prefixHash2 } from './keys.ts';
import type { RateSeries } from './rate.ts';
import { RateRing } from './rate.ts';
import type { RecentRow } from './recent.ts';
import { RecentElems } from './recent.ts';
import type { TopOrigin } from './top-origins.ts';
import { TopOrigins } from './top-origins.ts';
import type { TopPrefix } from './top-prefixes.ts';
import { TopPrefixes } from './top-prefixes.ts';
import type { TrackedBatch } from './tracked.ts';
import { WINDOW_STEPS } from './window-counts.ts';

/** Counted since the first elem of the view. */
export interface Totals {
  readonly sinceUs: number | null;
  /** BGP messages; entries of a table dump are none. */
  readonly messages: number;
  /** All kinds together, entries of a table dump included. */
  readonly elems: number;
  readonly announcements: number;
  readonly withdrawals: number;
  readonly stateChanges: number;
  /** Announcements by what they did to the vantage's route: none before, another path or attributes, or the same. */
  readonly newRoutes: number;
  readonly changedRoutes: number;
  readonly duplicates: number;
  /** Distinct prefixes and origin ASNs seen. */
  readonly prefixes: number;
  readonly origins: number;
  /** Whether those two are estimates (HyperLogLog, standard error 0.81 %) rather than exact. */
  readonly prefixesEstimated: boolean;
  readonly originsEstimated: boolean;
  /** Collectors and vantages heard; peers whose last state was not established are not up. */
  readonly collectors: number;
  readonly vantages: number;
  readonly vantagesUp: number;
}

/** What one view shows of the data. */
export interface ActivityView {
  readonly dataTimeUs: number | null;
  readonly rate: RateSeries;
  readonly totals: Totals;
  /** Data time the tops look back over, s. */
  readonly topWindowS: number;
  readonly topPrefixes: readonly TopPrefix[];
  readonly topOrigins: readonly TopOrigin[];
  readonly recent: readonly RecentRow[];
}

/** What the view needs to know of a vantage id. */
export interface VantageLookup {
  isUp(id: number): boolean;
  collector(id: number): string;
}

export interface ActivityOptions {
  /** Width of a step of the rate series in seconds of data time; the tables' windows are 300 times as long. */
  readonly stepS: number;
  /** Which elems count; null for all. */
  readonly matcher: ElemMatcher | null;
}

/** Steps of the rate series in one step of the tables' sparklines. */
const SPARK_STEPS = 10;
const TOP = 20;
const DISTINCT_LIMIT = 1 << 19;
const UNSEEN = -2;
const NO_ENTRY = -1;

/** Everything the live view shows, stepped over batches: rates, totals, tops, the newest elems. Bounded; O(1) per elem. */
export class Activity {
  readonly stepS: number;
  readonly #matcher: ElemMatcher | null;
  readonly #clock = new DataClock();
  readonly #recent = new RecentElems();
  readonly #prefixKeys = new DistinctCounter(DISTINCT_LIMIT);
  readonly #originKeys = new DistinctCounter(DISTINCT_LIMIT);
  readonly #heard = new Set<number>();
  #rate: RateRing;
  #topPrefixes = new TopPrefixes();
  #topOrigins = new TopOrigins();
  #sparkHead = 0;
  #sinceUs: number | null = null;
  #messages = 0;
  #offClock = 0;
  readonly #byKind = new Float64Array(4);
  readonly #byOutcome = new Float64Array(OUTCOME_COUNT);

  /** Indexes of the batch's elems that are in the view. */
  #kept = new Uint32Array(0);
  // Per entry of the batch's tables: where it is in the tables here.
  #prefixEntries = new Int32Array(0);
  #origins = new Float64Array(0);
  #originEntries = new Int32Array(0);

  constructor(options: ActivityOptions) {
    this.stepS = options.stepS;
    this.#matcher = options.matcher;
    this.#rate = new RateRing(options.stepS);
  }

  /** The data clock, Unix microseconds; NaN before the first batch. */
  get nowUs(): number {
    return this.#clock.nowUs;
  }

  /** Elems counted but too far off the clock to be placed in time. */
  get offClock(): number {
    return this.#offClock;
  }

  /** Take in a batch. */
  step(tracked: TrackedBatch): void {
    const { batch } = tracked;
    if (batch.length === 0) return;
    this.#moveClock(batch, tracked.isAfterGap);
    const kept = this.#select(batch);
    if (kept === 0) return;
    this.#sinceUs ??= Math.min(batch.timeUs[this.#kept[0]!]!, this.#clock.nowUs);
    this.#startTables(batch);
    for (let k = 0; k < kept; k++) this.#count(tracked, this.#kept[k]!);
    this.#recent.add(tracked, this.#kept, kept);
  }

  #moveClock(batch: ElemBatch, isAfterGap: boolean): void {
    const beforeUs = this.#clock.nowUs;
    const move = this.#clock.step(batch);
    if (move === 'none') return;
    if (move === 'jump' && this.#clock.nowUs < beforeUs) this.#restartWindows();
    // Only what lies before the batch is a gap; the time that it spans itself was heard.
    if (move !== 'steady' || isAfterGap) this.#rate.advance(this.#clock.startUs(batch), false);
    this.#rate.advance(this.#clock.nowUs, true);
    const head = Math.floor(this.#clock.nowUs / 1e6 / (this.stepS * SPARK_STEPS));
    if (head === this.#sparkHead) return;
    this.#sparkHead = head;
    this.#topPrefixes.advance(head);
    this.#topOrigins.advance(head);
  }

  #restartWindows(): void {
    this.#rate = new RateRing(this.stepS);
    this.#topPrefixes = new TopPrefixes();
    this.#topOrigins = new TopOrigins();
  }

  /** Note which elems of the batch are in the view, and count the messages they came in. */
  #select(batch: ElemBatch): number {
    if (this.#kept.length < batch.length) this.#kept = new Uint32Array(batch.length * 2);
    const matcher = this.#matcher;
    let kept = 0;
    let isNewMessage = false;
    for (let i = 0; i < batch.length; i++) {
      if (batch.flags[i]! & ELEM_FLAG.first) isNewMessage = true;
      if (matcher !== null && !matcher.matches(batch, i)) continue;
      this.#kept[kept++] = i;
      if (isNewMessage && batch.kind[i] !== KIND.rib) this.#messages++;
      isNewMessage = false;
    }
    return kept;
  }

  #startTables(batch: ElemBatch): void {
    const prefixes = batch.prefixes.length;
    const sets = batch.attrSets.length;
    if (this.#prefixEntries.length < prefixes) this.#prefixEntries = new Int32Array(prefixes * 2);
    if (this.#origins.length < sets) {
      this.#origins = new Float64Array(sets * 2);
      this.#originEntries = new Int32Array(sets * 2);
    }
    this.#prefixEntries.fill(UNSEEN, 0, prefixes);
    this.#originEntries.fill(UNSEEN, 0, sets);
    const dropped = this.#topPrefixes.reserve(prefixes);
    if (dropped) this.#topOrigins.forgetPrefixes(dropped);
    this.#topOrigins.reserve(sets);
  }

  #count(tracked: TrackedBatch, i: number): void {
    const { batch, vantageIds, outcomes } = tracked;
    const kind = batch.kind[i]!;
    const vantage = vantageIds[batch.vantage[i]!]!;
    this.#byKind[kind]!++;
    if (vantage !== NONE) this.#heard.add(vantage);
    if (kind === KIND.state) return;
    if (kind === KIND.announce) this.#byOutcome[outcomes[i]!]!++;
    const prefix = this.#prefixEntry(batch, batch.prefix[i]!);
    const set = batch.attrs[i]!;
    const originEntry = set === NONE ? NO_ENTRY : this.#originEntry(batch, set);
    // Table-dump entries are routes that were there, not something that happened.
    if (kind === KIND.rib) return;
    const timeUs = batch.timeUs[i]!;
    const isWithdraw = kind === KIND.withdraw;
    if (timeUs > this.#clock.nowUs || !this.#rate.add(timeUs, isWithdraw)) {
      this.#offClock++;
      return;
    }
    const step = Math.floor(timeUs / 1e6 / (this.stepS * SPARK_STEPS));
    if (step <= this.#sparkHead - this.#topPrefixes.counts.steps) return;
    if (prefix !== NO_ENTRY) {
      this.#topPrefixes.add(prefix, step, isWithdraw, vantage, set === NONE ? -1 : this.#origins[set]!);
    }
    if (originEntry !== NO_ENTRY && !isWithdraw) this.#topOrigins.add(originEntry, step, vantage, prefix);
  }

  #prefixEntry(batch: ElemBatch, i: number): number {
    const known = this.#prefixEntries[i]!;
    if (known !== UNSEEN) return known;
    const hash = prefixHash(batch.prefixes, i);
    const hash2 = prefixHash2(batch.prefixes, i);
    this.#prefixKeys.add(hash, hash2);
    return (this.#prefixEntries[i] = this.#topPrefixes.entry(batch, i, hash, hash2));
  }

  #originEntry(batch: ElemBatch, set: number): number {
    const known = this.#originEntries[set]!;
    if (known !== UNSEEN) return known;
    const path = batch.attrSets.path[set]!;
    const origin = originOf(batch.paths.words, batch.paths.offsets[path]!, batch.paths.offsets[path + 1]!);
    this.#origins[set] = origin;
    if (origin < 0) return (this.#originEntries[set] = NO_ENTRY);
    this.#originKeys.add(asnHash(origin), asnHash2(origin));
    return (this.#originEntries[set] = this.#topOrigins.entry(origin));
  }

  /** The view now. Arrays are the caller's. */
  snapshot(vantages: VantageLookup): ActivityView {
    const nowUs = this.#clock.nowUs;
    return {
      dataTimeUs: Number.isNaN(nowUs) ? null : nowUs,
      rate: this.#rate.snapshot(),
      totals: this.#totals(vantages),
      topWindowS: this.stepS * SPARK_STEPS * WINDOW_STEPS,
      topPrefixes: this.#topPrefixes.snapshot(TOP, this.#sparkHead),
      topOrigins: this.#topOrigins.snapshot(TOP),
      recent: this.#recent.snapshot(),
    };
  }

  #totals(vantages: VantageLookup): Totals {
    let vantagesUp = 0;
    const collectors = new Set<string>();
    for (const id of this.#heard) {
      collectors.add(vantages.collector(id));
      if (vantages.isUp(id)) vantagesUp++;
    }
    const kinds = this.#byKind;
    return {
      sinceUs: this.#sinceUs,
      messages: this.#messages,
      elems: kinds[0]! + kinds[1]! + kinds[2]! + kinds[3]!,
      announcements: kinds[KIND.announce]!,
      withdrawals: kinds[KIND.withdraw]!,
      stateChanges: kinds[KIND.state]!,
      newRoutes: this.#byOutcome[OUTCOME.fresh]!,
      changedRoutes: this.#byOutcome[OUTCOME.changed]!,
      duplicates: this.#byOutcome[OUTCOME.duplicate]!,
      prefixes: this.#prefixKeys.count(),
      origins: this.#originKeys.count(),
      prefixesEstimated: this.#prefixKeys.isEstimate,
      originsEstimated: this.#originKeys.isEstimate,
      collectors: collectors.size,
      vantages: this.#heard.size,
      vantagesUp,
    };
  }
}
