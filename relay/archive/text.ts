import type { ElemBatch, WordLists } from '#core/elem/batch.ts';
import { SEGMENT } from '#core/elem/batch.ts';
import { formatPath } from '#core/elem/path.ts';
import { PathReader } from '#core/elem/path-reader.ts';
import { formatCommunity, formatExtCommunity, listWords } from '#core/elem/row.ts';
import { WordListTable } from '#core/elem/tables.ts';
import { formatV4, tryParseAddress } from '#core/prefix/address.ts';

/**
 * Texts of the archive's columns and back. Each `format…` has a `parse…` that gives the same words again; where the common
 * text form would not, the format falls back to hex, or to NULL beside `path_raw`.
 */

const reader = new PathReader();
const scratch = new WordListTable();

/** Path `index` as text, and its words besides when reading the text would give others (odd segmentation). */
export function formatPathExact(paths: WordLists, index: number): { text: string; raw: string | null } {
  const text = formatPath(paths, index);
  const words = listWords(paths, index);
  return { text, raw: isOneSequence(words) || isSame(text, words) ? null : words.join(' ') };
}

/** Nearly every path: no need to read the text back. */
function isOneSequence(words: Uint32Array): boolean {
  if (words.length === 0) return true;
  const count = words[0]! & 0xff;
  return words[0]! >>> 8 === SEGMENT.sequence && count > 0 && words.length === count + 1;
}

function isSame(text: string, words: Uint32Array): boolean {
  const index = reader.text(text, scratch);
  const read = scratch.take();
  if (index < 0) return false;
  const again = listWords(read, index);
  return again.length === words.length && again.every((word, i) => word === words[i]);
}

/** Words apart by spaces: `path_raw`, and the label stacks outermost first. */
export function parseWords(text: string): Uint32Array {
  return text === '' ? new Uint32Array(0) : Uint32Array.from(text.split(' '), Number);
}

/** RFC 1997 communities as `asn:value`, apart by spaces; null when there are none. */
export function formatCommunities(lists: WordLists, index: number): string | null {
  return index === 0 ? null : Array.from(listWords(lists, index), formatCommunity).join(' ');
}

export function parseCommunities(text: string): Uint32Array {
  return Uint32Array.from(text.split(' '), (one) => {
    const colon = one.indexOf(':');
    return ((Number(one.slice(0, colon)) << 16) | Number(one.slice(colon + 1))) >>> 0;
  });
}

/** RFC 4360 communities as `rt:65000:100`, `soo:…` or `0x` and 16 hex digits, apart by spaces; null when there are none. */
export function formatExtCommunities(lists: WordLists, index: number): string | null {
  if (index === 0) return null;
  const words = listWords(lists, index);
  const texts: string[] = [];
  for (let at = 0; at + 1 < words.length; at += 2) texts.push(formatExt(words[at]!, words[at + 1]!));
  return texts.join(' ');
}

function formatExt(high: number, low: number): string {
  const text = formatExtCommunity(high, low);
  const [readHigh, readLow] = parseExt(text);
  // A four-byte ASN that would fit two bytes reads like the two-byte form.
  return readHigh === high && readLow === low ? text : `0x${hex(high)}${hex(low)}`;
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}

function parseExt(text: string): [number, number] {
  if (text.startsWith('0x')) return [parseInt(text.slice(2, 10), 16), parseInt(text.slice(10), 16)];
  const [kind, administrator, value] = text.split(':');
  const subtype = kind === 'rt' ? 2 : 3;
  const number = Number(value);
  const asn = Number(administrator);
  if (administrator!.includes('.'))
    return words48(1, subtype, tryParseAddress(administrator!)!.words[0], number);
  return asn <= 0xffff ? [((subtype << 16) | asn) >>> 0, number] : words48(2, subtype, asn, number);
}

/** Type, subtype, four bytes and two. */
function words48(type: number, subtype: number, middle: number, last: number): [number, number] {
  return [((type << 24) | (subtype << 16) | (middle >>> 16)) >>> 0, ((middle << 16) | last) >>> 0];
}

export function parseExtCommunities(text: string): Uint32Array {
  return Uint32Array.from(text.split(' ').flatMap(parseExt));
}

/** RFC 8092 communities as `a:b:c`, apart by spaces; null when there are none. */
export function formatLargeCommunities(lists: WordLists, index: number): string | null {
  if (index === 0) return null;
  const words = listWords(lists, index);
  const texts: string[] = [];
  for (let at = 0; at + 2 < words.length; at += 3)
    texts.push(`${words[at]}:${words[at + 1]}:${words[at + 2]}`);
  return texts.join(' ');
}

export function parseLargeCommunities(text: string): Uint32Array {
  return Uint32Array.from(text.split(' ').flatMap((one) => one.split(':').map(Number)));
}

/** AGGREGATOR as `asn address`. */
export function formatAggregator(asn: number, address: number): string {
  return `${asn} ${formatV4(address)}`;
}

export function parseAggregator(text: string): { asn: number; address: number } {
  const space = text.indexOf(' ');
  return { asn: Number(text.slice(0, space)), address: tryParseAddress(text.slice(space + 1))!.words[0] };
}

/** Label stack as numbers, outermost first; null for the empty stack. */
export function formatLabels(batch: ElemBatch, index: number): string | null {
  return index === 0 ? null : listWords(batch.labelStacks, index).join(' ');
}

/** Route distinguisher, the inverse of `formatRd`: two words. */
export function parseRd(text: string): [number, number] {
  if (text.startsWith('0x')) return [parseInt(text.slice(2, 10), 16), parseInt(text.slice(10), 16)];
  const colon = text.lastIndexOf(':');
  const administrator = text.slice(0, colon);
  const number = Number(text.slice(colon + 1));
  if (administrator.includes('.')) return words48(0, 1, tryParseAddress(administrator)!.words[0], number);
  const asn = Number(administrator.replace('L', ''));
  return administrator.endsWith('L') || asn > 0xffff ? words48(0, 2, asn, number) : [asn, number];
}
