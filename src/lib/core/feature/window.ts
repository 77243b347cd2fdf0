/**
 * What the feature extractor hands on: one vector per stream and window. A stream is one vantage, or all of them together.
 * `features.ts` names the columns and says what each means.
 */
export interface FeatureWindow {
  /** `all`, or `collector peer-address peer-ASN` as in `rrc00 192.0.2.1 64500`. */
  readonly stream: string;
  /** Unix microseconds, a multiple of the width. */
  readonly startUs: number;
  /** 60 or 300. */
  readonly widthS: number;
  /** One entry per `FEATURES` column, in its order. All NaN when `isMasked`. */
  readonly values: Float64Array;
  /**
   * Nothing can be said about this window: the feed had a gap, the session was down, or the vantage was sending its table. A
   * masked window is left out of baselines and never scored; it is not a window of zeros.
   */
  readonly isMasked: boolean;
}
