import type { Signal, SignalGroup, SignalType, Tag } from '../detect/detector.ts';
import type { IncidentState } from './incident.ts';
import type { Sighting } from './sighting.ts';

/** An incident while it lives: everything `Incident` shows is read off it. */
export interface Case {
  readonly key: string;
  readonly group: SignalGroup;
  readonly culprit: number;
  readonly victim: number;
  readonly subject: string;
  /** Type by detector, most telling first. */
  readonly types: Set<SignalType>;
  /** Tags the detectors gave. */
  readonly givenTags: Map<string, number>;
  readonly detail: Record<string, string | number>;
  readonly firstUs: number;
  lastUs: number;
  /** Time of the second distinct peer ASN; null while it is a candidate. */
  alertedAtUs: number | null;
  /** When the last holder let go. */
  endedAtUs: number | null;
  withdrawnAtUs: number | null;
  state: IncidentState;
  /** By prefix id. */
  readonly sightings: Map<number, Sighting>;
  /** Prefixes beyond the bound. */
  uncountedPrefixes: number;
  isTentative: boolean;
  readonly isCondition: boolean;
  /** What was true of the victim when it began. */
  readonly baseline: Baseline;
  /** Tags that, once true, stay: what was seen cannot be unseen. */
  readonly stickyTags: Map<string, number>;
  tags: readonly Tag[];
  confidence: number;
  type: SignalType;
  culprits: readonly number[];
  isFadedOff: boolean;
  dismissedAs: string | null;
}

/** The state of knowledge about the victim when the case began. */
export interface Baseline {
  /** Seconds the origin had been known; null when it was in the baseline. */
  readonly ageS: number | null;
  readonly peerAsns: number;
  readonly isDump: boolean;
  /** Vantages that held the victim's route. */
  readonly held: number;
}

export function createCase(signal: Signal, key: string, timeUs: number, baseline: Baseline): Case {
  return {
    key,
    group: signal.group,
    culprit: signal.culprit,
    victim: signal.victim,
    subject: signal.subject ?? '',
    types: new Set([signal.type]),
    givenTags: new Map(signal.tags.map((tag) => [tag.name, tag.score])),
    detail: { ...signal.detail },
    firstUs: timeUs,
    lastUs: timeUs,
    alertedAtUs: null,
    endedAtUs: null,
    withdrawnAtUs: null,
    state: 'ongoing',
    sightings: new Map(),
    uncountedPrefixes: 0,
    isTentative: signal.isTentative === true,
    isCondition: signal.phase !== undefined,
    baseline,
    stickyTags: new Map(),
    tags: [],
    confidence: 0,
    type: signal.type,
    culprits: signal.culprit === 0 ? [] : [signal.culprit],
    isFadedOff: false,
    dismissedAs: null,
  };
}

/** Distinct peer ASNs over all its prefixes. */
export function peerAsnsOf(found: Case): Set<number> {
  const all = new Set<number>();
  for (const sighting of found.sightings.values()) for (const asn of sighting.peerAsns) all.add(asn);
  return all;
}

/** Distinct peer ASNs, with those known only by count where nobody was watched by name. */
export function peerCount(found: Case): number {
  let earlier = 0;
  for (const sighting of found.sightings.values()) earlier = Math.max(earlier, sighting.earlierPeerAsns);
  return Math.max(earlier, peerAsnsOf(found).size);
}

/** Vantages that hold it now, and that ever did, over all prefixes. */
export function holdersOf(found: Case): { now: number; ever: number } {
  let now = 0;
  let ever = 0;
  for (const sighting of found.sightings.values()) {
    now += sighting.holding;
    ever += sighting.holders.size;
  }
  return { now, ever };
}
