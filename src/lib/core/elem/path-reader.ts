import { SEGMENT } from './batch.ts';
import type { WordListTable } from './tables.ts';

/** A segment counts its ASNs in one octet (RFC 4271 §4.3). */
const MAX_SEGMENT_ASNS = 255;
/** ASNs in one path: all that fits the largest BGP message (RFC 8654). */
const MAX_PATH_ASNS = 16_384;
const MAX_ASN = 0xffff_ffff;
/** What a reader returns for a path that is none. */
export const BAD_PATH = -1;

const TOKEN = /\s*(?:(\d{1,10})|([{}()[\],]))/y;
const OPENING: Readonly<Record<string, { type: number; close: string }>> = {
  '{': { type: SEGMENT.set, close: '}' },
  '(': { type: SEGMENT.confedSequence, close: ')' },
  '[': { type: SEGMENT.confedSet, close: ']' },
};

/** A 32-bit number as JSON number or as digits, or -1. */
export function u32OrBad(value: unknown): number {
  if (typeof value === 'number')
    return value >= 0 && value <= MAX_ASN && Number.isInteger(value) ? value : -1;
  if (typeof value !== 'string' || !/^\d{1,10}$/.test(value)) return -1;
  return Number(value) <= MAX_ASN ? Number(value) : -1;
}

/** Reads AS paths from JSON arrays and from text into a batch's path table; keeps its scratch space between calls. */
export class PathReader {
  #words = new Uint32Array(64);
  #length = 0;
  #asns = 0;
  /** Where the header of the open segment is; -1 when none is open. */
  #header = -1;

  /** `[3333, "1103", [64496, 64497]]`, an inner array being an AS_SET -> path index, or `BAD_PATH`. */
  array(hops: readonly unknown[], paths: WordListTable): number {
    this.#start();
    for (const hop of hops) {
      if (!Array.isArray(hop)) {
        if (!this.#asn(SEGMENT.sequence, hop)) return BAD_PATH;
        continue;
      }
      this.#header = -1;
      if (hop.length > MAX_SEGMENT_ASNS) return BAD_PATH;
      for (const asn of hop as unknown[]) if (!this.#asn(SEGMENT.set, asn)) return BAD_PATH;
      this.#header = -1;
    }
    return paths.intern(this.#words, 0, this.#length);
  }

  /** The text `formatPath` writes, `3333 1103 {64496,64497}` -> path index, or `BAD_PATH`. */
  text(text: string, paths: WordListTable): number {
    this.#start();
    let type: number = SEGMENT.sequence;
    let close = '';
    TOKEN.lastIndex = 0;
    const end = text.trimEnd().length;
    while (TOKEN.lastIndex < end) {
      const match = TOKEN.exec(text);
      if (!match) return BAD_PATH;
      const [, asn, mark] = match;
      const opened = mark === undefined || close !== '' ? undefined : OPENING[mark];
      if (asn !== undefined) {
        if (!this.#asn(type, asn)) return BAD_PATH;
      } else if (opened) {
        ({ type, close } = opened);
        this.#header = -1;
      } else if (mark === close) {
        type = SEGMENT.sequence;
        close = '';
        this.#header = -1;
      } else if (mark !== ',' || close === '') {
        return BAD_PATH;
      }
    }
    return close === '' ? paths.intern(this.#words, 0, this.#length) : BAD_PATH;
  }

  #start(): void {
    this.#length = this.#asns = 0;
    this.#header = -1;
  }

  #asn(type: number, value: unknown): boolean {
    const asn = u32OrBad(value);
    if (asn === -1 || ++this.#asns > MAX_PATH_ASNS) return false;
    if (this.#header === -1 || (this.#words[this.#header]! & 0xff) === MAX_SEGMENT_ASNS) {
      this.#header = this.#length;
      this.#add(type << 8);
    }
    this.#words[this.#header]!++;
    this.#add(asn);
    return true;
  }

  #add(word: number): void {
    if (this.#length === this.#words.length) {
      const grown = new Uint32Array(this.#words.length * 2);
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words[this.#length++] = word;
  }
}
