import type { Refusal } from './api-reports.ts';
import type { FeatureHealth } from './api-features.ts';
import type { BackendReport } from '../lib/ml/backend.ts';

export type { BackendName, BackendReport, BackendTrial } from '../lib/ml/backend.ts';
export type { FeatureHealth } from './api-features.ts';

/**
 * What the page may ask of the scorer worker. Features reach it through a port, from the pipeline or the replay, and alarms go
 * back the same way; neither waits for the other. Scores are calibrated: 1 is the threshold. A minute is its number since 1970.
 */
export interface ScoresApi {
  /** Read the models and choose where the network runs. Resolves with how that went; may be called again to try again. */
  load(): Promise<ScorerState>;
  /**
   * Score what comes through this port (its other end: `PipelineApi.features`); one port at a time. `pastUrl`: where a history of
   * features is (`core/feature/history.ts`) that tells what was usual before; without one, or null, the stream itself must.
   */
  connect(port: MessagePort, pastUrl?: string | null): Promise<void>;
  /** At most 4 views a second, none while nothing changes. */
  subscribe(onView: (view: ScoresView) => void): Promise<void>;
  /** One stream: its scores, what moved the last one, its alarms. */
  stream(name: string): Promise<StreamReport | Refusal>;
  /** Scores of the minutes that begin between two moments (Unix microseconds), of the last day at most. */
  strip(fromUs: number, toUs: number): Promise<ScoreStrip>;
  /** Alarms that stood at some time between two moments (Unix microseconds), the newest first, at most 100. */
  alarms(fromUs: number, toUs: number): Promise<readonly AlarmRecord[]>;
  /** A feature of a stream over the last day, with what is usual. */
  trend(stream: string, feature: string): Promise<FeatureTrend | Refusal>;
  /** How features of a stream go together over the last day. */
  correlation(stream: string): Promise<Correlation | Refusal>;
}

export interface ScorerState {
  /** `partial`: without the network; `off`: nothing is scored. */
  readonly state: 'loading' | 'ready' | 'partial' | 'off';
  /** Code of what is wrong (docs/errors.md), and in words; empty when nothing is. */
  readonly code: string;
  readonly reason: string;
  readonly model: ModelInfo | null;
  /** Where the network runs and what else was tried; null without a network. */
  readonly backend: BackendReport | null;
}

export interface ModelInfo {
  readonly version: string;
  /** False alarms per day and stream the threshold was chosen for. */
  readonly budgetPerDay: number;
  readonly events: readonly string[];
  readonly evaluation: { readonly prAuc: number; readonly f1: number; readonly falsePerDay: number } | null;
  /** Bytes of the model files. */
  readonly bytes: number;
  /** An alarm stands when so many of the last minutes are over the threshold. */
  readonly alarm: { readonly raise: number; readonly of: number };
}

/** What became of the past a stream was given. */
export interface PastState {
  /** `none`: the stream begins with nothing known. */
  readonly state: 'none' | 'reading' | 'taken' | 'failed';
  /** Minutes taken of it so far, and streams. */
  readonly minutes: number;
  readonly streams: number;
  /** Code and words of a failure, else empty. */
  readonly code: string;
  readonly reason: string;
}

export interface ScoresView {
  readonly scorer: ScorerState;
  readonly past: PastState;
  /** End of the newest window, Unix microseconds; null before the first. */
  readonly timeUs: number | null;
  /** `all` first, then the others by score, the highest first, those without one last. */
  readonly streams: readonly StreamScore[];
  /** Scores of the last `HEAT_MINUTES` minutes, one row per entry of `streams`, oldest first; NaN where there is none. */
  readonly heat: Float32Array<ArrayBuffer>;
  /** The newest first, at most 20. */
  readonly alarms: readonly AlarmRecord[];
  readonly counts: ScorerCounts;
  /** How the features' side is doing; null before the first window. */
  readonly features: FeatureHealth | null;
}

/** Minutes of a row of `ScoresView.heat`. */
export const HEAT_MINUTES = 60;

