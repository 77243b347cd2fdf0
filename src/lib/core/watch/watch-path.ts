import type { WordLists } from '../elem/batch.ts';
import { SEGMENT } from '../elem/batch.ts';

/** A path as announced, nearest AS first: prepends kept, an AS_SET as a list, confederation segments left out. */
export type WatchPath = readonly (number | readonly number[])[];

/** Paths an announcement with AS_SETs is unrolled to, at most; further members of its sets are not looked at. */
export const MAX_UNROLLED = 64;

/** Path `index` of a batch. */
export function readPath(paths: WordLists, index: number): WatchPath {
  const { words, offsets } = paths;
  const end = offsets[index + 1]!;
  const hops: (number | readonly number[])[] = [];
  for (let at = offsets[index]!; at < end;) {
    const type = words[at]! >>> 8;
    const next = at + 1 + (words[at]! & 0xff);
    if (type === SEGMENT.sequence) for (let i = at + 1; i < next; i++) hops.push(words[i]!);
    else if (type === SEGMENT.set && next > at + 1) hops.push([...words.subarray(at + 1, next)]);
    at = next;
  }
  return hops;
}

/** Whether a predicate holds for some ASN of path `index`, sets included. Does not allocate. */
export function pathHas(paths: WordLists, index: number, accepts: (asn: number) => boolean): boolean {
  const { words, offsets } = paths;
  const end = offsets[index + 1]!;
  for (let at = offsets[index]!; at < end;) {
    const next = at + 1 + (words[at]! & 0xff);
    for (at++; at < next; at++) if (accepts(words[at]!)) return true;
  }
  return false;
}

/** One path per choice of a member of each AS_SET, in the order of the members. */
export function unrollPath(path: WatchPath): number[][] {
  let unrolled: number[][] = [[]];
  for (const hop of path) {
    if (typeof hop === 'number') for (const one of unrolled) one.push(hop);
    else unrolled = unrolled.flatMap((one) => hop.map((asn) => [...one, asn])).slice(0, MAX_UNROLLED);
  }
  return unrolled;
}

/**
 * The path that traffic takes: prepends removed, then loops collapsed from the origin's side, an AS met again cutting off
 * what lay between. `4 3 2 102 3 2 102` becomes `4 3 2 102`.
 */
export function cleanPath(hops: readonly number[]): number[] {
  const reversed: number[] = [];
  for (let i = hops.length - 1; i >= 0; i--) {
    const known = reversed.indexOf(hops[i]!);
    if (known === -1) reversed.push(hops[i]!);
    else reversed.length = known + 1;
  }
  return reversed.reverse();
}

/** The members of the last hop: one AS, or those of a closing AS_SET; none for an empty path. */
export function originMembers(path: WatchPath): readonly number[] {
  const last = path.at(-1);
  if (last === undefined) return [];
  return typeof last === 'number' ? [last] : last;
}

/** Text that path patterns run over: hops joined by commas, AS_SETs spelled out in place. */
export function pathText(path: WatchPath): string {
  return path.flat().join(',');
}
