import type { ElemSlice } from '../lib/store/history/elem-arrow.ts';

/** What waits to be written. */
export interface Pending {
  readonly slices: ElemSlice[];
  /** Moments of a source to be deleted first. */
  readonly redo: Map<string, number[]>;
  readonly streams: Set<number>;
  readonly sources: Set<string>;
  /** Frames to acknowledge once it is written. */
  frames: number;
  elems: number;
  /** First and last time in the frames, Unix microseconds. */
  fromUs: number;
  toUs: number;
}

/** Nothing waits. */
export function emptyPending(): Pending {
  return {
    slices: [],
    redo: new Map(),
    streams: new Set(),
    sources: new Set(),
    frames: 0,
    elems: 0,
    fromUs: Infinity,
    toUs: -Infinity,
  };
}
