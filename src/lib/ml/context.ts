/** Spans of the trailing means, in minutes: an onset, a sustained rise, two levels. */
export const CONTEXT_SPANS_MINUTES: readonly number[] = [3, 10, 30, 120];

/**
 * Trailing means of one stream's channels over several spans, rises only: what forest and regression read. A span
 * counts minutes of the clock, and the mean is over the minutes in it that are known: a gap neither calms nor alarms.
 */
export class TrailingContext {
  readonly #width: number;
  readonly #spans: readonly number[];
  readonly #capacity: number;
  readonly #rows: Float64Array;
  readonly #minutes: Float64Array;
  /** Per span: sums of the rows inside, and the sequence number of the oldest of them. */
  readonly #sums: readonly Float64Array[];
  readonly #oldest: Float64Array;
  readonly #row: Float32Array;
  #next = 0;

  /** `width` columns in, `width * spans.length` out: all columns of the first span, then of the second. */
  constructor(width: number, spans: readonly number[] = CONTEXT_SPANS_MINUTES) {
    this.#width = width;
    this.#spans = spans;
    this.#capacity = Math.max(...spans);
    this.#rows = new Float64Array(this.#capacity * width);
    this.#minutes = new Float64Array(this.#capacity);
    this.#sums = spans.map(() => new Float64Array(width));
    this.#oldest = new Float64Array(spans.length);
    this.#row = new Float32Array(width * spans.length);
  }

  /** Add a known minute's row. @returns the context up to and with it, valid until the next call. Minutes ascend. */
  push(minute: number, channels: Float64Array): Float32Array {
    for (let span = 0; span < this.#spans.length; span++) this.#forget(span, minute - this.#spans[span]!);
    const slot = this.#next % this.#capacity;
    this.#rows.set(channels, slot * this.#width);
    this.#minutes[slot] = minute;
    this.#next++;
    for (let span = 0; span < this.#spans.length; span++) {
      const sums = this.#sums[span]!;
      const count = this.#next - this.#oldest[span]!;
      for (let column = 0; column < this.#width; column++) {
        sums[column]! += channels[column]!;
        this.#row[span * this.#width + column] = Math.max(0, sums[column]! / count);
      }
    }
    return this.#row;
  }

  /** Take the rows of `lastMinute` and before out of a span. */
  #forget(span: number, lastMinute: number): void {
    const sums = this.#sums[span]!;
    while (this.#oldest[span]! < this.#next) {
      const slot = this.#oldest[span]! % this.#capacity;
      if (this.#minutes[slot]! > lastMinute) return;
      const at = slot * this.#width;
      for (let column = 0; column < this.#width; column++) sums[column]! -= this.#rows[at + column]!;
      this.#oldest[span]!++;
    }
    // Nothing left: no rounding error is carried into what comes.
    sums.fill(0);
  }
}
