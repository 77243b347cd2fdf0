import type { VerdictNotation } from './verdict.ts';

/**
 * `ongoing` ↔ `dormant` (24 h without news) → `withdrawn` (80 % of the peers that saw it have let go), or `outdated`: a new
 * list finds nothing wrong with it, or calls it otherwise.
 */
export type VerdictState = 'ongoing' | 'dormant' | 'withdrawn' | 'outdated';

/** What ARTEMIS would call a hijack: one prefix, hijacker and notation. A copy; times are Unix microseconds. */
export interface VerdictRecord {
  readonly id: string;
  readonly prefix: string;
  /** The configured prefix it was matched with. */
  readonly configured: string;
  readonly notation: VerdictNotation;
  /** -1: nobody in particular. */
  readonly hijacker: number;
  /** The first AS that may originate the prefix; 0 when none, or any, may. */
  readonly owner: number;
  readonly label: string;
  readonly groups: readonly string[];
  readonly state: VerdictState;
  readonly firstUs: number;
  readonly lastUs: number;
  /** When it was withdrawn or outdated. */
  readonly endedUs: number | null;
  /** ASNs of the peers that saw it, ascending, and how many of them have let go. */
  readonly peerAsns: readonly number[];
  readonly peersGone: number;
  /** ASes that took the route over. */
  readonly infected: readonly number[];
  /** The path that opened it, prepends and loops gone. */
  readonly path: readonly number[];
  /** The record this one took over from when the list was changed. */
  readonly parent: string | null;
}

export interface VerdictTransition {
  readonly change: 'opened' | VerdictState;
  readonly record: VerdictRecord;
}

/** One vantage's view of a record. */
export interface PeerView {
  readonly asn: number;
  /** When it last showed the route, and when it was last known to have let go. */
  shownUs: number;
  goneUs: number;
  /** As announced, unrolled: to judge it again by another list. */
  rawPath: readonly number[];
}

/** A record while it lives. */
export interface OpenVerdict {
  readonly id: string;
  readonly key: string;
  readonly prefix: string;
  readonly configured: string;
  readonly notation: VerdictNotation;
  readonly hijacker: number;
  readonly owner: number;
  readonly label: string;
  readonly groups: readonly string[];
  readonly path: readonly number[];
  readonly parent: string | null;
  state: VerdictState;
  firstUs: number;
  lastUs: number;
  endedUs: number | null;
  readonly peers: Map<string, PeerView>;
  readonly infected: Set<number>;
}

/** Whether the vantage has let go: what it did last was not to show it. */
export function isGone(view: PeerView): boolean {
  return view.goneUs >= view.shownUs;
}

/** Distinct peer ASNs, and those of which no vantage holds it any more. */
export function countPeers(found: OpenVerdict): { asns: number[]; gone: number } {
  const holds = new Map<number, boolean>();
  for (const view of found.peers.values()) {
    holds.set(view.asn, (holds.get(view.asn) ?? false) || !isGone(view));
  }
  let gone = 0;
  for (const isHeld of holds.values()) if (!isHeld) gone++;
  return { asns: [...holds.keys()].sort((a, b) => a - b), gone };
}

export function recordOf(found: OpenVerdict): VerdictRecord {
  const { asns, gone } = countPeers(found);
  return {
    id: found.id,
    prefix: found.prefix,
    configured: found.configured,
    notation: found.notation,
    hijacker: found.hijacker,
    owner: found.owner,
    label: found.label,
    groups: found.groups,
    state: found.state,
    firstUs: found.firstUs,
    lastUs: found.lastUs,
    endedUs: found.endedUs,
    peerAsns: asns,
    peersGone: gone,
    infected: [...found.infected].sort((a, b) => a - b),
    path: found.path,
    parent: found.parent,
  };
}
