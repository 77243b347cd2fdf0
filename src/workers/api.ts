import type { TableName } from '#core/elem/batch.ts';
import type { ElemFilter } from '#core/elem/filter.ts';
import type { ElemRow } from '#core/elem/row.ts';
import type { Gap, SourceStatus } from '#core/wire/control.ts';

/**
 * What the page may ask of the pipeline worker. Control and snapshots only: elems never cross this boundary one by one.
 */
export interface PipelineApi {
  /** Connect to the relay's stream; reconnects by itself until `stop`. Calling it again replaces the connection. */
  start(options: StartOptions): Promise<void>;
  stop(): Promise<void>;
  /** `onView` gets at most 10 snapshots a second, which it owns; none while nothing changes but the clock. */
  subscribe(onView: (view: LiveView) => void): Promise<void>;
  /** Narrow the view (not the state). Recomputed over everything retained, so history narrows too. */
  setFilter(filter: ElemFilter | null): Promise<void>;
  /** Up to `count` retained elems older than `beforeId` that match the filter, newest first. */
  older(beforeId: number, count: number): Promise<RecentRow[]>;
}

export interface StartOptions {
  /** `ws://host/stream` */
  readonly url: string;
  /** Where an earlier page of this tab stopped, to tell whether anything was missed in between. */
  readonly resume: { readonly stream: number; readonly seq: number } | null;
}

/** A whole picture of now, in the filter's scope unless said otherwise. */
export interface LiveView {
  /** Time of the newest elem, Unix microseconds; null before the first. */
  readonly dataTimeUs: number | null;
  readonly feed: FeedHealth;
  readonly filter: ElemFilter | null;
  readonly rate: RateSeries;
  readonly totals: Totals;
  readonly topPrefixes: readonly TopPrefix[];
  readonly topOrigins: readonly TopOrigin[];
  /** All collectors and vantages known, whatever the filter. */
  readonly collectors: readonly CollectorHealth[];
  readonly vantages: readonly VantageHealth[];
  /** The newest elems, newest first, at most 100. */
  readonly recent: readonly RecentRow[];
  readonly worker: WorkerHealth;
}

/** The connection to the relay. Counters are since the page was opened. */
export interface FeedHealth {
  readonly connection: 'connecting' | 'open' | 'waiting' | 'stopped';
  /** When the next attempt starts, Unix ms; null unless `waiting`. */
  readonly retryAtMs: number | null;
  /** Why the connection was lost or refused; empty when all is well. */
  readonly reason: string;
  readonly stream: number | null;
  /** Newest seq received; 0 before the first. */
  readonly seq: number;
  readonly source: SourceStatus | null;
  /** Arrival of the newest frame or status, Unix ms; null before the first. */
  readonly lastHeardMs: number | null;
  readonly frames: number;
  readonly bytes: number;
  readonly badFrames: number;
  readonly reconnects: number;
  readonly gapCount: number;
  /** Frames and elems known to be lost; unknown amounts count in `gapCount` only. */
  readonly lostFrames: number;
  readonly lostElems: number;
  /** The newest gaps, newest first, at most 20. */
  readonly gaps: readonly NotedGap[];
}

export interface NotedGap extends Gap {
  /** Data time of the last elem before the gap, Unix microseconds; null if there was none. */
  readonly atUs: number | null;
}

/** Columnar, oldest first; uPlot takes it as is. A step in which nothing was heard (a gap) is NaN, not 0. */
export interface RateSeries {
  /** Width of a step in seconds of data time. */
  readonly stepS: number;
  /** Start of each step, Unix seconds. */
  readonly timeS: Float64Array;
  /** Elems per second of data time. */
  readonly announce: Float64Array;
  readonly withdraw: Float64Array;
}

/** Counted since the page's first elem (or since the replay began again), in the filter's scope. */
export interface Totals {
  readonly sinceUs: number | null;
  readonly messages: number;
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
  /** Collectors and vantages heard; peers whose last state was not established are not up. */
  readonly collectors: number;
  readonly vantages: number;
  readonly vantagesUp: number;
}

/** `spark`: elems per step, oldest first; the same steps in every row of a table. */
export interface TopPrefix {
  readonly prefix: string;
  readonly table: TableName;
  readonly announcements: number;
  readonly withdrawals: number;
  /** Origins announced in the window, most frequent first, at most 4. */
  readonly origins: readonly number[];
  /** Distinct vantages that said something about it in the window. */
  readonly vantages: number;
  readonly spark: Float32Array;
}

export interface TopOrigin {
  readonly asn: number;
  readonly announcements: number;
  /** Distinct prefixes announced in the window. */
  readonly prefixes: number;
  readonly vantages: number;
  readonly spark: Float32Array;
}

export interface CollectorHealth {
  readonly collector: string;
  readonly vantages: number;
  readonly vantagesUp: number;
  readonly elems: number;
  /** Elems per second of data time over the last minute. */
  readonly rate: number;
  readonly lastUs: number;
}

export interface VantageHealth {
  readonly collector: string;
  readonly peerAddress: string;
  readonly peerAsn: number;
  readonly elems: number;
  readonly rate: number;
  readonly lastUs: number;
  /** Routes held for it. */
  readonly routes: number;
  /** Last known session state; `unknown` until a state change is seen (it is sending, so it is up). */
  readonly state: string;
  readonly stateChanges: number;
}

export interface RecentRow extends ElemRow {
  /** Grows by one per elem; the handle for `older`. */
  readonly id: number;
}

/** What the worker costs and what it had to let go. */
export interface WorkerHealth {
  /** Routes held, and the budget they live under. */
  readonly routes: number;
  readonly ribBytes: number;
  readonly ribBudgetBytes: number;
  readonly evictedRoutes: number;
  /** Batches kept for filtering and scrolling back. */
  readonly retainedElems: number;
  readonly retainedBytes: number;
  readonly retainedBudgetBytes: number;
  readonly droppedBatches: number;
  /** Frames received but not yet processed, and the most there may be before the oldest are dropped (a gap). */
  readonly queuedFrames: number;
  readonly queueLimit: number;
  readonly droppedFrames: number;
  /** Share of wall time the worker was busy over the last seconds, 0..1. */
  readonly busy: number;
  readonly elemsPerCpuS: number;
}
