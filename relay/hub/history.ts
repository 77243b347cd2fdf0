/** How many seqs back a loss can be counted exactly. */
const HISTORY = 65_536;

/**
 * Running totals of frames and elems per seq, so that a loss can be told exactly even when the frames themselves are gone.
 * Remembers the last 65,536 seqs (1 MiB).
 */
export class CountHistory {
  readonly #frames = new Float64Array(HISTORY);
  readonly #elems = new Float64Array(HISTORY);
  /** Totals are known after each seq in `first .. last`. */
  #first: number;
  #last: number;

  /** @param seq the seq after which counting starts. */
  constructor(seq: number) {
    this.#first = this.#last = seq;
  }

  /** Seq `last + 1` brought so much. */
  add(frames: number, elems: number): void {
    const before = this.#last % HISTORY;
    const at = ++this.#last % HISTORY;
    this.#frames[at] = this.#frames[before]! + frames;
    this.#elems[at] = this.#elems[before]! + elems;
    if (this.#last - this.#first === HISTORY) this.#first++;
  }

  /** What seqs `from .. to` brought; null when that is further back than remembered. */
  between(from: number, to: number): { frames: number; elems: number } | null {
    if (from - 1 < this.#first || to > this.#last || from > to) return null;
    const before = (from - 1) % HISTORY;
    const at = to % HISTORY;
    return {
      frames: this.#frames[at]! - this.#frames[before]!,
      elems: this.#elems[at]! - this.#elems[before]!,
    };
  }
}
