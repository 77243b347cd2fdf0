/** Mistyped numbers: AS numbers and prefixes one keystroke apart. */

const MIN_DIGITS = 4;

/** Whether two ASNs are one keystroke apart: a digit changed, added, left out, or two neighbours swapped. */
export function isOneEditAway(a: number, b: number): boolean {
  const left = String(a);
  const right = String(b);
  // Short numbers are one edit from too many others to mean anything.
  if (a === b || left.length < MIN_DIGITS || right.length < MIN_DIGITS) return false;
  return isOneEdit(left, right);
}

/** Whether two texts differ by one substitution, insertion, deletion or swap of neighbours (Damerau). */
export function isOneEdit(a: string, b: string): boolean {
  if (a.length > b.length) return isOneEdit(b, a);
  if (b.length - a.length > 1) return false;
  let from = 0;
  while (from < a.length && a[from] === b[from]) from++;
  if (a.length < b.length) return a.slice(from) === b.slice(from + 1);
  if (from === a.length) return false;
  if (a.slice(from + 1) === b.slice(from + 1)) return true;
  return a[from] === b[from + 1] && a[from + 1] === b[from] && a.slice(from + 2) === b.slice(from + 2);
}

/** Octet values one keystroke away from each octet value. */
const OCTET_EDITS: readonly (readonly number[])[] = Array.from({ length: 256 }, (_, octet) => {
  const edits: number[] = [];
  for (let other = 0; other < 256; other++) {
    // A neighbour block (x and x+1) is one keystroke away as well, but being next to each other explains that better.
    if (Math.abs(other - octet) > 1 && isOneEdit(String(octet), String(other))) edits.push(other);
  }
  return edits;
});

/** IPv4 addresses whose dotted form is one keystroke from `word`'s, within one octet and not next to it. */
export function v4Typos(word: number): number[] {
  const out: number[] = [];
  for (let shift = 0; shift < 32; shift += 8) {
    const octet = (word >>> shift) & 0xff;
    for (const other of OCTET_EDITS[octet]!) out.push((word - (octet << shift) + (other << shift)) >>> 0);
  }
  return out;
}
