import type { ElemBatch } from '../elem/batch.ts';

/** How far an elem may be ahead of its batch's middle and still move the clock. */
const AHEAD_US = 30e6;
/** A batch this far ahead of the clock, or this far behind, is off it. */
const JUMP_AHEAD_US = 120e6;
const JUMP_BACK_US = 15 * 60e6;
/** Elems in a row that must agree before the clock jumps to them. */
const JUMP_ELEMS = 8;
const SAMPLE = 31;

/** What a batch did to the clock. `none`: its elems are off the clock and not (yet) believed. */
export type ClockMove = 'start' | 'steady' | 'jump' | 'none';

/**
 * The time it is in the data. It follows the middle of each batch, so one peer with a bad clock cannot drag it away; it
 * jumps (to another recording, past a long silence) only when several elems in a row agree.
 */
export class DataClock {
  #nowUs = Number.NaN;
  #middleUs = Number.NaN;
  #pendingUs = Number.NaN;
  #pendingElems = 0;
  readonly #sample = new Float64Array(SAMPLE);

  /** Unix microseconds; NaN before the first batch. Elems later than this are not to be believed. */
  get nowUs(): number {
    return this.#nowUs;
  }

  /**
   * The earliest time in `batch`, which has just been stepped: where its own stretch of time starts. Stragglers from long
   * before its middle are left aside.
   */
  startUs(batch: ElemBatch): number {
    let startUs = this.#middleUs;
    for (let i = 0; i < batch.length; i++) {
      const timeUs = batch.timeUs[i]!;
      if (timeUs < startUs && timeUs >= this.#middleUs - JUMP_AHEAD_US) startUs = timeUs;
    }
    return Math.min(startUs, this.#nowUs);
  }

  step(batch: ElemBatch): ClockMove {
    const middleUs = (this.#middleUs = this.#middle(batch));
    if (Number.isNaN(this.#nowUs)) return this.#set(batch, middleUs, 'start');
    const aheadUs = middleUs - this.#nowUs;
    if (aheadUs <= JUMP_AHEAD_US && aheadUs >= -JUMP_BACK_US) {
      this.#pendingElems = 0;
      this.#nowUs = Math.max(this.#nowUs, newest(batch, middleUs + AHEAD_US));
      return 'steady';
    }
    const isAgreed = Math.abs(middleUs - this.#pendingUs) <= JUMP_AHEAD_US;
    this.#pendingElems = (isAgreed ? this.#pendingElems : 0) + batch.length;
    this.#pendingUs = middleUs;
    return this.#pendingElems >= JUMP_ELEMS ? this.#set(batch, middleUs, 'jump') : 'none';
  }

  #set(batch: ElemBatch, middleUs: number, move: ClockMove): ClockMove {
    this.#pendingElems = 0;
    this.#nowUs = newest(batch, middleUs + AHEAD_US);
    return move;
  }

  /** Median of up to 31 times spread over the batch. */
  #middle(batch: ElemBatch): number {
    const count = Math.min(SAMPLE, batch.length);
    const sample = this.#sample.subarray(0, count);
    for (let i = 0; i < count; i++) sample[i] = batch.timeUs[Math.floor((i * batch.length) / count)]!;
    sample.sort();
    return sample[count >> 1]!;
  }
}

function newest(batch: ElemBatch, limitUs: number): number {
  let newestUs = -Infinity;
  for (let i = 0; i < batch.length; i++) {
    const timeUs = batch.timeUs[i]!;
    if (timeUs > newestUs && timeUs <= limitUs) newestUs = timeUs;
  }
  return newestUs;
}
