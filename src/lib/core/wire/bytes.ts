import { BgpError } from '../error.ts';

/** Most bytes a varint may take: 5 for 32 bits, 8 for 53. */
const MAX_SHIFT_53 = 49;

/** Growable byte sink. Integers of more than one byte are big-endian; varints are LEB128. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #at = 0;

  constructor(capacity = 16_384) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#at;
  }

  #grow(needed: number): void {
    const next = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    next.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = next;
  }

  u8(value: number): void {
    if (this.#at === this.#bytes.length) this.#grow(this.#at + 1);
    this.#bytes[this.#at++] = value;
  }

  /** Unsigned LEB128 of a 32-bit number. */
  varint(value: number): void {
    let at = this.#at;
    if (at + 5 > this.#bytes.length) this.#grow(at + 5);
    const bytes = this.#bytes;
    let rest = value >>> 0;
    while (rest > 0x7f) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.#at = at;
  }

  /** Unsigned LEB128 of an integer up to 2^53 - 1. */
  varint53(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.u8((rest % 128) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.u8(rest);
  }

  bytes(source: Uint8Array): void {
    if (this.#at + source.length > this.#bytes.length) this.#grow(this.#at + source.length);
    this.#bytes.set(source, this.#at);
    this.#at += source.length;
  }

  /** What was written, in a buffer of its own; the writer is empty afterwards and keeps its capacity. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#at);
    this.#at = 0;
    return taken;
  }
}

/** Reads what `ByteWriter` wrote from bytes nobody vouches for. @throws {BgpError} WIRE_BAD_FRAME from every method */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    // A plain view even of a Node Buffer: one kind of array keeps the reads fast.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    if (this.#at >= this.#bytes.length) throw this.error('ends early');
    return this.#bytes[this.#at++]!;
  }

  varint(): number {
    const bytes = this.#bytes;
    const first = bytes[this.#at];
    if (first !== undefined && first < 0x80) {
      this.#at++;
      return first;
    }
    return this.#longVarint();
  }

  #longVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw this.error('varint over 32 bits');
  }

  varint53(): number {
    let value = 0;
    let unit = 1;
    for (let shift = 0; shift <= MAX_SHIFT_53; shift += 7) {
      const byte = this.u8();
      value += (byte & 0x7f) * unit;
      unit *= 128;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
    }
    throw this.error('varint over 53 bits');
  }

  /** The number of entries that follow: at most `max`, and each takes a byte at least. */
  count(max: number, what: string): number {
    const count = this.varint();
    if (count > max || count > this.left) throw this.error(`${count} ${what}`);
    return count;
  }

  /** The next `length` bytes, as a view. */
  bytes(length: number): Uint8Array {
    if (length > this.left) throw this.error('ends early');
    const at = this.#at;
    this.#at += length;
    return this.#bytes.subarray(at, at + length);
  }

  /** The error to throw, with the place. */
  error(detail: string): BgpError {
    return new BgpError('WIRE_BAD_FRAME', `${detail} (byte ${this.#at})`);
  }
}

/** UTF-8 bytes of `text` (RFC 3629); a lone surrogate becomes U+FFFD. Core has no TextEncoder. */
export function encodeUtf8(text: string): Uint8Array {
  const writer = new ByteWriter(text.length * 3);
  for (const char of text) {
    let code = char.codePointAt(0)!;
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
    if (code < 0x80) {
      writer.u8(code);
      continue;
    }
    if (code < 0x800) {
      writer.u8(0xc0 | (code >> 6));
    } else {
      if (code < 0x1_0000) {
        writer.u8(0xe0 | (code >> 12));
      } else {
        writer.u8(0xf0 | (code >> 18));
        writer.u8(0x80 | ((code >> 12) & 0x3f));
      }
      writer.u8(0x80 | ((code >> 6) & 0x3f));
    }
    writer.u8(0x80 | (code & 0x3f));
  }
  return writer.take();
}

/** Smallest code point that needs so many continuation bytes: anything below is overlong. */
const LEAST: readonly number[] = [0, 0x80, 0x800, 0x1_0000];

/** Text of UTF-8 bytes, or null if they are not well-formed (RFC 3629 §3). */
export function decodeUtf8(bytes: Uint8Array): string | null {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at++]!;
    const more = lead < 0x80 ? 0 : lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : -1;
    if (more < 0 || lead > 0xf7) return null;
    let code = more === 0 ? lead : lead & (0x3f >> more);
    for (let i = 0; i < more; i++) {
      const byte = bytes[at++];
      if (byte === undefined || byte >> 6 !== 2) return null;
      code = (code << 6) | (byte & 0x3f);
    }
    if (code < LEAST[more]! || code > 0x10_ffff || (code >= 0xd800 && code <= 0xdfff)) return null;
    text += String.fromCodePoint(code);
  }
  return text;
}
