import type { WordLists } from '../elem/batch.ts';
import { SEGMENT } from '../elem/batch.ts';
import { isPrivateAsn } from './asn-class.ts';

/** An AS path as detectors read it. */
export interface PathView {
  /** ASNs nearest first, prepends removed, confederations and the private tail left out; stops at the first AS_SET. */
  readonly hops: readonly number[];
  /** The last of `hops`; 0 when the path is empty or closes with an AS_SET. */
  readonly origin: number;
  /** Private ASNs behind the origin: its provider should have removed them (RFC 6996 §4). */
  readonly privateTail: readonly number[];
  readonly hasSet: boolean;
  /** Hops as counted by best-path selection: prepends count, an AS_SET counts one (RFC 4271 §9.1.2.2). */
  readonly length: number;
  /** The most times one ASN stands in a row. */
  readonly maxPrepend: number;
}

/** Read path `index`. Allocates; callers keep one view per attribute set and batch. */
export function viewPath(paths: WordLists, index: number): PathView {
  const { words } = paths;
  const end = paths.offsets[index + 1]!;
  const hops: number[] = [];
  let hasSet = false;
  let length = 0;
  let run = 0;
  let maxPrepend = 0;
  for (let at = paths.offsets[index]!; at < end;) {
    const type = words[at]! >>> 8;
    const count = words[at]! & 0xff;
    const next = at + 1 + count;
    if (type === SEGMENT.set && count > 0) {
      hasSet = true;
      length++;
    } else if (type === SEGMENT.sequence && !hasSet) {
      for (let i = at + 1; i < next; i++) {
        const asn = words[i]!;
        length++;
        run = hops.at(-1) === asn ? run + 1 : 1;
        if (run > maxPrepend) maxPrepend = run;
        if (run === 1) hops.push(asn);
      }
    } else if (type === SEGMENT.sequence) {
      length += count;
    }
    at = next;
  }
  const privateTail = takePrivateTail(hops);
  return { hops, origin: hasSet ? 0 : (hops.at(-1) ?? 0), privateTail, hasSet, length, maxPrepend };
}

function takePrivateTail(hops: number[]): readonly number[] {
  let last = hops.length;
  while (last > 0 && isPrivateAsn(hops[last - 1]!)) last--;
  if (last === hops.length || last === 0) return NO_TAIL;
  return hops.splice(last);
}

const NO_TAIL: readonly number[] = [];

/** The origin as `viewPath` gives it, straight from a path's words; 0 for none. Does not allocate. */
export function publicOriginOf(words: Uint32Array, from: number, to: number): number {
  let origin = 0;
  let last = 0;
  for (let at = from; at < to;) {
    const type = words[at]! >>> 8;
    const count = words[at]! & 0xff;
    const next = at + 1 + count;
    if (type === SEGMENT.set && count > 0) return 0;
    if (type === SEGMENT.sequence) {
      for (let i = at + 1; i < next; i++) {
        last = words[i]!;
        if (!isPrivateAsn(last)) origin = last;
      }
    }
    at = next;
  }
  return origin === 0 ? last : origin;
}
