/** Thrown (never out of this folder) when the bits at hand end before a block does. */
export const NEED_MORE = new Error('need more input');

/** Reads bits, most significant first, from a window of a byte stream. */
export class BitReader {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the valid bytes end. */
  end = 0;
  /** Next byte to take into `hold`. */
  at = 0;
  /** The low `held` bits are the next ones of the stream. */
  hold = 0;
  held = 0;

  /** The next `count` bits, 1..24, as a number. */
  take(count: number): number {
    while (this.held < count) {
      if (this.at === this.end) throw NEED_MORE;
      this.hold = (this.hold << 8) | this.bytes[this.at++]!;
      this.held += 8;
    }
    this.held -= count;
    return (this.hold >>> this.held) & ((1 << count) - 1);
  }

  /** The next 32 bits, unsigned. */
  take32(): number {
    return this.take(16) * 0x1_0000 + this.take(16);
  }

  bit(): boolean {
    return this.take(1) === 1;
  }

  /** Skip to the next byte boundary and put whole bytes back. */
  align(): void {
    this.held -= this.held % 8;
    this.at -= this.held / 8;
    this.held = 0;
  }
}
