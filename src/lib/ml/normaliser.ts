import { MODEL_WIDTH } from './columns.ts';
import { TrailingQuantiles } from './trailing.ts';

/** How a stream's own past becomes its measure. Part of the model files: serving and training use the same. */
export interface NormaliserParams {
  /** Length of the span that median and IQR are taken from, in minutes. */
  readonly spanMinutes: number;
  /** The span ends this long before the row that is judged. */
  readonly lagMinutes: number;
  /** Below this many rows in the span nothing is said (`isWarm` false). */
  readonly minRows: number;
  /** With this many rows in the span `trust` is 1. */
  readonly fullRows: number;
  /** Least spread in units of log1p, so that a column that hardly ever moves does not turn one message into an anomaly. */
  readonly minSpread: number;
  /** z is clipped to plus or minus this. */
  readonly clip: number;
}

/** Chosen on training events only, see models/card.md. */
export const NORMALISER_PARAMS: NormaliserParams = {
  spanMinutes: 2880,
  lagMinutes: 60,
  minRows: 120,
  fullRows: 1320,
  minSpread: 1,
  clip: 20,
};

/** What one minute says of its stream. The arrays belong to the normaliser and are overwritten by the next push. */
export interface NormalisedRow {
  /** One entry per model column: (log1p(x) - median) / spread over the trailing span; 0 where x or the span is unknown. */
  readonly z: Float32Array;
  /** log1p(x) - median: the same in factors instead of spreads; 0 where unknown. */
  readonly lift: Float32Array;
  /** 0..1: how much past the measure rests on. Scores of a stream with little trust are shown as such. */
  readonly trust: number;
  /** Whether there is enough past to say anything. */
  readonly isWarm: boolean;
  /** Entries that were not finite or negative, and so taken as unknown. */
  readonly badEntries: number;
}

/**
 * Causal normalisation of one stream: every column against the trailing median and inter-quartile range of its own log counts.
 * Nothing of the present or the future enters the measure; masked minutes are simply not pushed, and age the past.
 */
export class StreamNormaliser {
  readonly params: NormaliserParams;
  readonly #past: TrailingQuantiles;
  readonly #logs: Float64Array;
  readonly #z: Float32Array;
  readonly #lift: Float32Array;
  #lastMinute = -Infinity;

  constructor(params: NormaliserParams = NORMALISER_PARAMS, width: number = MODEL_WIDTH) {
    this.params = params;
    this.#past = new TrailingQuantiles(width, params.spanMinutes, params.lagMinutes);
    this.#logs = new Float64Array(width);
    this.#z = new Float32Array(width);
    this.#lift = new Float32Array(width);
  }

  /**
   * Judge a row of raw values by what came before, then remember it. `minute` counts from the Unix epoch and must ascend; null is
   * returned for a minute that does not (it is not remembered either).
   */
  push(minute: number, values: ArrayLike<number>): NormalisedRow | null {
    if (!(minute > this.#lastMinute)) return null;
    this.#lastMinute = minute;
    const past = this.#past;
    past.advance(minute);
    const isWarm = past.rowCount >= this.params.minRows;
    let badEntries = 0;
    for (let column = 0; column < past.width; column++) {
      const value = values[column]!;
      const isKnown = value >= 0 && value < Infinity;
      if (!isKnown && !Number.isNaN(value)) badEntries++;
      this.#logs[column] = isKnown ? Math.log1p(value) : NaN;
      this.#judge(column, isWarm);
    }
    past.push(minute, this.#logs);
    const trust = Math.min(1, past.rowCount / this.params.fullRows);
    return { z: this.#z, lift: this.#lift, trust, isWarm, badEntries };
  }

  #judge(column: number, isWarm: boolean): void {
    const past = this.#past;
    const log = this.#logs[column]!;
    this.#z[column] = 0;
    this.#lift[column] = 0;
    if (!isWarm || Number.isNaN(log) || past.count(column) < this.params.minRows) return;
    const lift = log - past.quantile(column, 0.5);
    const iqr = past.quantile(column, 0.75) - past.quantile(column, 0.25);
    const { clip, minSpread } = this.params;
    this.#lift[column] = lift;
    this.#z[column] = Math.max(-clip, Math.min(clip, lift / Math.max(iqr, minSpread)));
  }
}
