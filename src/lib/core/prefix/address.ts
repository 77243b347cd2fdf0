import { BgpError } from '../error.ts';

/** An IP address as four big-endian 32-bit words; IPv4 uses word 0 only. The shape of an `AddressTable` entry. */
export interface Address {
  readonly isV6: boolean;
  readonly words: readonly [number, number, number, number];
}

const MAX_TEXT = 64;

/** IPv4 or IPv6 text -> address, or null. IPv6 as RFC 4291 §2.2, embedded IPv4 included, zone ids refused. */
export function tryParseAddress(text: string): Address | null {
  if (text.length > MAX_TEXT) return null;
  return text.includes(':') ? parseV6(text) : parseV4(text);
}

/** @throws {BgpError} ADDRESS_BAD */
export function parseAddress(text: string): Address {
  const address = tryParseAddress(text);
  if (!address) throw new BgpError('ADDRESS_BAD', `"${text.slice(0, MAX_TEXT)}" is not an IP address`);
  return address;
}

function v4Word(text: string): number | null {
  let word = 0;
  let octets = 0;
  let digits = 0;
  let value = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i === text.length ? 46 : text.charCodeAt(i);
    if (code === 46) {
      if (digits === 0 || value > 255) return null;
      word = word * 256 + value;
      octets++;
      digits = value = 0;
    } else {
      if (code < 48 || code > 57 || ++digits > 3) return null;
      value = value * 10 + code - 48;
    }
  }
  return octets === 4 ? word : null;
}

function parseV4(text: string): Address | null {
  const word = v4Word(text);
  return word === null ? null : { isV6: false, words: [word, 0, 0, 0] };
}

function parseV6(text: string): Address | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = groups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? groups(halves[1]!, true) : [];
  if (!head || !tail) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const all = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const word = (i: number): number => ((all[i]! << 16) | all[i + 1]!) >>> 0;
  return { isV6: true, words: [word(0), word(2), word(4), word(6)] };
}

/** The 16-bit groups of one side of `::`; an embedded IPv4 address may close the text. */
function groups(text: string, isLast: boolean): number[] | null {
  if (text === '') return [];
  const parts = text.split(':');
  if (parts.length > 8) return null;
  const out: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) {
      out.push(parseInt(part, 16));
    } else if (isLast && i === parts.length - 1 && part.includes('.')) {
      const word = v4Word(part);
      if (word === null) return null;
      out.push(word >>> 16, word & 0xffff);
    } else {
      return null;
    }
  }
  return out;
}

/** The address at `words[at .. at + 4)` as text: dotted quad, or IPv6 by RFC 5952 §4. */
export function formatAddress(isV6: boolean, words: ArrayLike<number>, at = 0): string {
  return isV6 ? formatV6(words, at) : formatV4(words[at]!);
}

export function formatV4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 0xff}.${(word >>> 8) & 0xff}.${word & 0xff}`;
}

function formatV6(words: ArrayLike<number>, at: number): string {
  const group = (i: number): number =>
    i & 1 ? words[at + (i >> 1)]! & 0xffff : words[at + (i >> 1)]! >>> 16;
  // RFC 5952 §5: IPv4-mapped addresses keep the dotted quad.
  if (words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0xffff)
    return `::ffff:${formatV4(words[at + 3]!)}`;
  let bestStart = -1;
  let bestLength = 1; // §4.2.2: one group alone is not shortened
  for (let i = 0; i < 8;) {
    let end = i;
    while (end < 8 && group(end) === 0) end++;
    if (end - i > bestLength) {
      bestStart = i;
      bestLength = end - i;
    }
    i = Math.max(end, i + 1);
  }
  let text = '';
  for (let i = 0; i < 8;) {
    if (i === bestStart) {
      text += '::';
      i += bestLength;
      continue;
    }
    if (text !== '' && !text.endsWith(':')) text += ':';
    text += group(i).toString(16);
    i++;
  }
  return text;
}
