import type { PreparedStream } from '../dataset/prepared.ts';

/** A way to score minutes, before it has seen any: what evaluation treats alike, be it a forest, a network or one column. */
export interface Scorer {
  /** Stable, for JSON: `forest`. */
  readonly id: string;
  /** For tables: `IsolationForest`. */
  readonly title: string;
  /** Learn from whole events. Deterministic: the same streams in the same order give the same result. */
  fit(training: readonly PreparedStream[]): FittedScorer | Promise<FittedScorer>;
}

/** A scorer that has learned. */
export interface FittedScorer {
  /**
   * One score per minute of the stream, higher is more anomalous, NaN where `isKnown` is 0. Minute i may depend on minutes 0..i
   * only; burn-in minutes are scored too, since calibration may want them.
   */
  score(stream: PreparedStream): Float64Array | Promise<Float64Array>;
}

/** Scores of one stream, ready to be judged. */
export interface ScoredStream {
  readonly stream: PreparedStream;
  readonly scores: Float64Array;
}
