import type { Totals } from '#core/activity/activity.ts';
import type { CollectorHealth, VantageHealth } from '#core/activity/health.ts';
import type { RateSeries } from '#core/activity/rate.ts';
import type { RecentRow } from '#core/activity/recent.ts';
import type { TopOrigin } from '#core/activity/top-origins.ts';
import type { TopPrefix } from '#core/activity/top-prefixes.ts';
import type { ElemFilter } from '#core/elem/filter.ts';
import type { FeedHealth, NotedGap } from '../lib/feed/feed.ts';
import type {
  IncidentDetail,
  IncidentList,
  IncidentQuery,
  IncidentSummary,
  NearMissList,
  RpkiSummary,
  StoreHealth,
  UserMark,
  WatchResult,
} from './api-detect.ts';
import type { AsReport, PrefixReport, Refusal } from './api-reports.ts';

export type * from './api-detect.ts';
export type * from './api-reports.ts';
export type {
  CollectorHealth,
  FeedHealth,
  NotedGap,
  RateSeries,
  RecentRow,
  TopOrigin,
  TopPrefix,
  Totals,
  VantageHealth,
};

/**
 * What the page may ask of the pipeline worker. Control and snapshots only: elems never cross this boundary one by one.
 */
export interface PipelineApi {
  /** Connect to the relay's stream; reconnects by itself until `stop`. Calling it again replaces the connection. */
  start(options: StartOptions): Promise<void>;
  stop(): Promise<void>;
  /** Send features to this port (`api-features.ts`), from the day kept of `all` on; one port at a time. */
  features(port: MessagePort): Promise<void>;
  /** Send a copy of every frame received to this port, from the oldest kept on (`FrameTee`); one port at a time. */
  tee(port: MessagePort): Promise<void>;
  /** `onView` gets at most 10 snapshots a second, which it owns; none while nothing changes but the clock. */
  subscribe(onView: (view: LiveView) => void): Promise<void>;
  /** Narrow the view (not the state). Recomputed over everything retained, so history narrows too. */
  setFilter(filter: ElemFilter | null): Promise<void>;
  /** Up to `count` retained elems older than `beforeId` that match the filter, newest first. */
  older(beforeId: number, count: number): Promise<RecentRow[]>;

  /** Incidents that match, open and closed. */
  incidents(query: IncidentQuery): Promise<IncidentList>;
  /** Everything about one incident; null when it is not known (any more). */
  incident(id: string): Promise<IncidentDetail | null>;
  /** What was looked at and not raised. */
  nearMisses(): Promise<NearMissList>;
  /** A prefix in the routing state: CIDR or an address, which stands for the most specific prefix held that covers it. */
  prefix(text: string): Promise<PrefixReport | Refusal>;
  as(asn: number): Promise<AsReport | Refusal>;
  /** Mark an incident, or with null take the mark away. @returns the mark before: pass it back to undo. */
  mark(id: string, mark: UserMark | null): Promise<UserMark | null>;
  /** Put a watch list in force and keep it on this device, or with null forget it. One with mistakes changes nothing. */
  setWatchList(text: string | null): Promise<WatchResult>;
  /** The watch list in force, as it was given; null without one. */
  watchList(): Promise<{ readonly text: string; readonly result: WatchResult } | null>;
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
  /** Data time the tops look back over, s. */
  readonly topWindowS: number;
  readonly topPrefixes: readonly TopPrefix[];
  readonly topOrigins: readonly TopOrigin[];
  /** All collectors and vantages known, whatever the filter. */
  readonly collectors: readonly CollectorHealth[];
  readonly vantages: readonly VantageHealth[];
  /** The newest elems, newest first, at most 100. */
  readonly recent: readonly RecentRow[];
  /** Of everything, whatever the filter; equal while `version` stays. */
  readonly incidents: IncidentSummary;
  readonly rpki: RpkiSummary;
  readonly store: StoreHealth;
  readonly worker: WorkerHealth;
}

/** What the worker costs and what it had to let go. */
export interface WorkerHealth {
  /** Routes held, and the budget they live under. */
  readonly routes: number;
  readonly ribBytes: number;
  readonly ribBudgetBytes: number;
  readonly evictedRoutes: number;
  /** What the detectors know: prefixes, origins, links; and what found no room there. */
  readonly detectBytes: number;
  readonly detectRefused: number;
  /** Batches kept for filtering and scrolling back. */
  readonly retainedElems: number;
  readonly retainedBytes: number;
  readonly retainedBudgetBytes: number;
  readonly droppedBatches: number;
  /** Frames received but not yet processed, and the most there may be before the oldest are dropped (a gap). */
  readonly queuedFrames: number;
  readonly queueLimit: number;
  readonly droppedFrames: number;
  /**
   * Share of wall time the worker was busy over the last seconds, 0..1: decoding, state, views and snapshots. Inflating is
   * the browser's and not in it.
   */
  readonly busy: number;
  /** Elems per second of that busy time; 0 before the first. */
  readonly elemsPerCpuS: number;
}
