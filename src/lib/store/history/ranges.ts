/** Closed ranges of integers, `[from, to]`, disjoint and ascending. */
export type Range = readonly [from: number, to: number];

/**
 * Which numbers have been seen, as few ranges as it takes. Bounded: beyond `maxRanges` the smallest hole is closed, so that
 * a number in it counts as seen though it was not.
 */
export class Ranges {
  #ranges: [number, number][];
  readonly #maxRanges: number;

  constructor(ranges: readonly Range[] = [], maxRanges = 1000) {
    this.#maxRanges = maxRanges;
    this.#ranges = [];
    for (const [from, to] of ranges) this.add(from, to);
  }

  get list(): readonly Range[] {
    return this.#ranges;
  }

  has(value: number): boolean {
    const range = this.#ranges[this.#firstEndingAt(value)];
    return range !== undefined && range[0] <= value;
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

  /** Neighbouring integers join. */
  add(from: number, to: number): void {
    const start = this.#firstEndingAt(from - 1);
    let end = start;
    let [low, high] = [from, to];
    while (end < this.#ranges.length && this.#ranges[end]![0] <= to + 1) {
      low = Math.min(low, this.#ranges[end]![0]);
      high = Math.max(high, this.#ranges[end]![1]);
      end++;
    }
    this.#ranges.splice(start, end - start, [low, high]);
    if (this.#ranges.length > this.#maxRanges) this.#closeSmallestHole();
  }

  #closeSmallestHole(): void {
    let at = 1;
    const hole = (i: number): number => this.#ranges[i]![0] - this.#ranges[i - 1]![1];
    for (let i = 2; i < this.#ranges.length; i++) if (hole(i) < hole(at)) at = i;
    this.#ranges[at - 1]![1] = this.#ranges[at]![1];
    this.#ranges.splice(at, 1);
  }
}
