import { BgpError } from '../error.ts';
import { ORIGIN } from '../elem/batch.ts';
import { u32OrBad } from '../elem/path-reader.ts';
import type { WordListTable } from '../elem/tables.ts';

/** A JSON object nobody has checked yet. */
export type Unchecked = Readonly<Record<string, unknown>>;

/** Year 2242: whatever lies beyond is not Unix seconds (milliseconds, most likely). */
const MAX_TIME_S = 0x2_0000_0000;
/** More than fit the largest BGP message (RFC 8654). */
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
  const number = u32OrBad(value);
  return number === -1 ? bad(`${name} is no 32-bit number`) : number;
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

/** `[[3333, 100], …]` -> community list index. @throws {BgpError} RIS_BAD_MESSAGE */
export function communitiesOf(value: unknown, communities: WordListTable): number {
  const pairs = arrayOf(value, 'community');
  if (pairs.length === 0) return 0;
  if (pairs.length > MAX_COMMUNITIES) bad('community is too long');
  const words = new Uint32Array(pairs.length);
  for (const [i, pair] of pairs.entries()) {
    const [high, low] = Array.isArray(pair) && pair.length === 2 ? (pair as [unknown, unknown]) : [];
    if (!isU16(high) || !isU16(low)) return bad('a community is no pair of 16-bit numbers');
    words[i] = (high << 16) | low;
  }
  return communities.intern(words, 0, words.length);
}

function isU16(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 0xffff && Number.isInteger(value);
}
