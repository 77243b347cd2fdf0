import type { WordLists } from '../elem/batch.ts';
import { SEGMENT } from '../elem/batch.ts';
import type { AspaSet } from './aspa-set.ts';
import { findAspa } from './aspa-set.ts';

/** What the customer's ASPA says about a provider, draft-ietf-sidrops-aspa-verification §5. */
export const HOP = { noAttestation: 0, providerPlus: 1, notProviderPlus: 2 } as const;
export type HopCode = (typeof HOP)[keyof typeof HOP];
export const HOP_NAMES = ['no-attestation', 'provider+', 'not-provider+'] as const;

/** Path verdicts as small numbers, for columns. `none`: nothing to judge; `noData`, `stale` as for origins. */
export const ASPA = { unknown: 0, valid: 1, invalid: 2, noData: 4, stale: 5, none: 6 } as const;
export type AspaCode = (typeof ASPA)[keyof typeof ASPA];

/** Which of the draft's two procedures: by who the path was received from. */
export type Procedure = 'upstream' | 'downstream';

export type AspaState = 'valid' | 'invalid' | 'unknown';

/** `state` is null where there is no path to judge; a reason tells why `unknown` is not the draft's. */
export interface AspaText {
  readonly state: AspaState | null;
  readonly reason: 'no-data' | 'stale' | null;
}

const TEXTS: Readonly<Record<AspaCode, AspaText>> = {
  [ASPA.unknown]: { state: 'unknown', reason: null },
  [ASPA.valid]: { state: 'valid', reason: null },
  [ASPA.invalid]: { state: 'invalid', reason: null },
  [ASPA.noData]: { state: 'unknown', reason: 'no-data' },
  [ASPA.stale]: { state: 'unknown', reason: 'stale' },
  [ASPA.none]: { state: null, reason: null },
};

export function aspaText(code: AspaCode): AspaText {
  return TEXTS[code];
}

/**
 * Whether `provider` is attested as a provider of `customer`. Non-transparent route servers count as providers, hence the plus.
 */
export function checkHop(set: AspaSet, customer: number, provider: number): HopCode {
  const entry = findAspa(set, customer);
  if (entry === -1) return HOP.noAttestation;
  const { start, providers } = set;
  let low = start[entry]!;
  let high = start[entry + 1]!;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (providers[middle]! < provider) low = middle + 1;
    else high = middle;
  }
  return low < start[entry + 1]! && providers[low] === provider ? HOP.providerPlus : HOP.notProviderPlus;
}

/** Room for a path without prepending, nearest AS first. Grows to the longest path seen, which a BGP message bounds. */
let scratch = new Uint32Array(256);

/** Put ASNs in `scratch`, prepending collapsed. @returns their number */
function collapse(asns: ArrayLike<number>, from: number, to: number, length: number): number {
  let count = length;
  if (count + to - from > scratch.length) {
    const grown = new Uint32Array((count + to - from) * 2);
    grown.set(scratch);
    scratch = grown;
  }
  for (let i = from; i < to; i++) {
    const asn = asns[i]!;
    if (count === 0 || scratch[count - 1] !== asn) scratch[count++] = asn;
  }
  return count;
}

/**
 * Verdict on a path received from a customer, a lateral peer or a route server's client: every hop must go up (draft
 * §6.1). `asns`: nearest AS first, origin last, without AS_SETs; prepending is collapsed here. An empty path is invalid.
 */
export function verifyUpstream(set: AspaSet, asns: ArrayLike<number>): AspaCode {
  const count = collapse(asns, 0, asns.length, 0);
  return count === 0 ? ASPA.invalid : upstream(set, count);
}

/** Verdict on a path received from a provider or a route server: up, at most one hop across, then down (draft §6.2). */
export function verifyDownstream(set: AspaSet, asns: ArrayLike<number>): AspaCode {
  const count = collapse(asns, 0, asns.length, 0);
  return count === 0 ? ASPA.invalid : downstream(set, count);
}

function upstream(set: AspaSet, count: number): AspaCode {
  let verdict: AspaCode = ASPA.valid;
  for (let i = count - 1; i > 0; i--) {
    const hop = checkHop(set, scratch[i]!, scratch[i - 1]!);
    if (hop === HOP.notProviderPlus) return ASPA.invalid;
    if (hop === HOP.noAttestation) verdict = ASPA.unknown;
  }
  return verdict;
}

/**
 * The ramps are counted in ASes. The up-ramp starts at the origin and ends where a hop is not (at most) attested as going
 * up; the down-ramp starts at the nearest AS and is walked the other way. Together they must cover the path.
 */
function downstream(set: AspaSet, count: number): AspaCode {
  if (count <= 2) return ASPA.valid;
  let maxUp = count;
  let minUp = count;
  for (let i = count - 1; i > 0; i--) {
    const hop = checkHop(set, scratch[i]!, scratch[i - 1]!);
    if (hop !== HOP.providerPlus && minUp === count) minUp = count - i;
    if (hop === HOP.notProviderPlus) {
      maxUp = count - i;
      break;
    }
  }
  let maxDown = count;
  let minDown = count;
  for (let i = 0; i < count - 1; i++) {
    const hop = checkHop(set, scratch[i]!, scratch[i + 1]!);
    if (hop !== HOP.providerPlus && minDown === count) minDown = i + 1;
    if (hop === HOP.notProviderPlus) {
      maxDown = i + 1;
      break;
    }
  }
  if (maxUp + maxDown < count) return ASPA.invalid;
  return minUp + minDown < count ? ASPA.unknown : ASPA.valid;
}

/**
 * Verdict on path `index` of a batch, by default by the procedure for paths received from a provider: a collector's
 * peers give it their full tables, as a provider or a route server would. An AS_SET makes the path invalid;
 * confederation segments are another AS's inner matter and are skipped (RFC 5065 §5.3 has them removed at its border).
 * An empty path is `none`: the peer's own route, which says nothing about anybody.
 */
export function verifyPath(
  set: AspaSet,
  paths: WordLists,
  index: number,
  procedure: Procedure = 'downstream',
): AspaCode {
  const { words } = paths;
  const end = paths.offsets[index + 1]!;
  let count = 0;
  for (let at = paths.offsets[index]!; at < end;) {
    const header = words[at]!;
    const next = at + 1 + (header & 0xff);
    const type = header >>> 8;
    if (type === SEGMENT.set) return ASPA.invalid;
    if (type === SEGMENT.sequence) count = collapse(words, at + 1, next, count);
    at = next;
  }
  if (count === 0) return ASPA.none;
  return procedure === 'downstream' ? downstream(set, count) : upstream(set, count);
}

/** One step between two neighbours on a path, looked at both ways. */
export interface PathHop {
  /** The AS nearer to the origin, and the one it gave the route to. */
  readonly from: number;
  readonly to: number;
  /** Whether `to` is attested as a provider of `from`, and the other way round. */
  readonly up: HopCode;
  readonly down: HopCode;
}

/** The hops of a path (nearest AS first, prepending collapsed), from the origin on; for people. */
export function pathHops(set: AspaSet, asns: ArrayLike<number>): PathHop[] {
  const count = collapse(asns, 0, asns.length, 0);
  const hops: PathHop[] = [];
  for (let i = count - 1; i > 0; i--) {
    const [from, to] = [scratch[i]!, scratch[i - 1]!];
    hops.push({ from, to, up: checkHop(set, from, to), down: checkHop(set, to, from) });
  }
  return hops;
}
