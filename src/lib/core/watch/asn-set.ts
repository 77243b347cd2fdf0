/** A set of AS numbers as sorted, disjoint, inclusive ranges; plain data. `isAny`: every AS, whatever the ranges. */
export interface AsnSet {
  readonly isAny: boolean;
  /** First and last ASN by turns. */
  readonly ranges: readonly number[];
}

export const NO_ASNS: AsnSet = { isAny: false, ranges: [] };
export const ANY_ASN: AsnSet = { isAny: true, ranges: [] };

/** The set of the ASNs in the inclusive ranges `[first, last]`, in any order. */
export function asnSetOf(pairs: readonly (readonly [number, number])[]): AsnSet {
  const ranges: number[] = [];
  for (const [first, last] of [...pairs].sort((a, b) => a[0] - b[0])) {
    const end = ranges.at(-1);
    if (end !== undefined && first <= end + 1) ranges[ranges.length - 1] = Math.max(end, last);
    else ranges.push(first, last);
  }
  return { isAny: false, ranges };
}

export function hasAsn({ isAny, ranges }: AsnSet, asn: number): boolean {
  if (isAny) return true;
  let low = 0;
  let high = ranges.length >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle * 2 + 1]! < asn) low = middle + 1;
    else high = middle;
  }
  return low * 2 < ranges.length && ranges[low * 2]! <= asn;
}

/** No AS is in it. */
export function isEmptySet({ isAny, ranges }: AsnSet): boolean {
  return !isAny && ranges.length === 0;
}

/** The lowest ASN; 0 when the set is empty or has them all. */
export function firstAsn({ isAny, ranges }: AsnSet): number {
  return isAny ? 0 : (ranges[0] ?? 0);
}

/** As in the files: numbers, and `first-last` for ranges; `*` for all. */
export function asnSetItems({ isAny, ranges }: AsnSet): (number | string)[] {
  if (isAny) return ['*'];
  const items: (number | string)[] = [];
  for (let at = 0; at < ranges.length; at += 2) {
    const [first, last] = [ranges[at]!, ranges[at + 1]!];
    if (first === last) items.push(first);
    else if (last === first + 1) items.push(first, last);
    else items.push(`${first}-${last}`);
  }
  return items;
}
