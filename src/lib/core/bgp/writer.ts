/** Grows as bytes are appended; integers are big-endian. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  #reserve(count: number): number {
    const at = this.#length;
    this.#length = at + count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    return at;
  }

  u8(value: number): void {
    const at = this.#reserve(1);
    this.#bytes[at] = value;
  }

  u16(value: number): void {
    const at = this.#reserve(2);
    this.setU16(at, value);
  }

  u32(value: number): void {
    const at = this.#reserve(4);
    this.setU16(at, value >>> 16);
    this.setU16(at + 2, value & 0xffff);
  }

  /** Overwrite the u16 at `at`. */
  setU16(at: number, value: number): void {
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value;
  }

  append(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** The leading `count` octets of a 128-bit value of four words. */
  appendWords(words: ArrayLike<number>, wordAt: number, count: number): void {
    const at = this.#reserve(count);
    for (let i = 0; i < count; i++) this.#bytes[at + i] = words[wordAt + (i >> 2)]! >>> (24 - (i & 3) * 8);
  }

  /** Everything written, in a buffer of its own. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return bytes;
  }
}
