import { BgpError } from '../error.ts';

/**
 * Reads JSON (RFC 8259) piece by piece as it arrives, so that a body of a hundred megabytes never has to be in memory at
 * once nor parsed in one go. Tells a handler what it meets; allocates nothing per value. Checks the grammar except for
 * the finer points of numbers.
 */

/** Text is `bytes[0 .. length)`, UTF-8, unescaped, good until the call returns. Text beyond `MAX_TEXT_BYTES` is cut. */
export interface JsonHandler {
  objectStart(): void;
  objectEnd(): void;
  arrayStart(): void;
  arrayEnd(): void;
  key(bytes: Uint8Array, length: number): void;
  string(bytes: Uint8Array, length: number): void;
  /** As written, e.g. `-1.5e3`. */
  number(bytes: Uint8Array, length: number): void;
  /** `true`, `false` or `null`. */
  literal(value: boolean | null): void;
}

export const MAX_TEXT_BYTES = 4096;
const MAX_DEPTH = 32;

const IN = {
  value: 0,
  key: 1,
  firstKey: 2,
  firstValue: 3,
  colon: 4,
  after: 5,
  text: 6,
  escape: 7,
  number: 8,
  word: 9,
};

const WORDS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };
const ESCAPES: Readonly<Record<number, number>> = {
  98: 8,
  102: 12,
  110: 10,
  114: 13,
  116: 9,
  34: 34,
  47: 47,
  92: 92,
};

export class JsonScanner {
  readonly #handler: JsonHandler;
  readonly #maxBytes: number;
  #state = IN.value;
  #isKey = false;
  #read = 0;
  #depth = 0;
  /** Per open container: whether it is an object. */
  readonly #isObject = new Uint8Array(MAX_DEPTH);
  readonly #text = new Uint8Array(MAX_TEXT_BYTES);
  #length = 0;
  /** Hex digits of a \u escape still to come, and their value; 0 outside one. */
  #hexLeft = 0;
  #hex = 0;
  #highSurrogate = 0;

  constructor(handler: JsonHandler, maxBytes: number) {
    this.#handler = handler;
    this.#maxBytes = maxBytes;
  }

  /** Bytes taken so far. */
  get readBytes(): number {
    return this.#read;
  }

  /** @throws {BgpError} RPKI_BAD_JSON, RPKI_TOO_LARGE */
  push(bytes: Uint8Array): void {
    if (this.#read + bytes.length > this.#maxBytes) {
      throw new BgpError('RPKI_TOO_LARGE', `over ${this.#maxBytes} bytes of JSON`);
    }
    for (let at = 0; at < bytes.length;) {
      if (this.#state === IN.text) at = this.#plainText(bytes, at);
      else if (this.#state === IN.escape) this.#escape(bytes[at++]!);
      else if (this.#state === IN.number || this.#state === IN.word) at = this.#bare(bytes, at);
      else this.#structure(bytes[at++]!);
    }
    this.#read += bytes.length;
  }

  /** The body is complete. @throws {BgpError} RPKI_BAD_JSON when it is not */
  end(): void {
    if (this.#state === IN.number || this.#state === IN.word) this.#endBare();
    if (this.#depth > 0 || this.#state !== IN.after) throw this.#error('ends early');
  }

  #error(detail: string): BgpError {
    return new BgpError('RPKI_BAD_JSON', `${detail} (near byte ${this.#read})`);
  }

  #structure(byte: number): void {
    if (byte === 32 || byte === 10 || byte === 13 || byte === 9) return;
    const state = this.#state;
    if (state === IN.after) this.#afterValue(byte);
    else if (state === IN.colon) {
      if (byte !== 58) throw this.#error('no colon after a key');
      this.#state = IN.value;
    } else if (byte === 125 && state === IN.firstKey) this.#close(true);
    else if (byte === 93 && state === IN.firstValue) this.#close(false);
    else if (state === IN.key || state === IN.firstKey) {
      if (byte !== 34) throw this.#error('no key');
      this.#startText(true);
    } else this.#startValue(byte);
  }

  #startValue(byte: number): void {
    if (byte === 34) this.#startText(false);
    else if (byte === 123) this.#open(true);
    else if (byte === 91) this.#open(false);
    else if (byte === 45 || (byte >= 48 && byte <= 57) || byte === 116 || byte === 102 || byte === 110) {
      this.#length = 0;
      this.#put(byte);
      this.#state = byte >= 97 ? IN.word : IN.number;
    } else throw this.#error('no value');
  }

  #afterValue(byte: number): void {
    if (this.#depth === 0) throw this.#error('more than one value');
    const isObject = this.#isObject[this.#depth - 1] === 1;
    if (byte === 44) this.#state = isObject ? IN.key : IN.value;
    else if (byte === (isObject ? 125 : 93)) this.#close(isObject);
    else throw this.#error('neither comma nor end');
  }

  #open(isObject: boolean): void {
    if (this.#depth === MAX_DEPTH) throw this.#error('nested too deep');
    this.#isObject[this.#depth++] = isObject ? 1 : 0;
    this.#state = isObject ? IN.firstKey : IN.firstValue;
    if (isObject) this.#handler.objectStart();
    else this.#handler.arrayStart();
  }

  #close(isObject: boolean): void {
    this.#depth--;
    this.#state = IN.after;
    if (isObject) this.#handler.objectEnd();
    else this.#handler.arrayEnd();
  }

  #startText(isKey: boolean): void {
    this.#isKey = isKey;
    this.#length = 0;
    this.#highSurrogate = 0;
    this.#state = IN.text;
  }

