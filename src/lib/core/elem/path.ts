import type { WordLists } from './batch.ts';
import { SEGMENT } from './batch.ts';

/** One AS_PATH segment as objects; for display and tests, not the hot path. */
export interface PathSegment {
  readonly type: number;
  readonly asns: readonly number[];
}

/** The segments of path `index` of `paths`. */
export function pathSegments(paths: WordLists, index: number): PathSegment[] {
  const segments: PathSegment[] = [];
  const end = paths.offsets[index + 1]!;
  for (let at = paths.offsets[index]!; at < end;) {
    const header = paths.words[at]!;
    const count = header & 0xff;
    segments.push({ type: header >>> 8, asns: [...paths.words.subarray(at + 1, at + 1 + count)] });
    at += 1 + count;
  }
  return segments;
}

/** The ASN that originated the path: last of a closing AS_SEQUENCE; `undefined` for an empty path or a closing AS_SET. */
export function pathOrigin(paths: WordLists, index: number): number | undefined {
  const end = paths.offsets[index + 1]!;
  let origin: number | undefined;
  for (let at = paths.offsets[index]!; at < end;) {
    const header = paths.words[at]!;
    const count = header & 0xff;
    at += 1 + count;
    if (count > 0) origin = header >>> 8 === SEGMENT.sequence ? paths.words[at - 1]! : undefined;
  }
  return origin;
}

const BRACKETS: Record<number, readonly [string, string, string]> = {
  [SEGMENT.set]: ['{', ',', '}'],
  [SEGMENT.sequence]: ['', ' ', ''],
  [SEGMENT.confedSequence]: ['(', ' ', ')'],
  [SEGMENT.confedSet]: ['[', ',', ']'],
};

/** Path text, nearest AS first: `3257 3356 {64496,64497}`. AS_SETs in braces, confederations in () and []. */
export function formatPath(paths: WordLists, index: number): string {
  return pathSegments(paths, index)
    .filter((segment) => segment.asns.length > 0)
    .map(({ type, asns }) => {
      const [open, separator, close] = BRACKETS[type] ?? ['<', ' ', '>'];
      return open + asns.join(separator) + close;
    })
    .join(' ');
}
