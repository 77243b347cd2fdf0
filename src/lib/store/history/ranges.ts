/** Closed ranges of integers, `[from, to]`, disjoint and ascending. */
export type Range = readonly [from: number, to: number];

/**
 * Which numbers have been seen, as few ranges as it takes. Bounded: beyond `maxRanges` the smallest hole is closed, so that
 * a number in it counts as seen though it was not.
 */
export class Ranges {
  #ranges: [number, number][];
  readonly #maxRanges: number;
  /** How far apart ranges may be to be joined: 1 for whole numbers, 0 where what lies between may matter. */
  readonly #reach: 0 | 1;

  constructor(ranges: readonly Range[] = [], maxRanges = 1000, reach: 0 | 1 = 1) {
    this.#maxRanges = maxRanges;
    this.#reach = reach;
    this.#ranges = [];
    for (const [from, to] of ranges) this.add(from, to);
  }

  get list(): readonly Range[] {
    return this.#ranges;
  }

  has(value: number): boolean {
    return this.find(value) !== null;
  }

  /** The range that holds `value`. */
  find(value: number): Range | null {
    const range = this.#ranges[this.#firstEndingAt(value)];
    return range !== undefined && range[0] <= value ? range : null;
  }

  /** Index of the first range that ends at `value` or after it. */
  #firstEndingAt(value: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ranges[middle]![1] < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Ranges that overlap join, and those within reach. */
  add(from: number, to: number): void {
    const start = this.#firstEndingAt(from - this.#reach);
    let end = start;
    let [low, high] = [from, to];
    while (end < this.#ranges.length && this.#ranges[end]![0] <= to + this.#reach) {
      low = Math.min(low, this.#ranges[end]![0]);
      high = Math.max(high, this.#ranges[end]![1]);
      end++;
    }
    this.#ranges.splice(start, end - start, [low, high]);
    if (this.#ranges.length > this.#maxRanges) this.#closeSmallestHole();
  }

  /** A range that begins with `value` begins after it from now on. */
  cutStart(value: number): void {
    const at = this.#firstEndingAt(value);
    const range = this.#ranges[at];
    if (range?.[0] !== value) return;
    if (range[1] === value) this.#ranges.splice(at, 1);
    else range[0] = value + 1;
  }

  #closeSmallestHole(): void {
    let at = 1;
    const hole = (i: number): number => this.#ranges[i]![0] - this.#ranges[i - 1]![1];
    for (let i = 2; i < this.#ranges.length; i++) if (hole(i) < hole(at)) at = i;
    this.#ranges[at - 1]![1] = this.#ranges[at]![1];
    this.#ranges.splice(at, 1);
  }
}
