import { BgpError } from '../error.ts';
import { BitReader, NEED_MORE } from './bits.ts';
import { BlockDecoder } from './block.ts';

const LEVEL_BYTES = 100_000;
/** A block is tried when this much more than its size before compression is there, so that hardly any is tried twice. */
const SPARE_BYTES = 24 * 1024;
/** More input to gather after a block turned out to be longer than expected. */
const MORE_BYTES = 256 * 1024;
/** 900,000 symbols of 20 bits and the tables: no block is longer. */
const MAX_BLOCK_INPUT_BYTES = 2_400_000;

/**
 * Decompresses bzip2 pushed in chunks of any size; several streams on end are one. Output comes block by block, each
 * checked against its CRC first, so that everything handed over is good. Memory: one block.
 *
 * Bytes after a stream that do not start another one are ignored, as bzip2 does.
 */
export class Bzip2Decoder {
  readonly #onBytes: (bytes: Uint8Array) => void;
  readonly #reader = new BitReader();
  readonly #block = new BlockDecoder();
  /** `#reader.bytes` with its own backing; grows up to a block. */
  #buffer = new Uint8Array(0);
  #blockBytes = 0;
  #streamCrc = 0;
  #wantedBytes = 4;
  #hadStream = false;
  #isOver = false;

  constructor(onBytes: (bytes: Uint8Array) => void) {
    this.#onBytes = onBytes;
  }

  /** @throws {BgpError} FILE_DAMAGED */
  push(chunk: Uint8Array): void {
    if (this.#isOver) return;
    this.#append(chunk);
    this.#run(false);
  }

  /** No more chunks. @throws {BgpError} FILE_DAMAGED, also when the input was cut short */
  end(): void {
    this.#run(true);
    if (this.#isOver) return;
    const isBetweenStreams = this.#blockBytes === 0 && this.#reader.at === this.#reader.end;
    if (!isBetweenStreams) throw new BgpError('FILE_DAMAGED', 'bzip2: unexpected end of input');
  }

  #append(chunk: Uint8Array): void {
    const reader = this.#reader;
    const left = reader.end - reader.at;
    if (reader.end + chunk.length > this.#buffer.length) {
      const target =
        left + chunk.length > this.#buffer.length ? new Uint8Array(left * 2 + chunk.length) : this.#buffer;
      target.set(this.#buffer.subarray(reader.at, reader.end));
      this.#buffer = reader.bytes = target;
      reader.at = 0;
      reader.end = left;
    }
    this.#buffer.set(chunk, reader.end);
    reader.end += chunk.length;
  }

  #run(isLast: boolean): void {
    const reader = this.#reader;
    while (!this.#isOver && (isLast || reader.end - reader.at >= this.#wantedBytes)) {
      const { at, hold, held } = reader;
      try {
        this.#step();
      } catch (error) {
        if (error !== NEED_MORE) throw error;
        Object.assign(reader, { at, hold, held });
        if (isLast) return;
        this.#wantedBytes = reader.end - at + MORE_BYTES;
        if (this.#wantedBytes > MAX_BLOCK_INPUT_BYTES + MORE_BYTES) {
          throw new BgpError('FILE_DAMAGED', 'bzip2: a block without an end');
        }
      }
    }
  }

  /** A stream header, a block, or the end of a stream. */
  #step(): void {
    const reader = this.#reader;
    if (this.#blockBytes === 0) return this.#startStream();
    const magic = reader.take(24) * 0x100_0000 + reader.take(24);
    if (magic === 0x3141_5926_5359) {
      const { pieces, crc } = this.#block.decode(reader, this.#blockBytes);
      this.#streamCrc = ((this.#streamCrc << 1) | (this.#streamCrc >>> 31)) ^ crc;
      this.#wantedBytes = this.#blockBytes + SPARE_BYTES;
      for (const piece of pieces) this.#onBytes(piece);
    } else if (magic === 0x1772_4538_5090) {
      if (reader.take32() !== this.#streamCrc >>> 0)
        throw new BgpError('FILE_DAMAGED', 'bzip2: the stream fails its CRC');
      reader.align();
      this.#blockBytes = this.#streamCrc = 0;
      this.#wantedBytes = 4;
    } else {
      throw new BgpError('FILE_DAMAGED', 'bzip2: neither a block nor the end of the stream');
    }
  }

  #startStream(): void {
    const reader = this.#reader;
    const magic = reader.take(24);
    const level = reader.take(8) - 0x30;
    if (magic !== 0x42_5a68 || level < 1 || level > 9) {
      if (!this.#hadStream) throw new BgpError('FILE_DAMAGED', 'not bzip2');
      this.#isOver = true;
      return;
    }
    this.#hadStream = true;
    this.#blockBytes = level * LEVEL_BYTES;
    this.#wantedBytes = this.#blockBytes + SPARE_BYTES;
  }
}
