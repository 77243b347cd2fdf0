import type { ElemFilter } from '#core/elem/filter.ts';
import type { DetectParams } from '#core/detect/params.ts';
import type {
  IncidentDetail,
  IncidentList,
  IncidentQuery,
  IncidentRow,
  IncidentSummary,
} from './api-detect.ts';
import type { RecentRow } from './api.ts';
import type { Refusal } from './api-reports.ts';

/**
 * What the replay page may ask of the replay worker. A recording is read once, front to back, by the same detection as the live
 * stream (the analysis); what it found is kept with the time it was found, so that the picture at any moment is a function of
 * the recording and the moment alone, whichever way one came there. All times are Unix microseconds of data time.
 */
export interface ReplayApi {
  /** Read a recording; one opened before is let go. `onProgress` is called at most 10 times a second, also by the analysis that goes on after this resolves. */
  open(source: ReplaySource, onProgress: (progress: ReplayProgress) => void): Promise<ReplayOpened | Refusal>;
  /** At most 10 pictures a second, none while nothing changes. */
  subscribe(onView: (view: ReplayView) => void): Promise<void>;
  /** Data seconds per second; 0 as fast as the analysis goes. */
  play(speed: number): Promise<void>;
  pause(): Promise<void>;
  /** Go to a moment; it is clamped to the recording. Resolves with the picture there (after the analysis has come that far). */
  seek(timeUs: number): Promise<ReplayView>;
  /** Go to the next or previous update, incident opening or phase of the event. @returns where one is then; null when there is none. */
  step(to: ReplayStep): Promise<number | null>;
  setFilter(filter: ElemFilter | null): Promise<void>;

  /** The whole recording at a glance, complete when `analysedUs` has reached its end. */
  timeline(): Promise<ReplayTimeline>;
  /** Incidents as they stood at the moment shown. */
  incidents(query: IncidentQuery): Promise<IncidentList>;
  incident(id: string): Promise<IncidentDetail | null>;
  /** Everything said about some prefixes (or their more-specifics), for the path graph. */
  paths(selection: PathSelection): Promise<PathHistory | Refusal>;
  /** What differs between two moments: routes, origins, visibility, incidents. */
  compare(beforeUs: number, afterUs: number, filter: ElemFilter | null): Promise<Comparison | Refusal>;

  /**
   * Send the features of the whole recording that is open to this port (`api-features.ts`), at the scorer's pace: scores are the
   * same every time. Without a recording, or when another is opened, the port is closed.
   */
  features(port: MessagePort): Promise<void>;

  /** The verdicts of this analysis. */
  verdicts(): Promise<VerdictList>;
  /** Analyse again with other thresholds; null ends a run under way. The picture stays as it is. */
  rerun(
    params: Partial<DetectParams>,
    onProgress: (progress: ReplayProgress) => void,
  ): Promise<VerdictList | Refusal>;
  cancelRerun(): Promise<void>;

  /** SHA-256 (hex) of everything the picture at the moment shown is made from. */
  stateHash(): Promise<string>;
  /** Recording between two moments + verdicts + RPKI data + versions as one file, with its hash inside. */
  exportBundle(
    fromUs: number,
    toUs: number,
  ): Promise<{ readonly ok: true; readonly name: string; readonly bytes: Uint8Array } | Refusal>;
}

export type ReplaySource =
  /** A bundled or fetched recording (frame log, `.rsl`). */
  | { readonly kind: 'url'; readonly url: string }
  /** A file of the user's: frame log, evidence bundle, MRT (.gz, .bz2, plain), RIS Live JSON, elem JSONL. */
  | { readonly kind: 'file'; readonly file: File }
  /** A window of the relay's archive. */
  | {
      readonly kind: 'archive';
      readonly fromUs: number;
      readonly toUs: number;
      readonly filter: ElemFilter | null;
    };

export interface ReplayProgress {
  readonly phase: 'reading' | 'analysing' | 'done';
  /** 0..1; null when it cannot be known. */
  readonly share: number | null;
  readonly elems: number;
  /** Input bytes taken in so far. */
  readonly bytes: number;
  /** Bad records by code. */
  readonly bad: readonly { readonly code: string; readonly count: number }[];
}

