import { BatchBuilder } from '#core/elem/builder.ts';
import type { ElemBatch } from '#core/elem/batch.ts';
import { ELEM_FLAG } from '#core/elem/batch.ts';
import { ElemCopier } from '#core/elem/copier.ts';

export interface BatcherOptions {
  /** Elems in a batch, at most. */
  readonly maxElems: number;
  /** How long elems wait for company when nobody listens, ms. */
  readonly idleMs: number;
  /** The same while somebody listens. */
  readonly heardMs: number;
}

export const BATCHER_DEFAULTS: BatcherOptions = { maxElems: 1000, idleMs: 5000, heardMs: 250 };

/** Batches this full go through as they are: copying them would gain little. */
const FULL_ENOUGH = 0.75;

/**
 * Cuts and joins the batches of a source to the size of a frame. A BGP message stays whole in one batch unless it alone
 * has more than `maxElems`.
 */
export class Batcher {
  readonly #options: BatcherOptions;
  readonly #emit: (batch: ElemBatch) => void;
  readonly #builder: BatchBuilder;
  readonly #copier: ElemCopier;
  #isHeard = false;
  #openedMs = 0;
  #timer: NodeJS.Timeout | null = null;

  /** @param emit gets every batch, in order; it is called from `add`, `flush` and the timer. */
  constructor(emit: (batch: ElemBatch) => void, options: BatcherOptions = BATCHER_DEFAULTS) {
    this.#options = options;
    this.#emit = emit;
    this.#builder = new BatchBuilder(options.maxElems);
    this.#copier = new ElemCopier(this.#builder);
  }

  /** Elems waiting. */
  get waiting(): number {
    return this.#builder.length;
  }

  /** Tell whether somebody listens: decides how long elems may wait, also those that wait already. */
  setHeard(isHeard: boolean): void {
    if (isHeard === this.#isHeard) return;
    this.#isHeard = isHeard;
    if (this.#timer) this.#arm(this.#openedMs);
  }

  add(batch: ElemBatch): void {
    const { maxElems } = this.#options;
    const isFull = batch.length <= maxElems && batch.length >= maxElems * FULL_ENOUGH;
    if (isFull && this.#builder.length === 0) {
      this.#emit(batch);
      return;
    }
    for (let from = 0; from < batch.length;) {
      const to = messageEnd(batch, from);
      if (this.#builder.length + to - from > maxElems) this.flush();
      for (let i = from; i < to; i++) {
        if (this.#builder.isFull) this.flush();
        this.#copier.copy(batch, i);
      }
      from = to;
    }
    if (this.#builder.isFull) this.flush();
    else if (this.#builder.length > 0 && !this.#timer) this.#arm(performance.now());
  }

  /** Emit what waits. */
  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#builder.length > 0) this.#emit(this.#builder.take());
  }

  #arm(openedMs: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#openedMs = openedMs;
    const waitMs = this.#isHeard ? this.#options.heardMs : this.#options.idleMs;
    this.#timer = setTimeout(() => this.flush(), Math.max(0, openedMs + waitMs - performance.now()));
  }
}

/** Index after the last elem of the message that elem `from` belongs to. */
export function messageEnd(batch: ElemBatch, from: number): number {
  let to = from + 1;
  while (to < batch.length && !(batch.flags[to]! & ELEM_FLAG.first)) to++;
  return to;
}
