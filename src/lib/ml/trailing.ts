/** Fixed-point steps per unit of log1p: 65,534 steps reach log1p = 32. */
const STEPS_PER_UNIT = 2048;
const MAX_STEP = 0xfffe;
const UNKNOWN = 0xffff;

/**
 * Exact quantiles, per column, of the rows of a trailing span of minutes that ends `lagMinutes` before the present row. A row
 * becomes part of it only once it is old enough: what happens now cannot hide itself. Memory is fixed at creation; a row costs
 * O(log n) comparisons and one block move per column.
 */
export class TrailingQuantiles {
  readonly width: number;
  readonly #spanMinutes: number;
  readonly #lagMinutes: number;
  readonly #capacity: number;
  /** Ring of rows in time order, fixed point. */
  readonly #rows: Uint16Array;
  readonly #minutes: Float64Array;
  /** Sequence numbers of rows: oldest in the span, first not yet in the span, next to be written. */
  #oldest = 0;
  #pending = 0;
  #next = 0;
  /** Per column: the span's values in ascending order, and how many they are. */
  readonly #sorted: readonly Uint16Array[];
  readonly #counts: Int32Array;

  constructor(width: number, spanMinutes: number, lagMinutes: number) {
    this.width = width;
    this.#spanMinutes = spanMinutes;
    this.#lagMinutes = lagMinutes;
    this.#capacity = spanMinutes + lagMinutes + 1;
    this.#rows = new Uint16Array(this.#capacity * width);
    this.#minutes = new Float64Array(this.#capacity);
    this.#sorted = Array.from({ length: width }, () => new Uint16Array(spanMinutes + lagMinutes + 1));
    this.#counts = new Int32Array(width);
  }

  /** Rows the quantiles speak of. */
  get rowCount(): number {
    return this.#pending - this.#oldest;
  }

  /** Move the present to `minute`: rows that became old enough join, rows that became too old leave. */
  advance(minute: number): void {
    while (this.#pending < this.#next && this.#minuteOf(this.#pending) <= minute - this.#lagMinutes) {
      this.#change(this.#pending++, insert);
    }
    const leavesAt = minute - this.#lagMinutes - this.#spanMinutes;
    while (this.#oldest < this.#pending && this.#minuteOf(this.#oldest) <= leavesAt) {
      this.#change(this.#oldest++, remove);
    }
  }

  /** Remember a row of log1p values (NaN: unknown) for later. Minutes ascend; call `advance(minute)` before. */
  push(minute: number, logValues: Float64Array): void {
    const slot = this.#next % this.#capacity;
    this.#minutes[slot] = minute;
    const at = slot * this.width;
    for (let column = 0; column < this.width; column++) {
      const value = logValues[column]!;
      this.#rows[at + column] = value >= 0 ? Math.min(MAX_STEP, Math.round(value * STEPS_PER_UNIT)) : UNKNOWN;
    }
    this.#next++;
  }

  /** Values known in a column's span. */
  count(column: number): number {
    return this.#counts[column]!;
  }

  /** Quantile by linear interpolation between order statistics (Hyndman and Fan's type 7); NaN when nothing is known. */
  quantile(column: number, share: number): number {
    const count = this.#counts[column]!;
    if (count === 0) return NaN;
    const sorted = this.#sorted[column]!;
    const rank = (count - 1) * share;
    const below = Math.floor(rank);
    const low = sorted[below]!;
    const high = sorted[Math.min(count - 1, below + 1)]!;
    return (low + (high - low) * (rank - below)) / STEPS_PER_UNIT;
  }

  #minuteOf(row: number): number {
    return this.#minutes[row % this.#capacity]!;
  }

  #change(row: number, change: (sorted: Uint16Array, count: number, value: number) => void): void {
    const at = (row % this.#capacity) * this.width;
    const step = change === insert ? 1 : -1;
    for (let column = 0; column < this.width; column++) {
      const value = this.#rows[at + column]!;
      if (value === UNKNOWN) continue;
      change(this.#sorted[column]!, this.#counts[column]!, value);
      this.#counts[column]! += step;
    }
  }
}

function insert(sorted: Uint16Array, count: number, value: number): void {
  const at = lowerBound(sorted, count, value);
  sorted.copyWithin(at + 1, at, count);
  sorted[at] = value;
}

function remove(sorted: Uint16Array, count: number, value: number): void {
  const at = lowerBound(sorted, count, value);
  sorted.copyWithin(at, at + 1, count);
}

function lowerBound(sorted: Uint16Array, count: number, value: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
