/** Further ahead than this an elem of a busy stream is doubted, microseconds. */
const AHEAD_US = 120e6;
/** Elems within the last two to four minutes from which on a stream is busy: silence of minutes would be an event of its own. */
const BUSY_ELEMS = 200;
/** Doubted elems in a row, and messages they came in, that must agree before the clock jumps to them. */
const JUMP_ELEMS = 8;
const JUMP_MESSAGES = 3;

/**
 * The time it is in a stream of elems, told elem by elem so that batches make no difference. It follows the newest elem;
 * late ones do not move it. In a busy stream an elem minutes ahead is taken for a peer or a collector with a bad clock, until
 * several in a row from several messages agree: then there was a hole in the data. A sparse stream is believed as it is.
 */
export class StreamClock {
  #nowUs = -Infinity;
  /** Elems of the current stretch of `AHEAD_US`, and of the one right before it. */
  #stretch = -Infinity;
  #inStretch = 0;
  #inLast = 0;
  #pendingUs = Number.NaN;
  #pendingVantage = -1;
  #pendingElems = 0;
  #pendingMessages = 0;
  #doubted = 0;

  /** Unix microseconds; -Infinity before the first elem. Never goes back. */
  get nowUs(): number {
    return this.#nowUs;
  }

  /** Elems that were too far ahead to move the clock. */
  get doubted(): number {
    return this.#doubted;
  }

  /** Take in an elem's time. @returns the time it is now, unchanged when the elem is late or doubted. */
  step(timeUs: number, vantage: number): number {
    if (timeUs - this.#nowUs > AHEAD_US && this.#isBusy() && !this.#isAgreed(timeUs, vantage)) {
      this.#doubted++;
      return this.#nowUs;
    }
    this.#pendingElems = 0;
    if (timeUs > this.#nowUs) {
      this.#nowUs = timeUs;
      const stretch = Math.floor(timeUs / AHEAD_US);
      if (stretch !== this.#stretch) {
        this.#inLast = stretch === this.#stretch + 1 ? this.#inStretch : 0;
        this.#inStretch = 0;
        this.#stretch = stretch;
      }
    }
    this.#inStretch++;
    return this.#nowUs;
  }

  #isBusy(): boolean {
    return this.#inStretch + this.#inLast >= BUSY_ELEMS;
  }

  /** Whether enough elems in a row say that it is about `timeUs`. One message is one clock, however many prefixes it has. */
  #isAgreed(timeUs: number, vantage: number): boolean {
    const isSame = this.#pendingElems > 0 && Math.abs(timeUs - this.#pendingUs) <= AHEAD_US;
    if (!isSame) this.#pendingElems = this.#pendingMessages = 0;
    if (!isSame || timeUs !== this.#pendingUs || vantage !== this.#pendingVantage) this.#pendingMessages++;
    this.#pendingElems++;
    this.#pendingUs = timeUs;
    this.#pendingVantage = vantage;
    return this.#pendingElems >= JUMP_ELEMS && this.#pendingMessages >= JUMP_MESSAGES;
  }
}
