import type { ExtractorStats } from '#core/feature/extractor.ts';
import type { FeatureFrame } from '#core/feature/window.ts';

/**
 * What goes over the port between a worker that computes features (the pipeline, the replay) and the one that scores them.
 * Frames are transferred; each is answered with an `ack`, and only so many are under way at a time.
 */
export type FeatureMessage =
  /** The windows that ended together, in order of their end. */
  | { readonly type: 'frame'; readonly frame: FeatureFrame; readonly health: FeatureHealth }
  /** The stream began anew: what came before was of another. */
  | { readonly type: 'reset' };

/** What the scorer says back to a frame: it is done with it. */
export interface FeatureReply {
  readonly type: 'ack';
  /** Alarms raised and over with these windows. */
  readonly alarms: readonly AlarmChange[];
  /** Streams that are scored. */
  readonly scored: number;
}

/** An alarm of the models was raised, or is over. */
export interface AlarmChange {
  readonly stream: string;
  readonly isAlarm: boolean;
  /** End of the window, Unix microseconds. */
  readonly timeUs: number;
  /** Calibrated, 1 is the threshold; NaN when the stream fell silent. */
  readonly score: number;
  /** Names of the columns that moved it most. */
  readonly columns: readonly string[];
}

export interface FeatureHealth extends ExtractorStats {
  /** Frames waiting for whoever is connected to take them. */
  readonly waiting: number;
  /** Frames let go because too many waited: the oldest first. */
  readonly dropped: number;
}
