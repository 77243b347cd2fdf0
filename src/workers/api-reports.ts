import type { HopCode } from '#core/rpki/aspa.ts';
import type { HopVerdict, RouteVerdict } from '../lib/store/record.ts';
import type { IncidentRow, RpkiSummary } from './api-detect.ts';

/** What the page may know about one prefix or one AS. */

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