/** Streams by minutes: what a heat strip of a past is drawn from. */
export interface ScoreStrip {
  readonly firstMinute: number;
  readonly minutes: number;
  /** `all` first, the others by their peak, the highest first; at most 64. */
  readonly streams: readonly { readonly stream: string; readonly peak: number | null }[];
  /** `minutes` scores per stream; NaN where there is none. */
  readonly scores: Float32Array<ArrayBuffer>;
  /** Streams beyond the bound. */
  readonly leftOut: number;
}

export interface StreamScore {
  readonly stream: string;
  /** Null while there is too little past, and for a masked window. */
  readonly score: number | null;
  readonly forest: number | null;
  readonly logistic: number | null;
  readonly lstm: number | null;
  /** 0..1: how much past the score rests on. */
  readonly trust: number;
  /** Minutes that make up that past. */
  readonly pastMinutes: number;
  readonly isAlarm: boolean;
  /** Why the last window says nothing; empty when it does. */
  readonly mask: string;
}

export interface ScorerCounts {
  /** Windows of one minute, over all streams: taken in, scored, masked, too early in their stream, not in order. */
  readonly windows: number;
  readonly scored: number;
  readonly masked: number;
  readonly cold: number;
  readonly late: number;
  /** Feature values that were not finite, taken as unknown. */
  readonly badValues: number;
  /** Windows of streams there was no room for. */
  readonly refused: number;
  /** Streams scored now. */
  readonly streams: number;
  readonly alarms: number;
  /** Calls of the network, each for all streams of a boundary, and milliseconds of the median one. */
  readonly calls: number;
  readonly callMs: number | null;
  /** From the models' being asked for to the first score, milliseconds. */
  readonly firstScoreMs: number | null;
}

/** What moved a score, the strongest first. */
export interface Explanation {
  /** Groups of columns, as forest (mean path length saved) and regression (log-odds) see them. */
  readonly channels: readonly {
    readonly channel: string;
    readonly forest: number;
    readonly logistic: number;
  }[];
  /** Columns: value in the window, spreads over its usual, and log-odds of the network (null without one). */
  readonly columns: readonly {
    readonly column: string;
    readonly value: number;
    readonly z: number;
    readonly lstm: number | null;
  }[];
}

/** An alarm from its raise on. */
export interface AlarmRecord {
  readonly stream: string;
  /** End of the window that raised it, Unix microseconds. */
  readonly startUs: number;
  /** End of the window it was over with; null while it stands. */
  readonly endUs: number | null;
  readonly peakUs: number;
  readonly peakScore: number;
  readonly trust: number;
  /** At the raise; at most 8 columns. */
  readonly explanation: Explanation;
}

export interface StreamReport extends StreamScore {
  readonly ok: true;
  /** Minutes of the entries below: the last day, ascending, without holes in the numbering. */
  readonly firstMinute: number;
  /** NaN where there is none. */
  readonly scores: Float32Array<ArrayBuffer>;
  /** 1: the alarm stood. */
  readonly isAlarmed: Uint8Array<ArrayBuffer>;
  /** Of the last scored window; null before one. */
  readonly explanation: Explanation | null;
  readonly alarms: readonly AlarmRecord[];
}

export interface FeatureTrend {
  readonly ok: true;
  readonly stream: string;
  readonly feature: string;
  readonly unit: string;
  readonly definition: string;
  /** Columns of one entry per minute from `firstMinute` on; NaN where masked, or where too little past is known. */
  readonly firstMinute: number;
  readonly values: Float32Array<ArrayBuffer>;
  /** Quartiles of the day that ends an hour before. */
  readonly low: Float32Array<ArrayBuffer>;
  readonly middle: Float32Array<ArrayBuffer>;
  readonly high: Float32Array<ArrayBuffer>;
}

export interface Correlation {
  readonly ok: true;
  readonly stream: string;
  readonly features: readonly string[];
  /** Pearson's r of log1p of two features over `minutes` minutes, row by row; NaN where one of them never changed. */
  readonly matrix: Float32Array<ArrayBuffer>;
  readonly minutes: number;
}
