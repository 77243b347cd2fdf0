import type { SignalType } from '#core/detect/detector.ts';
import type { Incident, IncidentState } from '#core/incident/incident.ts';
import type { HopCode } from '#core/rpki/aspa.ts';
import type { RovState } from '#core/rpki/rov.ts';

/** What the page keeps of an incident, and what the user says about it. */

/** What the user said about an incident. It changes nothing but how the incident is shown. */
export type UserMark =
  | { readonly kind: 'ack'; readonly atMs: number }
  /** Out of sight until `untilMs`, Unix milliseconds. */
  | { readonly kind: 'snooze'; readonly atMs: number; readonly untilMs: number }
  | { readonly kind: 'ignore'; readonly atMs: number };

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
  /** A route held before the incident began, frozen when it was alerted; or the suspect route itself. */
  readonly side: 'before' | 'after';
  /** When it was held, Unix microseconds: `before` when the incident began, `after` at the newest look. */
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

/** An incident with how it went and what was seen of it. */
export interface IncidentRecord {
  readonly incident: Incident;
  readonly timeline: readonly TimelineEntry[];
  readonly timelineDropped: number;
  readonly samples: readonly SampleRoute[];
}
