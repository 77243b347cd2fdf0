import type { WordLists } from '#core/elem/batch.ts';
import { SEGMENT } from '#core/elem/batch.ts';
import { pathSegments } from '#core/elem/path.ts';

/** One step of a path: an ASN, or an AS_SET as its members in order, joined. */
type Step = string;

/** RIS Live's `path` filter. Not a regular expression. */
export interface PathPattern {
  readonly isNegated: boolean;
  readonly isFromStart: boolean;
  readonly isToEnd: boolean;
  readonly steps: readonly Step[];
}

const MAX_STEPS = 64;
const MAX_TEXT = 1024;
const STEP = /\[(\d{1,10}(?:,\d{1,10})*)\]|(\d{1,10})/y;

/**
 * `789$`, `^123,456,789,[789,10111]$`, `!6666$`, `!^3333`, or a bare ASN: consecutive steps of the path; `^` ties them to the
 * collector's peer, `$` to the origin, a leading `!` inverts. Brackets are an AS_SET, in any order.
 *
 * @returns null when the value is no pattern.
 */
export function parsePathPattern(value: unknown): PathPattern | null {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || text.length > MAX_TEXT) return null;
  const match = /^(!?)(\^?)([^$]*)(\$?)$/.exec(text.replaceAll(' ', ''));
  const steps = match ? parseSteps(match[3]!) : null;
  if (!match || !steps) return null;
  return { isNegated: match[1] !== '', isFromStart: match[2] !== '', isToEnd: match[4] !== '', steps };
}

function parseSteps(text: string): Step[] | null {
  const steps: Step[] = [];
  for (let at = 0; ;) {
    STEP.lastIndex = at;
    const match = STEP.exec(text);
    if (!match || steps.length === MAX_STEPS) return null;
    const asns = (match[1] ?? match[2]!).split(',').map(Number);
    if (asns.some((asn) => asn > 0xffff_ffff)) return null;
    steps.push(match[1] === undefined ? String(asns[0]) : setStep(asns));
    at = STEP.lastIndex;
    if (at === text.length) return steps;
    if (text[at++] !== ',') return null;
  }
}

function setStep(asns: readonly number[]): Step {
  return `[${[...asns].sort((a, b) => a - b).join(',')}]`;
}

/** Whether path `index` matches. An empty path (a withdrawal has none) matches nothing, inverted or not. */
export function matchesPath(pattern: PathPattern, paths: WordLists, index: number): boolean {
  const path: Step[] = [];
  for (const { type, asns } of pathSegments(paths, index)) {
    if (type === SEGMENT.set || type === SEGMENT.confedSet) path.push(setStep(asns));
    else for (const asn of asns) path.push(String(asn));
  }
  return path.length > 0 && contains(pattern, path) !== pattern.isNegated;
}

function contains({ steps, isFromStart, isToEnd }: PathPattern, path: readonly Step[]): boolean {
  const last = path.length - steps.length;
  const from = isToEnd ? Math.max(last, 0) : 0;
  const to = isFromStart ? 0 : last;
  for (let at = from; at <= Math.min(to, last); at++) {
    if (steps.every((step, i) => path[at + i] === step)) return true;
  }
  return false;
}
