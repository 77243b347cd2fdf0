import { BgpError } from '../error.ts';
import { ORIGIN, SEGMENT } from '../elem/batch.ts';
import type { WordListTable } from '../elem/tables.ts';

/** A JSON object nobody has checked yet. */
export type Unchecked = Readonly<Record<string, unknown>>;

const MAX_U32 = 0xffff_ffff;
/** Year 2242: whatever lies beyond is not Unix seconds (milliseconds, most likely). */
const MAX_TIME_S = 0x2_0000_0000;
const MAX_SEGMENT_ASNS = 255;
/** ASNs in one path: all that fits the largest BGP message (RFC 8654). */
const MAX_PATH_ASNS = 16_384;
const MAX_COMMUNITIES = 16_384;

/** @throws {BgpError} RIS_BAD_MESSAGE */
export function bad(detail: string): never {
  throw new BgpError('RIS_BAD_MESSAGE', detail);
}

export function isObject(value: unknown): value is Unchecked {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Float seconds -> microseconds, integral. @throws {BgpError} RIS_BAD_MESSAGE */
export function timestampUs(value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0 && value < MAX_TIME_S))
    return bad('timestamp is no Unix time');
  return Math.round(value * 1e6);
}

/** A number of 32 bits, as JSON number or as digits in a string. @throws {BgpError} RIS_BAD_MESSAGE */
export function u32(value: unknown, name: string): number {
  if (typeof value === 'number' && value >= 0 && value <= MAX_U32 && Number.isInteger(value)) return value;
  if (typeof value === 'string' && /^\d{1,10}$/.test(value) && Number(value) <= MAX_U32) return Number(value);
  return bad(`${name} is no 32-bit number`);
}

/** An array, or empty when absent or null (captures before 2024 leave empty arrays out). @throws {BgpError} RIS_BAD_MESSAGE */
export function arrayOf(value: unknown, name: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as unknown[]) : bad(`${name} is no array`);
}

/** `IGP`, older `igp` -> `ORIGIN` value; absent -> none. @throws {BgpError} RIS_BAD_MESSAGE */
export function originOf(value: unknown): number {
  switch (value) {
    case 'IGP':
    case 'igp':
      return ORIGIN.igp;
    case 'INCOMPLETE':
    case 'incomplete':
      return ORIGIN.incomplete;
    case 'EGP':
    case 'egp':
      return ORIGIN.egp;
    case undefined:
    case null:
    case '':
      return ORIGIN.none;
    default:
      return bad('origin is none of IGP, EGP, INCOMPLETE');
  }
}

/** Interns the lists of a RIS Live UPDATE; keeps the scratch space they are put together in. */
export class ListReader {
  #words = new Uint32Array(64);
  #length = 0;

  /** `[3333, 1103, [64496, 64497]]` -> path index; an inner array is an AS_SET. @throws {BgpError} RIS_BAD_MESSAGE */
  path(value: unknown, paths: WordListTable): number {
    const hops = arrayOf(value, 'path');
    if (hops.length > MAX_PATH_ASNS) bad('path is too long');
    this.#length = 0;
    let header = -1;
    for (const hop of hops) {
      if (Array.isArray(hop)) {
        header = -1;
        this.#set(hop as unknown[]);
        continue;
      }
      // A segment counts its ASNs in one octet (RFC 4271 §4.3).
      if (header === -1 || (this.#words[header]! & 0xff) === MAX_SEGMENT_ASNS) {
        header = this.#length;
        this.#add(SEGMENT.sequence << 8);
      }
      this.#words[header]!++;
      this.#add(u32(hop, 'path element'));
    }
    return paths.intern(this.#words, 0, this.#length);
  }

  #set(asns: readonly unknown[]): void {
    if (asns.length > MAX_SEGMENT_ASNS) bad('AS_SET is too long');
    if (asns.length === 0) return;
    this.#add((SEGMENT.set << 8) | asns.length);
    for (const asn of asns) this.#add(u32(asn, 'path element'));
  }

  /** `[[3333, 100], …]` -> community list index. @throws {BgpError} RIS_BAD_MESSAGE */
  communities(value: unknown, communities: WordListTable): number {
    const pairs = arrayOf(value, 'community');
    if (pairs.length > MAX_COMMUNITIES) bad('community is too long');
    this.#length = 0;
    for (const pair of pairs) {
      if (!Array.isArray(pair) || pair.length !== 2) bad('a community is no pair');
      const [high, low] = pair as [unknown, unknown];
      if (!isU16(high) || !isU16(low)) bad('a community is no pair of 16-bit numbers');
      this.#add(((high << 16) | low) >>> 0);
    }
    return communities.intern(this.#words, 0, this.#length);
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

function isU16(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 0xffff && Number.isInteger(value);
}