  #plainText(bytes: Uint8Array, from: number): number {
    const text = this.#text;
    let length = this.#length;
    let at = from;
    for (; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte === 34 || byte === 92) break;
      if (byte < 32) throw this.#error('control character in a string');
      if (length < MAX_TEXT_BYTES) text[length++] = byte;
    }
    this.#length = length;
    if (at === bytes.length) return at;
    if (bytes[at] === 92) {
      this.#state = IN.escape;
    } else {
      this.#state = this.#isKey ? IN.colon : IN.after;
      if (this.#isKey) this.#handler.key(text, length);
      else this.#handler.string(text, length);
    }
    return at + 1;
  }

  #put(byte: number): void {
    if (this.#length < MAX_TEXT_BYTES) this.#text[this.#length++] = byte;
  }

  #escape(byte: number): void {
    if (this.#hexLeft > 0) {
      const digit = hexDigit(byte);
      if (digit === -1) throw this.#error('bad \\u escape');
      this.#hex = this.#hex * 16 + digit;
      if (--this.#hexLeft > 0) return;
      this.#putUnit(this.#hex);
    } else if (byte === 117) {
      this.#hexLeft = 4;
      this.#hex = 0;
      return;
    } else {
      const char = ESCAPES[byte];
      if (char === undefined) throw this.#error('bad escape');
      this.#put(char);
    }
    this.#state = IN.text;
  }

  /** A UTF-16 unit as UTF-8. Halves of surrogate pairs that do not belong together become U+FFFD. */
  #putUnit(unit: number): void {
    if (unit >= 0xd800 && unit < 0xdc00) {
      this.#highSurrogate = unit;
      return;
    }
    const isLow = unit >= 0xdc00 && unit < 0xe000;
    const high = this.#highSurrogate;
    this.#highSurrogate = 0;
    const code = !isLow ? unit : high === 0 ? 0xfffd : 0x1_0000 + ((high - 0xd800) << 10) + (unit - 0xdc00);
    if (code < 0x80) {
      this.#put(code);
      return;
    }
    if (code < 0x800) this.#put(0xc0 | (code >> 6));
    else {
      if (code < 0x1_0000) this.#put(0xe0 | (code >> 12));
      else {
        this.#put(0xf0 | (code >> 18));
        this.#put(0x80 | ((code >> 12) & 0x3f));
      }
      this.#put(0x80 | ((code >> 6) & 0x3f));
    }
    this.#put(0x80 | (code & 0x3f));
  }

  /** A number or a word: all up to the next mark. */
  #bare(bytes: Uint8Array, from: number): number {
    let at = from;
    for (; at < bytes.length; at++) {
      const byte = bytes[at]!;
      const isPart =
        (byte >= 48 && byte <= 57) ||
        (byte >= 97 && byte <= 122) ||
        byte === 46 ||
        byte === 43 ||
        byte === 45 ||
        byte === 69;
      if (!isPart) break;
      this.#put(byte);
    }
    if (at < bytes.length) this.#endBare();
    return at;
  }

  #endBare(): void {
    const wasWord = this.#state === IN.word;
    this.#state = IN.after;
    if (!wasWord) {
      if (!isNumber(this.#text, this.#length)) throw this.#error('bad number');
      this.#handler.number(this.#text, this.#length);
      return;
    }
    const value = WORDS[asciiText(this.#text, this.#length)];
    if (value === undefined) throw this.#error('bad word');
    this.#handler.literal(value);
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

function isNumber(text: Uint8Array, length: number): boolean {
  if (text[0] !== 48 && readDigits(text, length) !== -1) return true;
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(asciiText(text, length));
}

/** The number `text[0 .. length)` writes in one to fifteen digits, or -1 when it is anything else. */
export function readDigits(text: Uint8Array, length: number, from = 0): number {
  if (length === from || length - from > 15) return -1;
  let value = 0;
  for (let i = from; i < length; i++) {
    const digit = text[i]! - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** `text[0 .. length)` byte by byte; what is not ASCII comes out wrong, which is fine for what is compared with ASCII. */
export function asciiText(text: Uint8Array, length: number): string {
  let out = '';
  for (let i = 0; i < length; i++) out += String.fromCharCode(text[i]!);
  return out;
}
