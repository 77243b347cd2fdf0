/** First wait after a failure, and the longest, ms. */
const FIRST_MS = 1000;
const MAX_MS = 60_000;

/**
 * Waits between attempts: doubling from 1 s to 60 s, each drawn from the upper half of its step so that relays that failed
 * together do not come back together. `reset` after a connection that proved good.
 */
export class Backoff {
  readonly #random: () => number;
  readonly #firstMs: number;
  #stepMs: number;

  /** @param random uniform in [0, 1). */
  constructor(random: () => number, firstMs = FIRST_MS) {
    this.#random = random;
    this.#firstMs = this.#stepMs = firstMs;
  }

  /** How long to wait before the next attempt, ms. */
  next(): number {
    const waitMs = this.#stepMs * (0.5 + this.#random() / 2);
    this.#stepMs = Math.min(this.#stepMs * 2, MAX_MS);
    return waitMs;
  }

  reset(): void {
    this.#stepMs = this.#firstMs;
  }
}
