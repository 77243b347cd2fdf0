/** One encoded frame of the stream, kept for clients that are behind or come back. */
export interface RingFrame {
  readonly seq: number;
  readonly frame: Uint8Array;
  readonly elems: number;
  readonly isReset: boolean;
}

export interface RingLimits {
  readonly maxBytes: number;
  readonly maxFrames: number;
}

/**
 * The newest frames, within a bound of bytes and of frames; the oldest go first. Seqs are consecutive from 1, so a seq is
 * its own index. Always keeps at least the newest frame.
 */
export class FrameRing {
  readonly #limits: RingLimits;
  readonly #slots: (RingFrame | undefined)[];
  #oldest = 1;
  #newest = 0;
  #bytes = 0;
  #evicted = 0;

  constructor(limits: RingLimits) {
    this.#limits = limits;
    this.#slots = new Array<RingFrame | undefined>(limits.maxFrames);
  }

  /** Seq of the newest frame; 0 before the first. */
  get newest(): number {
    return this.#newest;
  }

  /** Seq of the oldest frame kept; 0 before the first. */
  get oldest(): number {
    return this.#newest === 0 ? 0 : this.#oldest;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Frames let go so far. */
  get evicted(): number {
    return this.#evicted;
  }

  /** @param frame its seq is `newest + 1`. */
  push(frame: RingFrame): void {
    if (frame.seq !== this.#newest + 1) throw new Error(`frame ${frame.seq} after ${this.#newest}`);
    if (this.#newest - this.#oldest + 1 === this.#limits.maxFrames) this.#evict();
    this.#slots[frame.seq % this.#limits.maxFrames] = frame;
    this.#newest = frame.seq;
    this.#bytes += frame.frame.length;
    while (this.#bytes > this.#limits.maxBytes && this.#oldest < this.#newest) this.#evict();
  }

  get(seq: number): RingFrame | undefined {
    if (seq < this.#oldest || seq > this.#newest) return undefined;
    return this.#slots[seq % this.#limits.maxFrames];
  }

  #evict(): void {
    const at = this.#oldest % this.#limits.maxFrames;
    this.#bytes -= this.#slots[at]!.frame.length;
    this.#slots[at] = undefined;
    this.#oldest++;
    this.#evicted++;
  }
}
