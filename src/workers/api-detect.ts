import type { Incident, IncidentState, Level, NearMiss, Severity } from '#core/incident/incident.ts';
import type { SignalType } from '#core/detect/detector.ts';
import type { HopCode } from '#core/rpki/aspa.ts';
import type { RovState } from '#core/rpki/rov.ts';

export type { HopCode, Incident, IncidentState, Level, NearMiss, RovState, Severity, SignalType };

/** The page's side of detection: what is known about incidents, RPKI data and the routes of a prefix or an AS. */

/** What the user said about an incident. It changes nothing but how the incident is shown. */
export type UserMark =
  | { readonly kind: 'ack'; readonly atMs: number }
  /** Out of sight until `untilMs`, Unix milliseconds. */
  | { readonly kind: 'snooze'; readonly atMs: number; readonly untilMs: number }
  | { readonly kind: 'ignore'; readonly atMs: number };

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

/** A step in an incident's life, as it stood then. */
export interface TimelineEntry {
  readonly timeUs: number;
  readonly change: 'opened' | IncidentState;
  readonly confidence: number;
  readonly peerAsns: number;
  readonly prefixCount: number;
  readonly type: SignalType;
}

/** Origin validation of a route. `unknown`: no data, or data not of its time (`reason`). */
export interface RouteVerdict {
  readonly state: RovState;
  readonly reason: 'as' | 'length' | 'no-data' | 'stale' | 'other-time' | null;
}

/** One step of a path between neighbours: `from` is nearer to the origin and gave the route to `to`. */
export interface HopVerdict {
  readonly from: number;
  readonly to: number;
  /** Whether `to` is attested as a provider of `from`, and the other way round; `HOP` codes of core/rpki/aspa.ts. */
  readonly up: HopCode;
  readonly down: HopCode;
}

/** A route some vantage had, as evidence. */
export interface SampleRoute {
  /** What it was like for those who did not have, or not yet have, the suspect route; or the suspect route itself. */
  readonly side: 'before' | 'after';
  /** When it was looked at, Unix microseconds. */
  readonly timeUs: number;
  readonly collector: string;
  readonly peerAddress: string;
  readonly peerAsn: number;
  readonly prefix: string;
  /** Nearest AS first, prepends collapsed. */
  readonly path: readonly number[];
  readonly rov: RouteVerdict;
  /** From the origin on; null without ASPA data. */
  readonly hops: readonly HopVerdict[] | null;
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

/** Something asked for by text that is not what it should be: a value, not an exception. */
export interface Refusal {
  readonly ok: false;
  /** A code of docs/errors.md. */
  readonly code: string;
  readonly reason: string;
}

/** A path with who shows it. */
export interface PathReport {
  /** Nearest AS first, prepends kept; an AS_SET in braces. */
  readonly path: string;
  readonly hops: readonly number[];
  readonly origin: number | null;
  /** Vantages that have it, at most 20 named; `vantageCount` has them all. */
  readonly vantages: readonly {
    readonly collector: string;
    readonly peerAddress: string;
    readonly peerAsn: number;
  }[];
  readonly vantageCount: number;
  readonly verdicts: readonly HopVerdict[] | null;
}

export interface OriginReport {
  readonly asn: number;
  /** Vantages and distinct peer ASNs that hold the prefix with this origin now. */
  readonly vantages: number;
  readonly peerAsns: number;
  readonly rov: RouteVerdict;
  /** Since when the detectors know it, Unix seconds; null when it was there before the stream. */
  readonly sinceS: number | null;
}

export interface VrpReport {
  readonly prefix: string;
  readonly maxLength: number;
  readonly asn: number;
  readonly trustAnchor: string;
}

export interface NeighbourPrefix {
  readonly prefix: string;
  readonly origins: readonly number[];
  /** Vantages that hold it now. */
  readonly vantages: number;
}

/** A prefix as the routing state of this page has it. */
export interface PrefixReport {
  readonly ok: true;
  /** Canonical; what was asked may be an address or have host bits. */
  readonly prefix: string;
  /** Whether it is held exactly; else everything about routes is empty and `covering` may help. */
  readonly isSeen: boolean;
  readonly dataTimeUs: number | null;
  /** Vantages and peer ASNs that hold it now, of those that have any route of this family. */
  readonly vantages: number;
  readonly ofVantages: number;
  readonly peerAsns: number;
  readonly ofPeerAsns: number;
  readonly origins: readonly OriginReport[];
  /** Most widely held first, at most 100. */
  readonly paths: readonly PathReport[];
  readonly pathCount: number;
  /** VRPs that cover it, longest first; null when there is no data to look in. */
  readonly vrps: readonly VrpReport[] | null;
  /** Most specific first. */
  readonly covering: readonly NeighbourPrefix[];
  /** At most 100. */
  readonly covered: readonly NeighbourPrefix[];
  readonly coveredCount: number;
  readonly incidents: readonly IncidentRow[];
  readonly rpki: RpkiSummary;
}

export interface NeighbourAs {
  readonly asn: number;
  /** Since when the link is known, Unix seconds; null when it was there before the stream. */
  readonly sinceS: number | null;
  /** Peer ASNs that ever showed the link, at least (counted up to 64). */
  readonly peerAsns: number;
  /** What the customer's ASPA says about the provider, either way round; null without ASPA data. */
  readonly up: HopCode | null;
  readonly down: HopCode | null;
}

/** An AS as the routing state of this page has it. */
export interface AsReport {
  readonly ok: true;
  readonly asn: number;
  readonly isSeen: boolean;
  readonly dataTimeUs: number | null;
  /** Prefixes it originates now, at most 200, most widely held first. */
  readonly prefixes: readonly (NeighbourPrefix & { readonly rov: RouteVerdict })[];
  readonly prefixCount: number;
  /** Nearer to the vantages, and nearer to the origins; at most 200 each. */
  readonly upstreams: readonly NeighbourAs[];
  readonly upstreamCount: number;
  readonly downstreams: readonly NeighbourAs[];
  readonly downstreamCount: number;
  /** The most vantages that hold one of its prefixes, of those there are. */
  readonly vantages: number;
  readonly ofVantages: number;
  /** Providers it attests, and customers that attest it (at most 200); null without ASPA data. */
  readonly attestedProviders: readonly number[] | null;
  readonly attestedBy: readonly number[] | null;
  readonly incidents: readonly IncidentRow[];
  readonly rpki: RpkiSummary;
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

/** What the device keeps. `unavailable`: nothing outlives the page, for the reason given. */
export interface StoreHealth {
  readonly state: 'opening' | 'ready' | 'unavailable';
  readonly reason: string;
  /** Incidents kept, and those let go for want of room or for their age. */
  readonly incidents: number;
  readonly droppedIncidents: number;
  readonly failedWrites: number;
}
