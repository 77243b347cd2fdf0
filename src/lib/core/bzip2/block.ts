import { BgpError } from '../error.ts';
import type { BitReader } from './bits.ts';
import { blockCrc } from './crc.ts';
import { HuffmanTable, MAX_CODE_BITS } from './huffman.ts';

const MAX_TABLES = 6;
const GROUP_SYMBOLS = 50;
const MAX_SELECTORS = 18_002;
const RUN_A = 0;
const RUN_B = 1;
const PIECE_BYTES = 1 << 20;

function damaged(detail: string): never {
  throw new BgpError('FILE_DAMAGED', `bzip2: ${detail}`);
}

/** Decodes one block at a time; keeps its working memory (4 bytes per byte of block) between blocks. */
export class BlockDecoder {
  readonly #tables = Array.from({ length: MAX_TABLES }, () => new HuffmanTable());
  readonly #selectors = new Uint8Array(MAX_SELECTORS);
  readonly #lengths = new Uint8Array(258);
  readonly #front = new Uint8Array(256);
  readonly #counts = new Int32Array(256);
  /** Low octet: the byte; the rest: where the next one is. */
  #chain = new Uint32Array(0);

  /**
   * The block after its 48-bit magic, as pieces. `blockBytes` is the stream's block size before the final run-length step.
   * @returns the pieces and the block's CRC, checked
   * @throws NEED_MORE, or {BgpError} FILE_DAMAGED
   */
  decode(reader: BitReader, blockBytes: number): { pieces: Uint8Array[]; crc: number } {
    const crc = reader.take32();
    if (reader.bit()) damaged('randomised blocks (bzip2 before 0.9.5) are not supported');
    const start = reader.take(24);
    if (this.#chain.length < blockBytes) this.#chain = new Uint32Array(blockBytes);
    const symbols = this.#readUsedBytes(reader);
    const tableCount = reader.take(3);
    if (tableCount < 2 || tableCount > MAX_TABLES) damaged(`${tableCount} code tables`);
    const selectorCount = this.#readSelectors(reader, tableCount);
    for (let table = 0; table < tableCount; table++) this.#readTable(reader, table, symbols + 2);
    const length = this.#readSymbols(reader, symbols + 1, selectorCount, blockBytes);
    if (start >= length) damaged('the block starts beyond its end');
    this.#link(length);
    const pieces = this.#unwind(start, length);
    if (~pieces.reduce((sum, piece) => blockCrc(piece, sum), -1) >>> 0 !== crc)
      damaged('a block fails its CRC');
    return { pieces, crc };
  }

  /** The bytes that occur go to the front list, in order. */
  #readUsedBytes(reader: BitReader): number {
    const ranges = reader.take(16);
    let count = 0;
    for (let range = 0; range < 16; range++) {
      if ((ranges & (0x8000 >>> range)) === 0) continue;
      const used = reader.take(16);
      for (let i = 0; i < 16; i++) if (used & (0x8000 >>> i)) this.#front[count++] = range * 16 + i;
    }
    return count === 0 ? damaged('a block without bytes') : count;
  }

  /** Which table each group of 50 symbols uses, move-to-front coded. */
  #readSelectors(reader: BitReader, tableCount: number): number {
    const count = reader.take(15);
    if (count === 0) damaged('no selectors');
    const order = [0, 1, 2, 3, 4, 5];
    for (let i = 0; i < count; i++) {
      let at = 0;
      while (reader.bit()) if (++at >= tableCount) damaged('a selector out of range');
      const [table] = order.splice(at, 1);
      order.unshift(table!);
      // More selectors than any block needs are legal and idle.
      if (i < MAX_SELECTORS) this.#selectors[i] = table!;
    }
    return Math.min(count, MAX_SELECTORS);
  }

  /** Code lengths, each coded as steps up and down from the one before. */
  #readTable(reader: BitReader, table: number, symbolCount: number): void {
    let bits = reader.take(5);
    for (let symbol = 0; symbol < symbolCount; symbol++) {
      for (;;) {
        if (bits < 1 || bits > MAX_CODE_BITS) damaged('a code length out of range');
        if (!reader.bit()) break;
        bits += reader.bit() ? -1 : 1;
      }
      this.#lengths[symbol] = bits;
    }
    this.#tables[table]!.build(this.#lengths, symbolCount);
  }

  /** Huffman symbols -> zero runs and move-to-front places -> bytes in `#chain`. @returns how many */
  #readSymbols(reader: BitReader, endSymbol: number, selectorCount: number, blockBytes: number): number {
    const chain = this.#chain;
    const front = this.#front;
    const counts = this.#counts.fill(0);
    let length = 0;
    let run = 0;
    let runUnit = 1;
    for (let group = 0; group < selectorCount; group++) {
      const table = this.#tables[this.#selectors[group]!]!;
      for (let left = GROUP_SYMBOLS; left > 0; left--) {
        const symbol = table.read(reader);
        if (symbol <= RUN_B) {
          if (symbol === RUN_A) run += runUnit;
          else run += runUnit * 2;
          runUnit *= 2;
          if (run > blockBytes) damaged('a run longer than the block');
          continue;
        }
        if (run > 0) {
          if (length + run > blockBytes) damaged('a block longer than it may be');
          chain.fill(front[0]!, length, length + run);
          counts[front[0]!]! += run;
          length += run;
          run = 0;
          runUnit = 1;
        }
        if (symbol === endSymbol) return length;
        if (length === blockBytes) damaged('a block longer than it may be');
        const at = symbol - 1;
        const byte = front[at]!;
        if (at < 32) for (let i = at; i > 0; i--) front[i] = front[i - 1]!;
        else front.copyWithin(1, 0, at);
        front[0] = byte;
        chain[length++] = byte;
        counts[byte]!++;
      }
    }
    return damaged('a block without an end');
  }

  /** Undo the Burrows-Wheeler sort: link each byte to the one after it. */
  #link(length: number): void {
    const chain = this.#chain;
    const counts = this.#counts;
    let sum = 0;
    for (let byte = 0; byte < 256; byte++) {
      const count = counts[byte]!;
      counts[byte] = sum;
      sum += count;
    }
    for (let i = 0; i < length; i++) {
      const byte = chain[i]! & 0xff;
      const place = counts[byte]!++;
      chain[place] = (chain[place]! | (i << 8)) >>> 0;
    }
  }

  /** Follow the links, expanding runs: after four equal bytes comes a count of more. */
  #unwind(start: number, length: number): Uint8Array[] {
    const chain = this.#chain;
    const pieces: Uint8Array[] = [];
    let piece = new Uint8Array(Math.min(PIECE_BYTES, length + 1024));
    let at = 0;
    let next = chain[start]! >>> 8;
    let previous = -1;
    let equal = 0;
    for (let i = 0; i < length; i++) {
      const entry = chain[next]!;
      const byte = entry & 0xff;
      next = entry >>> 8;
      if (at + 256 > piece.length) {
        pieces.push(piece.subarray(0, at));
        piece = new Uint8Array(PIECE_BYTES);
        at = 0;
      }
      if (equal === 4) {
        piece.fill(previous, at, at + byte);
        at += byte;
        equal = 0;
        previous = -1;
        continue;
      }
      equal = byte === previous ? equal + 1 : 1;
      previous = byte;
      piece[at++] = byte;
    }
    pieces.push(piece.subarray(0, at));
    return pieces;
  }
}
