/**
 * One seek at a time, and of those wished meanwhile only the newest: a slider dragged across a day asks for hundreds of
 * moments, and only where it stops matters.
 */
export class LatestSeek<T> {
  #seek: (timeUs: number) => Promise<T>;
  #waiting: { readonly timeUs: number; readonly resolve: (answer: T | null) => void } | null = null;
  #isUnderWay = false;

  constructor(seek: (timeUs: number) => Promise<T>) {
    this.#seek = seek;
  }

  /** The answer for `timeUs`, or null when a later wish took its place. */
  async to(timeUs: number): Promise<T | null> {
    if (this.#isUnderWay) {
      this.#waiting?.resolve(null);
      return new Promise((resolve) => (this.#waiting = { timeUs, resolve }));
    }
    this.#isUnderWay = true;
    try {
      return await this.#seek(timeUs);
    } finally {
      this.#isUnderWay = false;
      const next = this.#waiting;
      this.#waiting = null;
      if (next) void this.to(next.timeUs).then(next.resolve, () => next.resolve(null));
    }
  }
}
