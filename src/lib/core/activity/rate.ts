/** Columnar, oldest first; uPlot takes it as is. A step in which nothing was heard (a gap) is NaN, not 0. */
export interface RateSeries {
  /** Width of a step in seconds of data time. */
  readonly stepS: number;
  /** Start of each step, Unix seconds. */
  readonly timeS: Float64Array;
  /** Elems per second of data time. */
  readonly announce: Float64Array;
  readonly withdraw: Float64Array;
}

/** Announcements and withdrawals per step of data time, over the last `steps` steps. */
export class RateRing {
  readonly stepS: number;
  readonly #steps: number;
  readonly #announce: Uint32Array;
  readonly #withdraw: Uint32Array;
  readonly #isHeard: Uint8Array;
  /** Step (Unix time / width) of the clock, and the first one ever heard; -1 before that. */
  #head = -1;
  #first = -1;

  constructor(stepS: number, steps = 900) {
    this.stepS = stepS;
    this.#steps = steps;
    this.#announce = new Uint32Array(steps);
    this.#withdraw = new Uint32Array(steps);
    this.#isHeard = new Uint8Array(steps);
  }

  /** Move on to `nowUs`, never back but by `RateRing`'s owner making a new one. `isWhole`: all of the time in between was heard; otherwise it is a gap. */
  advance(nowUs: number, isWhole: boolean): void {
    const head = Math.floor(nowUs / 1e6 / this.stepS);
    if (this.#head === -1) this.#restart(head);
    if (head <= this.#head) return;
    const from = Math.max(this.#head + 1, head - this.#steps + 1);
    for (let step = from; step <= head; step++) {
      const at = step % this.#steps;
      this.#announce[at] = 0;
      this.#withdraw[at] = 0;
      this.#isHeard[at] = isWhole || step === head ? 1 : 0;
    }
    this.#head = head;
  }

  #restart(head: number): void {
    this.#first = head;
    this.#head = head - 1;
  }

  /** Count an elem; older than the ring reaches, it is not counted. @returns whether it was. */
  add(timeUs: number, isWithdraw: boolean): boolean {
    const step = Math.floor(timeUs / 1e6 / this.stepS);
    if (step > this.#head || step <= this.#head - this.#steps) return false;
    const at = step % this.#steps;
    if (step < this.#first) this.#reachBack(step);
    this.#isHeard[at] = 1;
    if (isWithdraw) this.#withdraw[at]!++;
    else this.#announce[at]!++;
    return true;
  }

  /** An elem from before the first step: the steps in between hold what an earlier round left there. */
  #reachBack(step: number): void {
    for (let cleared = step; cleared < this.#first; cleared++) {
      const at = cleared % this.#steps;
      this.#announce[at] = 0;
      this.#withdraw[at] = 0;
      this.#isHeard[at] = 0;
    }
    this.#first = step;
  }

  /** The complete steps; the one the clock is in is left out, since it would always look like a drop. */
  snapshot(): RateSeries {
    const first = Math.max(this.#first, this.#head - this.#steps + 1);
    const length = this.#head === -1 ? 0 : this.#head - first;
    const timeS = new Float64Array(length);
    const announce = new Float64Array(length);
    const withdraw = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      const at = (first + i) % this.#steps;
      timeS[i] = (first + i) * this.stepS;
      announce[i] = this.#isHeard[at] ? this.#announce[at]! / this.stepS : Number.NaN;
      withdraw[i] = this.#isHeard[at] ? this.#withdraw[at]! / this.stepS : Number.NaN;
    }
    return { stepS: this.stepS, timeS, announce, withdraw };
  }
}
