import type { Tag } from '../detect/detector.ts';
import type { SignalType } from '../detect/detector.ts';
import type { ConsultedVrp } from '../detect/knowledge.ts';

/** `ongoing` → `dormant` (no news for 24 h) → `withdrawn` (most of the peers that saw it have let go) → `resolved`. */
export type IncidentState = 'ongoing' | 'dormant' | 'withdrawn' | 'resolved';

/** What the confidence sum means: up to 3 low, 4-7 medium, 8 and more high. */
export type Level = 'low' | 'medium' | 'high';

/** How much is at stake: by spread and size. */
export type Severity = 'info' | 'warning' | 'critical';

/** One path seen, with who showed it and when. */
export interface PathSample {
  readonly timeUs: number;
  readonly collector: string;
  readonly peerAsn: number;
  readonly prefix: string;
  /** Nearest AS first, prepends removed. */
  readonly path: readonly number[];
}

export interface Evidence {
  readonly summary: string;
  readonly detectors: readonly SignalType[];
  readonly firstPath: PathSample | null;
  readonly lastPath: PathSample | null;
  /** Covering prefix, for more-specifics. */
  readonly covering: string | null;
  /** ASes seen directly before the culprit. */
  readonly upstreams: readonly number[];
  /** The part all paths have in common, culprit's side first. */
  readonly commonTail: readonly number[];
  /** Seconds the victim's origin was known when this began; null when it had been there before the stream. */
  readonly baselineAgeS: number | null;
  /** Distinct peer ASNs that had shown it. */
  readonly baselinePeerAsns: number;
  readonly baselineIsDump: boolean;
  readonly vrps: readonly ConsultedVrp[];
  readonly vrpSerial: string | null;
  readonly detail: Readonly<Record<string, string | number>>;
}

/** A copy that the reader owns. Times are Unix microseconds. */
export interface Incident {
  /** Hash of what it is: group, culprit, victim, subject and when it began. The same on every run. */
  readonly id: string;
  readonly type: SignalType;
  /** ARTEMIS' notation, `prefix|path|data-plane|policy`; `-` where the type has none. */
  readonly artemis: string;
  readonly state: IncidentState;
  readonly severity: Severity;
  readonly confidence: number;
  readonly level: Level;
  readonly tags: readonly Tag[];
  /** At most `maxPrefixesPerIncident`; `prefixCount` has them all. */
  readonly prefixes: readonly string[];
  readonly prefixCount: number;
  readonly victims: readonly number[];
  readonly culprits: readonly number[];
  readonly vantages: number;
  readonly peerAsns: readonly number[];
  readonly firstSeenUs: number;
  readonly alertedAtUs: number;
  readonly lastSeenUs: number;
  readonly endedAtUs: number | null;
  readonly evidence: Evidence;
}

/** Something that was looked at and not raised, with the reason. */
export interface NearMiss {
  readonly timeUs: number;
  readonly type: SignalType;
  readonly prefix: string;
  readonly culprit: number;
  readonly victim: number;
  readonly peerAsns: number;
  readonly confidence: number;
  readonly reason: string;
}

export function levelOf(confidence: number): Level {
  if (confidence >= 8) return 'high';
  return confidence >= 4 ? 'medium' : 'low';
}

/** ARTEMIS' notation for a finding; policy and data plane are not judged here. */
export function artemisOf(type: SignalType, isSubPrefix: boolean): string {
  const prefix = isSubPrefix ? 'S' : 'E';
  switch (type) {
    case 'origin-hijack':
    case 'subprefix-hijack':
    case 'moas':
    case 'fat-finger-asn':
    case 'fat-finger-prefix':
    case 'mass-origination':
      return `${prefix}|0|-|-`;
    case 'fat-finger-prepend':
      return `${prefix}|P|-|-`;
    case 'squatting':
      return 'Q|0|-|-';
    case 'forged-origin':
      return `${prefix}|1|-|-`;
    case 'forged-path':
      return `${prefix}|N|-|-`;
    case 'route-leak':
      return `${prefix}|-|-|L`;
    default:
      return '-';
  }
}
