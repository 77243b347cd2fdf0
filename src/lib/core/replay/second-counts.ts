/** Room to begin with, seconds. */
const FIRST = 1024;

/** Announcements and withdrawals per second of data, of the seconds that have any: a recording may have holes of years. */
export class SecondCounts {
  #seconds = new Float64Array(FIRST);
  #announced = new Uint32Array(FIRST);
  #withdrawn = new Uint32Array(FIRST);
  #length = 0;

  /** Seconds that have any. */
  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#seconds.byteLength + this.#announced.byteLength + this.#withdrawn.byteLength;
  }

  /** @param second Unix seconds; never goes back. */
  add(second: number, isWithdrawal: boolean): void {
    if (this.#length === 0 || this.#seconds[this.#length - 1] !== second) {
      if (this.#length === this.#seconds.length) this.#grow();
      this.#seconds[this.#length++] = second;
    }
    (isWithdrawal ? this.#withdrawn : this.#announced)[this.#length - 1]!++;
  }

  #grow(): void {
    const room = this.#length * 2;
    const [seconds, announced, withdrawn] = [this.#seconds, this.#announced, this.#withdrawn];
    this.#seconds = new Float64Array(room);
    this.#announced = new Uint32Array(room);
    this.#withdrawn = new Uint32Array(room);
    this.#seconds.set(seconds);
    this.#announced.set(announced);
    this.#withdrawn.set(withdrawn);
  }

  /** Sums over `steps` steps of `stepS` seconds from `startS` on; what lies outside is left out. */
  sums(
    startS: number,
    stepS: number,
    steps: number,
  ): { announcements: Float64Array; withdrawals: Float64Array } {
    const announcements = new Float64Array(steps);
    const withdrawals = new Float64Array(steps);
    for (let i = 0; i < this.#length; i++) {
      const step = Math.floor((this.#seconds[i]! - startS) / stepS);
      if (step < 0 || step >= steps) continue;
      announcements[step]! += this.#announced[i]!;
      withdrawals[step]! += this.#withdrawn[i]!;
    }
    return { announcements, withdrawals };
  }
}
