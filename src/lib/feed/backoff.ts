const FIRST_MS = 500;
const MOST_MS = 15_000;

/**
 * Waits between attempts: doubling from half a second to 15 s, each drawn from its upper half, so that clients of a relay
 * that restarts do not all come back in the same moment.
 */
export class Backoff {
  readonly #random: () => number;
  #attempt = 0;

  /** @param random 0 <= x < 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Milliseconds to wait before the next attempt. */
  nextMs(): number {
    const fullMs = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(this.#attempt++, 16));
    return Math.round(fullMs / 2 + (this.#random() * fullMs) / 2);
  }

  /** The connection has proved good: begin small again. */
  reset(): void {
    this.#attempt = 0;
  }
}