export interface ReplayOpened {
  readonly ok: true;
  readonly title: string;
  readonly description: string;
  /** First and last elem. */
  readonly startUs: number;
  readonly endUs: number;
  readonly elems: number;
  readonly vantages: number;
  /** SHA-256 (hex) of the recording's bytes. */
  readonly sha256: string;
  readonly phases: readonly ReplayPhase[];
  readonly versions: ReplayVersions;
  /** Of an evidence bundle: what it claims, and whether its hash is right and this analysis found the same. Null otherwise. */
  readonly bundle: {
    readonly isIntact: boolean;
    readonly versions: ReplayVersions;
    readonly verdicts: VerdictList;
  } | null;
}

export interface ReplayVersions {
  readonly rules: number;
  /** Null without models. */
  readonly model: string | null;
  readonly app: string;
}

export interface ReplayPhase {
  readonly timeUs: number;
  readonly text: string;
}

export type ReplayStep =
  'next-update' | 'previous-update' | 'next-incident' | 'previous-incident' | 'next-phase' | 'previous-phase';

/** A whole picture of one moment. */
export interface ReplayView {
  readonly timeUs: number;
  readonly state: 'paused' | 'playing' | 'waiting' | 'ended';
  readonly speed: number;
  /** How far the analysis has come. */
  readonly analysedUs: number;
  readonly filter: ElemFilter | null;
  /** From the start to the moment, within the filter. */
  readonly totals: {
    readonly announcements: number;
    readonly withdrawals: number;
    readonly stateChanges: number;
  };
  /** Data time the tops look back over, s. */
  readonly topWindowS: number;
  readonly topPrefixes: readonly {
    readonly prefix: string;
    readonly updates: number;
    readonly origins: readonly number[];
  }[];
  readonly topOrigins: readonly {
    readonly asn: number;
    readonly updates: number;
    readonly prefixes: number;
  }[];
  /** The newest elems up to the moment, newest first, at most 100. */
  readonly recent: readonly RecentRow[];
  readonly incidents: IncidentSummary;
}

/** Charts and marks over the whole recording. Columns have one entry per step, in order. */
export interface ReplayTimeline {
  readonly startUs: number;
  readonly stepS: number;
  readonly announcements: Float64Array;
  readonly withdrawals: Float64Array;
  readonly incidents: readonly IncidentRow[];
  readonly phases: readonly ReplayPhase[];
  readonly analysedUs: number;
}

export interface PathSelection {
  readonly prefixes: readonly string[];
  /** Also what is inside them. */
  readonly moreSpecifics: boolean;
}

/** BGPlay's shape: what there was at the start, and what happened to it. */
export interface PathHistory {
  readonly ok: true;
  readonly vantages: readonly {
    readonly collector: string;
    readonly peerAddress: string;
    readonly peerAsn: number;
  }[];
  /** State at the start of the recording. `path`: nearest AS first, prepends kept. */
  readonly initial: readonly {
    readonly vantage: number;
    readonly prefix: string;
    readonly path: readonly number[];
  }[];
  /** In order of time. `path` is null for a withdrawal. */
  readonly events: readonly {
    readonly timeUs: number;
    readonly vantage: number;
    readonly prefix: string;
    readonly path: readonly number[] | null;
  }[];
  /** Events beyond the bound, not listed (the oldest are kept). */
  readonly leftOut: number;
}

export interface Comparison {
  readonly ok: true;
  readonly beforeUs: number;
  readonly afterUs: number;
  /** Prefixes whose origins or visibility differ, the biggest change first, at most 1,000. */
  readonly changes: readonly {
    readonly prefix: string;
    readonly before: { readonly origins: readonly number[]; readonly vantages: number };
    readonly after: { readonly origins: readonly number[]; readonly vantages: number };
    /** Vantages whose path to it differs. */
    readonly changedPaths: number;
  }[];
  readonly total: number;
}

/** What the detectors said about a whole recording, in a fixed order: equal lists mean equal verdicts. */
export interface VerdictList {
  readonly versions: ReplayVersions;
  /** Thresholds that are not the defaults. */
  readonly params: Partial<DetectParams>;
  readonly verdicts: readonly IncidentRow[];
  /** SHA-256 (hex) of the list. */
  readonly sha256: string;
}
