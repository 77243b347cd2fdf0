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
  /** Ids of prefixes beyond the bound, themselves bounded: counted, not watched. */
  readonly morePrefixes: Set<number>;
  /** Distinct peer ASNs over all its prefixes. */
  readonly peerAsns: Set<number>;
  /** Routes held now, and (prefix, vantage) pairs that ever were. */
  holding: number;
  heldEver: number;
  /** The sighting most peers saw: what stands for the case. */
  main: Sighting | null;
  isTentative: boolean;
  readonly isCondition: boolean;
  /** What was true of the victim when it began. */
  baseline: Baseline;
  /** Tags that, once true, stay: what was seen cannot be unseen. */
  readonly stickyTags: Map<string, number>;
  tags: readonly Tag[];
  confidence: number;
  type: SignalType;
  culprits: readonly number[];
  isFadedOff: boolean;
  /** An incident of the same kind, culprit and victim was over less than a day before this began. */
  recurs: boolean;
  dismissedAs: string | null;
  /** How it stood when it was last told as changed; null before. */
  told: (Pick<Case, 'state' | 'type'> & { readonly figures: number }) | null;
}

/** The state of knowledge about the victim when the case began. */
export interface Baseline {
  /** Seconds the origin had been known; null when it was in the baseline. */
  readonly ageS: number | null;
  readonly peerAsns: number;
  readonly isDump: boolean;
  /** Vantages that held the victim's route. */
  readonly held: number;
  /** More-specifics of others in the covering prefix. */
  readonly foreignChildren: number;
  /** Parts of the victim's space that others announce, in all its blocks. */
  readonly victimsTenants: number;
  /** Whether the culprit had used part of the covering prefix before. */
  readonly isTenant: boolean;
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
    morePrefixes: new Set(),
    peerAsns: new Set(),
    holding: 0,
    heldEver: 0,
    main: null,
    isTentative: signal.isTentative === true,
    isCondition: signal.phase !== undefined,
    baseline,
    stickyTags: new Map(),
    tags: [],
    confidence: 0,
    type: signal.type,
    culprits: signal.culprit === 0 ? [] : [signal.culprit],
    isFadedOff: false,
    recurs: false,
    dismissedAs: null,
    told: null,
  };
}

/** Distinct peer ASNs, with those known only by count where nobody was watched by name. */
export function peerCount(found: Case): number {
  return Math.max(found.main?.earlierPeerAsns ?? 0, found.peerAsns.size);
}

/** How many prefixes it has, watched or only counted. */
export function prefixCount(found: Case): number {
  return found.sightings.size + found.morePrefixes.size;
}

/** Share of the routes ever held that have been let go; 0 when none was. */
export function shareGone(found: Case): number {
  return found.heldEver === 0 ? 0 : (found.heldEver - found.holding) / found.heldEver;
}

/** What people follow a case by, in one number: that there was more of the same does not change it. */
export function figuresOf(found: Case): number {
  const { confidence, culprits, peerAsns, holding, endedAtUs } = found;
  const flags = (holding > 0 ? 2 : 0) + (endedAtUs === null ? 0 : 1);
  // 16 bits of prefixes, 14 of peers, 12 of confidence, 6 of culprits, 2 of flags: exact for all that is within the bounds.
  return (
    (((prefixCount(found) * 2 ** 14 + peerAsns.size) * 2 ** 12 + confidence + 2048) * 64 + culprits.length) *
      4 +
    flags
  );
}
