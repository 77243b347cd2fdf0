import { SEGMENT } from '../elem/batch.ts';

/** ASNs of a path that edit distances look at: what is longer is prepending, and the work grows with the square. */
export const MAX_EDIT_ASNS = 256;
/** Up to here pairs are compared, beyond a sorted copy is made. */
const FEW = 32;

/**
 * The ASNs of the AS_SEQUENCE segments of the path in `words[from .. to)`, in order, prepends included. AS_SETs and
 * confederations are left out. Usually a view on `words`; a copy where the path has several segments.
 */
export function sequenceAsns(words: Uint32Array, from: number, to: number): Uint32Array {
  if (from === to) return words.subarray(from, from);
  const header = words[from]!;
  if (header >>> 8 === SEGMENT.sequence && from + 1 + (header & 0xff) === to)
    return words.subarray(from + 1, to);
  const asns: number[] = [];
  for (let at = from; at < to;) {
    const next = at + 1 + (words[at]! & 0xff);
    if (words[at]! >>> 8 === SEGMENT.sequence)
      for (let i = at + 1; i < next && i < to; i++) asns.push(words[i]!);
    at = next;
  }
  return Uint32Array.from(asns);
}

/** The distinct ones of `asns`, in no particular order, written to the start of `out`, which is grown if it must be. */
export function distinctAsns(asns: Uint32Array, out: AsnScratch): number {
  const { length } = asns;
  const kept = out.room(length);
  if (length > FEW) return distinctOfMany(asns, kept);
  let count = 0;
  for (let i = 0; i < length; i++) {
    const asn = asns[i]!;
    let at = 0;
    while (at < count && kept[at] !== asn) at++;
    if (at === count) kept[count++] = asn;
  }
  return count;
}

function distinctOfMany(asns: Uint32Array, kept: Uint32Array): number {
  const sorted = asns.slice().sort();
  let count = 0;
  for (let i = 0; i < sorted.length; i++)
    if (i === 0 || sorted[i] !== sorted[i - 1]) kept[count++] = sorted[i]!;
  return count;
}

/** Room for the ASNs of one path, used again for the next. */
export class AsnScratch {
  asns = new Uint32Array(64);

  room(count: number): Uint32Array {
    if (count > this.asns.length) this.asns = new Uint32Array(count * 2);
    return this.asns;
  }
}

/**
 * Levenshtein distance between two lists of ASNs: how many must be added, left out or replaced to make one of the other
 * (Levenshtein 1966). Of each, the first `MAX_EDIT_ASNS` count.
 */
export function editDistance(a: Uint32Array, b: Uint32Array): number {
  let aEnd = Math.min(a.length, MAX_EDIT_ASNS);
  let bEnd = Math.min(b.length, MAX_EDIT_ASNS);
  let from = 0;
  while (from < aEnd && from < bEnd && a[from] === b[from]) from++;
  while (aEnd > from && bEnd > from && a[aEnd - 1] === b[bEnd - 1]) {
    aEnd--;
    bEnd--;
  }
  const columns = bEnd - from;
  if (aEnd === from || columns === 0) return Math.max(aEnd - from, columns);
  const row = ROW;
  for (let j = 0; j <= columns; j++) row[j] = j;
  for (let i = from; i < aEnd; i++) {
    let diagonal = row[0]!;
    row[0] = i - from + 1;
    let left = row[0];
    for (let j = 1; j <= columns; j++) {
      const above = row[j]!;
      const replaced = diagonal + (a[i] === b[from + j - 1] ? 0 : 1);
      left = Math.min(replaced, above + 1, left + 1);
      diagonal = above;
      row[j] = left;
    }
  }
  return row[columns]!;
}

/** One row of the distance matrix; written before it is read in each call. */
const ROW = new Uint16Array(MAX_EDIT_ASNS + 1);
