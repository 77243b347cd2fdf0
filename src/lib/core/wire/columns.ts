import type { ByteReader, ByteWriter } from './bytes.ts';

/** How columns of numbers are written (docs/wire.md §6). */

const PLAIN = 0;
const SAME = 1;

/** A column of numbers: one value for all, or a varint each. */
export function encodeColumn(writer: ByteWriter, values: ArrayLike<number>, length: number): void {
  if (length === 0) return;
  const first = values[0]!;
  let i = 1;
  while (i < length && values[i] === first) i++;
  if (i === length) {
    writer.u8(SAME);
    writer.varint(first);
    return;
  }
  writer.u8(PLAIN);
  for (let k = 0; k < length; k++) writer.varint(values[k]!);
}

/** @param max largest value allowed */
export function decodeColumn<T extends Uint8Array | Uint16Array | Uint32Array>(
  reader: ByteReader,
  column: T,
  max: number,
): T {
  if (column.length === 0) return column;
  const mode = reader.u8();
  if (mode === SAME) {
    const value = reader.varint();
    if (value > max) throw reader.error(`${value} over ${max}`);
    return column.fill(value) as T;
  }
  if (mode !== PLAIN) throw reader.error(`column mode ${mode}`);
  for (let i = 0; i < column.length; i++) {
    const value = reader.varint();
    if (value > max) throw reader.error(`${value} over ${max}`);
    column[i] = value;
  }
  return column;
}

/** Words that hardly repeat, byte plane after byte plane, most significant first: one value for all, or a byte each. */
export function encodePlanes(writer: ByteWriter, words: Uint32Array): void {
  if (words.length === 0) return;
  for (let shift = 24; shift >= 0; shift -= 8) {
    const first = (words[0]! >>> shift) & 0xff;
    if (words.every((word) => ((word >>> shift) & 0xff) === first)) {
      writer.u8(SAME);
      writer.u8(first);
      continue;
    }
    writer.u8(PLAIN);
    for (const word of words) writer.u8((word >>> shift) & 0xff);
  }
}

/** @param length words expected; the caller has bounded it */
export function decodePlanes(reader: ByteReader, length: number): Uint32Array {
  const words = new Uint32Array(length);
  for (let shift = 24; length > 0 && shift >= 0; shift -= 8) {
    const mode = reader.u8();
    if (mode > SAME) throw reader.error(`plane mode ${mode}`);
    const same = mode === SAME ? reader.u8() : 0;
    for (let i = 0; i < length; i++) words[i]! |= (mode === SAME ? same : reader.u8()) << shift;
  }
  return words;
}

/**
 * A column of indexes into a table whose entries were interned in the order of this column, so most entries are either
 * the next one never used before (written 0) or one used already (written index + 1).
 */
export class FreshEncoder {
  #next: number;

  constructor(next = 0) {
    this.#next = next;
  }

  code(index: number): number {
    if (index === this.#next) {
      this.#next++;
      return 0;
    }
    if (index > this.#next) this.#next = index + 1;
    return index + 1;
  }
}

export class FreshDecoder {
  #next: number;
  readonly #reader: ByteReader;
  readonly #length: number;

  /** @param length entries in the table the indexes point into */
  constructor(reader: ByteReader, length: number, next = 0) {
    this.#reader = reader;
    this.#length = length;
    this.#next = next;
  }

  index(code: number): number {
    const index = code === 0 ? this.#next : code - 1;
    if (index >= this.#length) throw this.#reader.error(`index ${index} of ${this.#length}`);
    if (index >= this.#next) this.#next = index + 1;
    return index;
  }
}
