import { BgpError } from '../error.ts';
import type { BitReader } from './bits.ts';

export const MAX_CODE_BITS = 20;
/** Codes up to this length are found with one look-up. */
const FAST_BITS = 10;
const FAST_SIZE = 1 << FAST_BITS;

/** A canonical Huffman code. */
export class HuffmanTable {
  /** By the next `FAST_BITS` bits: symbol << 5 | code length; 0 where the code is longer. */
  readonly fast = new Uint16Array(FAST_SIZE);
  /** Per length: the greatest code of it, -1 for none. */
  readonly limit = new Int32Array(MAX_CODE_BITS + 2);
  /** Per length: what to add to a code to get its place in `symbols`. */
  readonly offset = new Int32Array(MAX_CODE_BITS + 2);
  readonly symbols = new Uint16Array(258);
  #maxBits = 0;

  /** Set up from the code length of each of `count` symbols. @throws {BgpError} FILE_DAMAGED for lengths no code has */
  build(lengths: Uint8Array, count: number): void {
    this.fast.fill(0);
    this.limit.fill(-1);
    this.#maxBits = 0;
    let code = 0;
    let place = 0;
    for (let bits = 1; bits <= MAX_CODE_BITS; bits++) {
      this.offset[bits] = place - code;
      for (let symbol = 0; symbol < count; symbol++) {
        if (lengths[symbol] !== bits) continue;
        this.symbols[place++] = symbol;
        this.#addFast(code, bits, symbol);
        this.limit[bits] = code++;
        this.#maxBits = bits;
      }
      if (code > 1 << bits) throw new BgpError('FILE_DAMAGED', 'bzip2: impossible code lengths');
      code <<= 1;
    }
  }

  #addFast(code: number, bits: number, symbol: number): void {
    if (bits > FAST_BITS) return;
    const spare = FAST_BITS - bits;
    this.fast.fill((symbol << 5) | bits, code << spare, (code + 1) << spare);
  }

  /** The next symbol. @throws NEED_MORE, or {BgpError} FILE_DAMAGED for a code nothing has */
  read(reader: BitReader): number {
    while (reader.held < FAST_BITS && reader.at < reader.end) {
      reader.hold = (reader.hold << 8) | reader.bytes[reader.at++]!;
      reader.held += 8;
    }
    if (reader.held >= FAST_BITS) {
      const entry = this.fast[(reader.hold >>> (reader.held - FAST_BITS)) & (FAST_SIZE - 1)]!;
      if (entry !== 0) {
        reader.held -= entry & 31;
        return entry >>> 5;
      }
    }
    return this.#readLong(reader);
  }

  #readLong(reader: BitReader): number {
    let code = 0;
    for (let bits = 1; bits <= this.#maxBits; bits++) {
      code = (code << 1) | reader.take(1);
      if (code <= this.limit[bits]!) return this.symbols[code + this.offset[bits]!]!;
    }
    throw new BgpError('FILE_DAMAGED', 'bzip2: no such code');
  }
}
