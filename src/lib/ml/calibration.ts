import { TrailingQuantiles } from './trailing.ts';

/** How scores of different scorers and streams are made comparable. Fitted on scores of events the scorers had not seen. */
export interface CalibrationParams {
  /** Per scorer, by its id: the median of its scores on regular minutes, and how far above it their 99th percentile is. */
  readonly scorers: Readonly<Record<string, { readonly median: number; readonly spread: number }>>;
  /** 99th percentile of the combined score on regular minutes: what a stream's own is compared with. */
  readonly level: number;
  /** A combined score counts in its stream's own percentile as this much at most, so that an event does not excuse itself. */
  readonly cap: number;
}

/** Share of the difference between a stream's own percentile and the common one that is taken off its scores. */
const STRENGTH = 0.7;
const QUANTILE = 0.99;
/** A stream's own percentile is taken over two days that end this long before the minute judged. */
const LAG_MINUTES = 360;
const SPAN_MINUTES = 2880;
/** With this many minutes a stream's own percentile counts half. */
const HALF_MINUTES = 360;

/**
 * Mean of the scorers' standardised scores; scorers that are missing (a broken model file) are left out.
 * @returns NaN when none is there.
 */
export function combineScores(params: CalibrationParams, scores: Readonly<Record<string, number>>): number {
  let sum = 0;
  let count = 0;
  for (const [id, { median, spread }] of Object.entries(params.scorers)) {
    const score = scores[id];
    if (score === undefined || !Number.isFinite(score)) continue;
    sum += (score - median) / spread;
    count++;
  }
  return count === 0 ? NaN : sum / count;
}

/**
 * One stream's own calibration: streams that are restless by nature have to be more than restless. Causal; a stream without past
 * is measured by the common level.
 */
export class StreamCalibration {
  readonly #params: CalibrationParams;
  readonly #past = new TrailingQuantiles(1, SPAN_MINUTES, LAG_MINUTES);
  readonly #row = new Float64Array(1);

  constructor(params: CalibrationParams) {
    this.#params = params;
  }

  /** Calibrate a known minute's combined score and remember it. Minutes ascend. */
  step(minute: number, combined: number): number {
    const { level, cap } = this.#params;
    this.#past.advance(minute);
    const known = this.#past.count(0);
    const trust = known / (known + HALF_MINUTES);
    const own = known > 0 ? this.#past.quantile(0, QUANTILE) : level;
    // Bounded by the cap above and by 0 below: fixed point has no sign.
    this.#row[0] = Math.max(0, Math.min(cap, combined));
    this.#past.push(minute, this.#row);
    return combined - STRENGTH * trust * (own - level);
  }
}
