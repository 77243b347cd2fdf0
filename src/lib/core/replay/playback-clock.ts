/** Silence in the data that would take longer than this is skipped. */
const MAX_HOLE_MS = 60_000;

/** Where a replay is and how it moves: the wall clock it is driven by is the caller's. */
export class PlaybackClock {
  #timeUs = 0;
  #speed = 1;
  #isPlaying = false;
  /** Moment `#anchorUs` is due at `#anchorMs`. */
  #anchorUs = 0;
  #anchorMs = 0;

  get timeUs(): number {
    return this.#timeUs;
  }

  get speed(): number {
    return this.#speed;
  }

  get isPlaying(): boolean {
    return this.#isPlaying;
  }

  play(speed: number, nowMs: number): void {
    this.#speed = speed;
    this.#isPlaying = true;
    this.#anchor(nowMs);
  }

  pause(): void {
    this.#isPlaying = false;
  }

  seek(timeUs: number, nowMs: number): void {
    this.#timeUs = timeUs;
    this.#anchor(nowMs);
  }

  #anchor(nowMs: number): void {
    this.#anchorUs = this.#timeUs;
    this.#anchorMs = nowMs;
  }

  /**
   * Move on to what is due at `nowMs`, but not beyond `limitUs`: there the clock waits, and what it waited is not made up for.
   * @param skipTo where a hole that begins here ends, Unix microseconds; it is skipped when it would take too long.
   * @returns whether it is held back.
   */
  advance(nowMs: number, limitUs: number, skipTo: (timeUs: number) => number | null): boolean {
    if (!this.#isPlaying) return false;
    const isUnpaced = this.#speed === 0;
    let dueUs = isUnpaced ? limitUs : this.#anchorUs + (nowMs - this.#anchorMs) * 1000 * this.#speed;
    if (!isUnpaced) {
      const nextUs = skipTo(this.#timeUs);
      if (nextUs !== null && nextUs - dueUs > MAX_HOLE_MS * 1000 * this.#speed) {
        dueUs = nextUs;
        this.#timeUs = Math.min(nextUs, Math.max(limitUs, this.#timeUs));
        this.#anchor(nowMs);
      }
    }
    if (dueUs > limitUs) {
      this.#timeUs = Math.max(this.#timeUs, limitUs);
      this.#anchor(nowMs);
      return true;
    }
    this.#timeUs = Math.max(this.#timeUs, dueUs);
    return isUnpaced;
  }
}
