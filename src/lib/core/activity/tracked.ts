import type { ElemBatch } from '../elem/batch.ts';
import { batchBuffers } from '../elem/batch.ts';
import type { StepResult } from '../rib/rib.ts';

/** A batch with what the routing state made of it: all that is needed to compute any view over it again. */
export interface TrackedBatch extends StepResult {
  readonly batch: ElemBatch;
  /** Number of its first elem; the elems after it count on. */
  readonly firstId: number;
  /** Something between the batch before and this one was not heard. */
  readonly isAfterGap: boolean;
}

/** Bytes a tracked batch keeps alive, tables included; text of collector names and object headers are left out. */
export function trackedBytes(tracked: TrackedBatch): number {
  let bytes = tracked.outcomes.byteLength + tracked.vantageIds.byteLength;
  for (const buffer of batchBuffers(tracked.batch)) bytes += buffer.byteLength;
  return bytes;
}

/** The newest batches within a byte budget; the oldest are let go first, and counted. */
export class RetainedBatches {
  readonly budgetBytes: number;
  #batches: TrackedBatch[] = [];
  #sizes: number[] = [];
  /** Batches before this one are gone; the arrays are cut when many are. */
  #start = 0;
  #bytes = 0;
  #elems = 0;
  #dropped = 0;

  constructor(budgetBytes = 48 * 1024 * 1024) {
    this.budgetBytes = budgetBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get elems(): number {
    return this.#elems;
  }

  get length(): number {
    return this.#batches.length - this.#start;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** Keep a batch. The newest stays even when it is larger than the budget alone. */
  push(tracked: TrackedBatch): void {
    const size = trackedBytes(tracked);
    this.#batches.push(tracked);
    this.#sizes.push(size);
    this.#bytes += size;
    this.#elems += tracked.batch.length;
    while (this.#bytes > this.budgetBytes && this.length > 1) this.#dropOldest();
    if (this.#start > 256 && this.#start * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#start);
      this.#sizes = this.#sizes.slice(this.#start);
      this.#start = 0;
    }
  }

  #dropOldest(): void {
    const at = this.#start++;
    this.#bytes -= this.#sizes[at]!;
    this.#elems -= this.#batches[at]!.batch.length;
    this.#batches[at] = undefined as unknown as TrackedBatch;
    this.#dropped++;
  }

  /** Batch `i`, 0 the oldest. */
  at(i: number): TrackedBatch | undefined {
    return this.#batches[this.#start + i];
  }

  /** The first retained batch that ends after elem `id`, as an index; `length` if there is none. */
  indexAfter(id: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const { firstId, batch } = this.at(middle)!;
      if (firstId + batch.length <= id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  clear(): void {
    this.#batches = [];
    this.#sizes = [];
    this.#start = 0;
    this.#bytes = 0;
    this.#elems = 0;
  }
}
