import { hasAsn, isEmptySet } from './asn-set.ts';
import type { WatchMatch } from './watch-index.ts';
import type { WatchRule } from './watch-list.ts';
import { cleanPath } from './watch-path.ts';

/**
 * What ARTEMIS would call an announcement (its hijack dimensions, `prefix|path|data-plane|policy`). Prefix: `E` exactly a
 * configured one, `S` a more-specific, `Q` one that nobody may originate. Path: `0` foreign origin, `1` foreign AS next
 * to the origin, `P` against the prepend sequences. Data plane: never judged. Policy: `L` passed on against no-export.
 */
export interface Verdict {
  readonly notation: VerdictNotation;
  /**
   * Held responsible: the origin (`0`), the AS next to it (`1`), the first AS off the best fitting sequence (`P`), else the
   * AS next to the origin for `L`. -1 when nobody is (`S|-|-|-`), as ARTEMIS writes it.
   */
  readonly hijacker: number;
  /** The rule it was judged by: the last of those for the prefix. */
  readonly rule: WatchRule;
  /** ASes that took the route over from the hijacker, nearest to the vantage first. */
  readonly infected: readonly number[];
  /** The path judged: prepends and loops gone. */
  readonly path: readonly number[];
}

/** The combinations ARTEMIS reports; any other means that a rule finds nothing wrong. */
export const VERDICT_NOTATIONS = [
  'S|0|-|-',
  'S|0|-|L',
  'S|1|-|-',
  'S|1|-|L',
  'S|P|-|-',
  'S|-|-|-',
  'S|-|-|L',
  'E|0|-|-',
  'E|0|-|L',
  'E|1|-|-',
  'E|1|-|L',
  'E|P|-|-',
  'E|-|-|L',
  'Q|0|-|-',
  'Q|0|-|L',
] as const;
export type VerdictNotation = (typeof VERDICT_NOTATIONS)[number];

interface Finding {
  readonly path: '0' | '1' | 'P' | '-';
  readonly hijacker: number;
}

const FINE: Finding = { path: '-', hijacker: -1 };

/**
 * Judge one unrolled path (nearest AS first, as announced) by the rules of the best match. One rule that finds nothing wrong clears it.
 * @returns null when it is fine.
 */
export function judgePath(match: WatchMatch, rawPath: readonly number[]): Verdict | null {
  const path = cleanPath(rawPath);
  let verdict: Verdict | null = null;
  for (const rule of match.rules) {
    verdict = judgeByRule(rule, match.isSub, rawPath, path);
    if (!verdict) return null;
  }
  return verdict;
}

function judgeByRule(
  rule: WatchRule,
  isSub: boolean,
  rawPath: readonly number[],
  path: readonly number[],
): Verdict | null {
  if (rule.isIgnored || (isSub && rule.moreSpecifics === 'ignore')) return null;
  const prefix = isEmptySet(rule.origins) ? 'Q' : isSub ? 'S' : 'E';
  const finding = judgeHops(rule, rawPath, path);
  const isLeak = rule.isNoExport && path.length > 3;
  if (prefix === 'S' && finding.path === '-' && !isLeak && rule.moreSpecifics === 'allow') return null;
  const notation = `${prefix}|${finding.path}|-|${isLeak ? 'L' : '-'}`;
  const known = VERDICT_NOTATIONS.find((one) => one === notation);
  if (!known) return null;
  return {
    notation: known,
    hijacker: finding.hijacker === -1 && isLeak ? path.at(-2)! : finding.hijacker,
    rule,
    infected: infectedBy(finding, isLeak, path),
    path,
  };
}

function judgeHops(rule: WatchRule, rawPath: readonly number[], path: readonly number[]): Finding {
  const origin = path.at(-1);
  if (origin === undefined) return FINE;
  if (!hasAsn(rule.origins, origin)) return { path: '0', hijacker: origin };
  const neighbor = path.at(-2);
  if (neighbor === undefined) return FINE;
  if (!hasAsn(rule.neighbors, neighbor)) return { path: '1', hijacker: neighbor };
  return judgeSequences(rule.prependSeqs, rawPath);
}

/** The raw path must hold one of the sequences right before its origin. */
function judgeSequences(sequences: readonly (readonly number[])[], rawPath: readonly number[]): Finding {
  if (sequences.length === 0) return FINE;
  let best = 0;
  for (const sequence of sequences) {
    if (rawPath.length < sequence.length + 1) continue;
    let fits = 0;
    while (fits < sequence.length && rawPath.at(-2 - fits) === sequence.at(-1 - fits)) fits++;
    if (fits === sequence.length) return FINE;
    best = Math.max(best, fits);
  }
  return { path: 'P', hijacker: rawPath.at(-2 - best)! };
}

/** Whom it reached. Of a path against the sequences, or none at all, three ASes are spared: the forger may be the third. */
function infectedBy(finding: Finding, isLeak: boolean, path: readonly number[]): readonly number[] {
  if (finding.path === '0') return path.slice(0, -1);
  if (finding.path === '1' || isLeak) return path.slice(0, -2);
  return path.length > 2 ? path.slice(0, -3) : [];
}
