import type { PrefixKey } from '../prefix/prefix.ts';
import type { Vrp } from './vrp.ts';
import type { VrpSet } from './vrp-set.ts';
import { coveringVrps } from './vrp-set.ts';
import { findCovering } from './vrp-table.ts';

/** Origin verdicts as small numbers, for columns. `noData`: there is no VRP set; `stale`: it is too old for the route. */
export const ROV = {
  notFound: 0,
  valid: 1,
  invalidAs: 2,
  invalidLength: 3,
  noData: 4,
  stale: 5,
  none: 6,
} as const;
export type RovCode = (typeof ROV)[keyof typeof ROV];

export type RovState = 'valid' | 'invalid' | 'not-found' | 'unknown';
export type RovReason = 'as' | 'length' | 'no-data' | 'stale';

/** A verdict as text. `state` is null for `ROV.none`: a withdrawal or a state change has no origin to judge. */
export interface RovText {
  readonly state: RovState | null;
  readonly reason: RovReason | null;
}

const TEXTS: Readonly<Record<RovCode, RovText>> = {
  [ROV.notFound]: { state: 'not-found', reason: null },
  [ROV.valid]: { state: 'valid', reason: null },
  [ROV.invalidAs]: { state: 'invalid', reason: 'as' },
  [ROV.invalidLength]: { state: 'invalid', reason: 'length' },
  [ROV.noData]: { state: 'unknown', reason: 'no-data' },
  [ROV.stale]: { state: 'unknown', reason: 'stale' },
  [ROV.none]: { state: null, reason: null },
};

export function rovText(code: RovCode): RovText {
  return TEXTS[code];
}

/**
 * The origin of a path that has none: it is empty or ends in an AS_SET or a confederation segment (RFC 6811 §2). No VRP
 * matches it, so such a route is invalid when covered and not-found otherwise (RFC 6907 §7.1.8 to §7.1.11). It is also AS 0, which
 * no VRP matches either: a VRP for AS 0 says that nobody may originate the prefix (RFC 6483 §4).
 */
export const NO_ORIGIN = 0;

/**
 * Route origin validation, RFC 6811 §2. `words[at .. at + 4)` and `bits` are the route's prefix as in `PrefixKey`.
 *
 * The RFC knows one kind of invalid. As in Routinator, the reason is `as` when a covering VRP would allow the length but
 * names another AS, and `length` when every covering VRP's maxLength is too short, whoever it names.
 */
export function validateOrigin(
  set: VrpSet,
  isV6: boolean,
  bits: number,
  words: ArrayLike<number>,
  at: number,
  origin: number,
): RovCode {
  const table = isV6 ? set.v6 : set.v4;
  let group = findCovering(table, bits, words, at);
  if (group === -1) return ROV.notFound;
  let code: RovCode = ROV.invalidLength;
  const { parent, start, asn, maxLength } = table;
  for (; group !== -1; group = parent[group]!) {
    const end = start[group + 1]!;
    for (let row = start[group]!; row < end; row++) {
      if (maxLength[row]! < bits) continue;
      if (asn[row] === origin && origin !== NO_ORIGIN) return ROV.valid;
      code = ROV.invalidAs;
    }
  }
  return code;
}

/** A verdict with the VRPs it rests on, each list in the order of `coveringVrps`. */
export interface RovEvidence extends RovText {
  readonly matched: readonly Vrp[];
  /** Allow the length, name another AS. */
  readonly unmatchedAs: readonly Vrp[];
  /** Do not allow the length, whichever AS they name. */
  readonly unmatchedLength: readonly Vrp[];
}

/** `validateOrigin` with the VRPs consulted; for people, not for the hot path. */
export function explainOrigin(set: VrpSet, prefix: PrefixKey, origin: number): RovEvidence {
  const covering = coveringVrps(set, prefix);
  const isLongEnough = (vrp: Vrp): boolean => prefix.bits <= vrp.maxLength;
  const isMatch = (vrp: Vrp): boolean => isLongEnough(vrp) && vrp.asn === origin && origin !== NO_ORIGIN;
  return {
    ...rovText(validateOrigin(set, prefix.isV6, prefix.bits, prefix.words, 0, origin)),
    matched: covering.filter(isMatch),
    unmatchedAs: covering.filter((vrp) => isLongEnough(vrp) && !isMatch(vrp)),
    unmatchedLength: covering.filter((vrp) => !isLongEnough(vrp)),
  };
}

/** VRPs older than this at the time of a route say nothing about it: validators refresh every ten minutes or so. */
export const STALE_S = 2 * 3600;

/**
 * Whether data generated at `generatedS` is too old for a route seen at `timeUs`. Data of unknown age (0) and data newer
 * than the route are not stale: judging an old recording with today's VRPs is the user's decision.
 */
export function isStale(generatedS: number, timeUs: number): boolean {
  return generatedS > 0 && timeUs / 1e6 - generatedS > STALE_S;
}
