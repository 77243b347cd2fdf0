/** Steps remembered; when full every second one is forgotten. */
const MAX_STEPS = 4096;

interface StepEnd {
  readonly step: number;
  readonly timeUs: number;
}

/**
 * Which steps of the state were over before a moment of the data. Bounded: the longer ago, the coarser, and always on the
 * early side.
 */
export class StepTimes {
  readonly #limit: number;
  #ends: StepEnd[] = [];
  #thinned = 0;

  constructor(limit = MAX_STEPS) {
    this.#limit = limit;
  }

  /** Steps forgotten to stay within the bound. */
  get thinned(): number {
    return this.#thinned;
  }

  /** A step is over. @param timeUs the data time at its end, Unix microseconds; never goes back. */
  note(step: number, timeUs: number): void {
    if (this.#ends.length >= this.#limit) {
      const kept = this.#ends.filter((_end, i) => i % 2 === 0);
      this.#thinned += this.#ends.length - kept.length;
      this.#ends = kept;
    }
    this.#ends.push({ step, timeUs });
  }

  /** The last step known to be over before `timeUs`, Unix microseconds; -1 when none is. */
  before(timeUs: number): number {
    let [from, to] = [0, this.#ends.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#ends[middle]!.timeUs < timeUs) from = middle + 1;
      else to = middle;
    }
    return this.#ends[from - 1]?.step ?? -1;
  }

  clear(): void {
    this.#ends = [];
  }
}
