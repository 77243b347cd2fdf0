import type { ElemBatch } from '../elem/batch.ts';
import { batchBuffers } from '../elem/batch.ts';

/** A frame taken out of its encoding. */
export interface OpenFrame {
  readonly batch: ElemBatch;
  /** What time it was in the stream at each elem, Unix microseconds: never goes back. -Infinity before the first update. */
  readonly clockUs: Float64Array;
}

/** Decoded frames within a byte budget; what was used longest ago goes first. */
export class FrameCache {
  readonly budgetBytes: number;
  readonly #frames = new Map<number, { readonly frame: OpenFrame; readonly bytes: number }>();
  #bytes = 0;
  #dropped = 0;

  constructor(budgetBytes: number) {
    this.budgetBytes = budgetBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get dropped(): number {
    return this.#dropped;
  }

  get(index: number): OpenFrame | null {
    const known = this.#frames.get(index);
    if (!known) return null;
    this.#frames.delete(index);
    this.#frames.set(index, known);
    return known.frame;
  }

  /** Keep a frame; the newest stays even when it alone is over the budget. */
  put(index: number, frame: OpenFrame): void {
    const bytes = batchBuffers(frame.batch).reduce(
      (sum, { byteLength }) => sum + byteLength,
      frame.clockUs.byteLength,
    );
    this.#frames.set(index, { frame, bytes });
    this.#bytes += bytes;
    for (const [oldest, { bytes: freed }] of this.#frames) {
      if (this.#bytes <= this.budgetBytes || oldest === index) break;
      this.#frames.delete(oldest);
      this.#bytes -= freed;
      this.#dropped++;
    }
  }
}
