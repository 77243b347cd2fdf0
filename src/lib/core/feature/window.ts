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
  /** One entry per `FEATURES` column, in its order. All NaN when `isMasked`, but for `session_resets`. */
  readonly values: Float64Array;
  /**
   * Nothing can be said about this window: the feed had a gap, the session was down, or the vantage was sending its table. A
   * masked window is left out of baselines and never scored; it is not a window of zeros. A window that is absent, where a
   * stream has earlier and later ones, means the same.
   */
  readonly isMasked: boolean;
}

/** Name of the stream of all vantages together. */
export const ALL_STREAM = 'all';

/** Widths of windows in seconds. Each is a multiple of the first. */
export const WIDTHS_S = [60, 300] as const;
export type WidthS = (typeof WIDTHS_S)[number];

/** Why a window is masked. When there are several reasons, the first of them in this order. */
export const MASK = {
  none: 0,
  /** The stream began, or came back after an hour, within the window; or the input ended in it. */
  partial: 1,
  /** The feed lost something. */
  gap: 2,
  /** Nobody said anything for so long that it is a hole in the data; or nobody of the vantage's collector did all window. */
  silence: 3,
  /** The session was down. */
  session: 4,
  /** The vantage was sending its table. */
  transfer: 5,
  /** `all` only: more than half of the vantages are masked. */
  vantages: 6,
} as const;
export type Mask = (typeof MASK)[keyof typeof MASK];
export const MASK_NAMES = ['', 'partial', 'gap', 'silence', 'session', 'transfer', 'vantages'] as const;

/** The windows of one width that end together: the first is `all`, then vantages in the order they were first heard. */
export interface FeatureFrame {
  readonly startUs: number;
  readonly widthS: WidthS;
  readonly streams: readonly string[];
  /** `MASK` value of each. */
  readonly masks: Uint8Array<ArrayBuffer>;
  /** `FEATURE_COUNT` values of each, one stream after the other. */
  readonly values: Float64Array<ArrayBuffer>;
}

/** Window `i` of a frame; its values are a view on the frame's. */
export function windowOf(frame: FeatureFrame, i: number): FeatureWindow {
  const { startUs, widthS, streams, masks, values } = frame;
  const columns = values.length / streams.length;
  return {
    stream: streams[i]!,
    startUs,
    widthS,
    values: values.subarray(i * columns, (i + 1) * columns),
    isMasked: masks[i] !== MASK.none,
  };
}

/** The buffers of a frame, for `postMessage` transfer. The frame is unusable at the sender afterwards. */
export function frameBuffers(frame: FeatureFrame): ArrayBuffer[] {
  return [frame.masks.buffer, frame.values.buffer];
}
