import type { Incident, IncidentState, Level, NearMiss, Severity } from '#core/incident/incident.ts';
import type { SignalType } from '#core/detect/detector.ts';
import type { HopCode } from '#core/rpki/aspa.ts';
import type { RovState } from '#core/rpki/rov.ts';
import type {
  HopVerdict,
  IncidentRecord,
  RouteVerdict,
  SampleRoute,
  TimelineEntry,
  UserMark,
} from '../lib/store/record.ts';
import type { StoreHealth } from '../lib/store/store.ts';

export type {
  HopCode,
  HopVerdict,
  Incident,
  IncidentRecord,
  IncidentState,
  Level,
  NearMiss,
  RouteVerdict,
  RovState,
  SampleRoute,
  Severity,
  SignalType,
  StoreHealth,
  TimelineEntry,
  UserMark,
};

/** The page's side of detection: what is known about incidents, RPKI data and the routes of a prefix or an AS. */

/** An incident in a list. Times are Unix microseconds of data time. */
export interface IncidentRow {
  readonly id: string;
  readonly type: SignalType;
  /** ARTEMIS' notation, `-` where the type has none. */
  readonly artemis: string;
  readonly severity: Severity;
  readonly confidence: number;
  readonly level: Level;
  readonly state: IncidentState;
  /** The first few; `prefixCount` has them all. */
  readonly prefixes: readonly string[];
  readonly prefixCount: number;
  readonly victims: readonly number[];
  readonly culprits: readonly number[];
  /** Distinct peer ASNs that showed it. */
  readonly peerAsns: number;
  readonly vantages: number;
  readonly firstSeenUs: number;
  readonly alertedAtUs: number;
  readonly lastSeenUs: number;
  readonly endedAtUs: number | null;
  /** One sentence. */
  readonly summary: string;
  /** Seen by one peer ASN only: a candidate, not raised yet. */
  readonly isLowVisibility: boolean;
  /** Kept from an earlier visit or an earlier pass of a replay, not from the stream being watched now. */
  readonly isEarlier: boolean;
  /** Null also when a snooze is over. */
  readonly mark: UserMark | null;
}

/** Incidents of the stream being watched. `version` changes whenever any of this does. */
export interface IncidentSummary {
  readonly version: number;
  readonly countByState: Readonly<Record<IncidentState, number>>;
  /** Of those not resolved. */
  readonly countByLevel: Readonly<Record<Level, number>>;
  /** Candidates that one peer ASN alone has shown. */
  readonly lowVisibility: number;
  readonly nearMisses: number;
  /** Not resolved, at most 50: ongoing first, then by confidence, then the newest. */
  readonly active: readonly IncidentRow[];
  /** Records let go because there were more than are kept. */
  readonly dropped: number;
  /** Sample routes that incidents had more of than are kept, at the first look. */
  readonly samplesLeftOut: number;
  /** Seconds of data the detectors have learned from, and whether that is enough to believe an origin. */
  readonly warmS: number;
  readonly isWarm: boolean;
  /** Detectors that stay silent because what they need was not given. */
  readonly silentDetectors: readonly string[];
}

export interface IncidentQuery {
  /** Empty or absent: all. */
  readonly states?: readonly IncidentState[];
  readonly levels?: readonly Level[];
  readonly types?: readonly SignalType[];
  /** Words that must all occur in the id, type, summary, a prefix or an AS number (`AS64500`). */
  readonly text?: string;
  /** `active`: ongoing first, then by confidence, then the newest. Default `newest`: by when they began. */
  readonly order?: 'newest' | 'confidence' | 'active';
  /** Also candidates that one peer ASN alone has shown. Default no. */
  readonly lowVisibility?: boolean;
  /** Also those kept from before. Default no. */
  readonly earlier?: boolean;
  /** At most 1,000, default 200. */
  readonly limit?: number;
}

export interface IncidentList {
  /** As in `IncidentSummary`: ask again when that has moved on. */
  readonly version: number;
  readonly rows: readonly IncidentRow[];
  /** How many match, with those beyond the limit. */
  readonly total: number;
  /** How many more would match with low-visibility candidates, and with those kept from before. */
  readonly hiddenLowVisibility: number;
  readonly hiddenEarlier: number;
}

export interface IncidentDetail {
  readonly version: number;
  readonly incident: Incident;
  readonly isLowVisibility: boolean;
  readonly isEarlier: boolean;
  readonly mark: UserMark | null;
  /** Oldest first, at most 200; `timelineDropped` more were let go from the middle. */
  readonly timeline: readonly TimelineEntry[];
  readonly timelineDropped: number;
  /** At most 32 of each side. Empty for an incident of which no routes were kept. */
  readonly samples: readonly SampleRoute[];
  /** With which RPKI data the samples were judged. */
  readonly rpki: RpkiSummary;
}

export interface NearMissList {
  /** Newest first, at most 1,000. */
  readonly rows: readonly NearMiss[];
  readonly total: number;
  readonly countByReason: readonly { readonly reason: string; readonly count: number }[];
}

/**
 * `none`: the relay has no validator. `stale`: older than two hours at the data's time. `other-time`: the data is of the
 * past and the VRPs are not, so they are not judged by.
 */
export type RpkiState = 'none' | 'loading' | 'ready' | 'stale' | 'other-time';

export interface RpkiSummary {
  readonly state: RpkiState;
  /** What went wrong, when something did; empty otherwise. */
  readonly reason: string;
  readonly vrps: number;
  readonly aspas: number;
  readonly serial: number;
  /** When the validator last vouched for the data, Unix microseconds; null when unknown. */
  readonly generatedUs: number | null;
  /** Announcements judged in the last 5 minutes of data, by verdict. */
  readonly announced: Readonly<Record<RovState, number>>;
  readonly windowS: number;
}

/** What came of a watch list. Nothing is in force unless `ok`. */
export type WatchResult =
  | {
      readonly ok: true;
      /** Null when there is no list (any more). */
      readonly format: 'routescope' | 'artemis' | 'bgpalerter' | null;
      readonly rules: number;
      readonly prefixes: number;
      readonly asns: number;
      /** Understood, but perhaps not what was meant. */
      readonly warnings: readonly string[];
    }
  | {
      readonly ok: false;
      readonly mistakes: readonly {
        readonly line: number | null;
        readonly place: string;
        readonly problem: string;
      }[];
      /** All of them, with those not listed. */
      readonly count: number;
    };
