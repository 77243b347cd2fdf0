import type { ElemBatch } from '../elem/batch.ts';
import type { PathView } from '../origin/path-view.ts';
import type { RoutingFacts } from '../origin/routing-facts.ts';
import type { Knowledge } from './knowledge.ts';
import type { DetectParams } from './params.ts';

/** What people call it. ARTEMIS' notation is derived from it (`artemisOf`). */
export type SignalType =
  | 'origin-hijack'
  | 'subprefix-hijack'
  | 'squatting'
  | 'moas'
  | 'forged-origin'
  | 'forged-path'
  | 'fat-finger-asn'
  | 'fat-finger-prepend'
  | 'fat-finger-prefix'
  | 'route-leak'
  | 'mass-origination'
  | 'rpki-invalid'
  | 'visibility-loss'
  | 'as-outage'
  | 'withdrawal-storm'
  | 'flapping'
  | 'churn'
  | 'long-path'
  | 'path-inflation'
  | 'bogon-prefix'
  | 'bogon-asn'
  | 'blackhole'
  | 'session-reset'
  | 'unexpected-subprefix'
  | 'unexpected-origination'
  | 'new-neighbor'
  | 'path-rule'
  | 'roa-change'
  | 'volume-anomaly';

/** What an elem means to a detector. `tick`: ten seconds of data time have passed; no route. */
export const EVENT = { announce: 0, withdraw: 1, state: 2, tick: 3 } as const;
export type EventKind = (typeof EVENT)[keyof typeof EVENT];

/** A named piece of evidence and what it adds to the confidence. */
export interface Tag {
  readonly name: string;
  readonly score: number;
}

/**
 * One elem as every detector sees it, after the shared state took it in. The object is reused: read, do not keep. Repeated
 * announcements (`OUTCOME.duplicate`) are not stepped.
 */
export interface RouteEvent {
  kind: EventKind;
  /** Unix microseconds; on a tick its boundary. */
  timeUs: number;
  timeS: number;
  /** `OUTCOME` of the elem. */
  outcome: number;
  /** Id in `facts.prefixes`; -1 on state changes and ticks. */
  prefix: number;
  /** Global vantage id. */
  vantage: number;
  peerAsn: number;
  /** Announcements only. */
  path: PathView | null;
  /** Graph ids of the links between `path.hops`, one fewer than there are hops; -1 where there was no room. */
  links: readonly number[];
  /** Entry of (prefix, origin) in `facts.origins`, -1 without an origin. */
  originEntry: number;
  isNewOrigin: boolean;
  isNewPrefix: boolean;
  /** The vantage is sending its table: what it says was there before. */
  isTransfer: boolean;
  /** For attributes: `batch.attrSets` entry `attrs`. */
  batch: ElemBatch | null;
  attrs: number;
  /** State changes: old << 8 | new. */
  state: number;
}

/** What a detector found in one elem, or the opening or closing of a condition it watches over. */
export interface Signal {
  readonly type: SignalType;
  /** Signals of one group, culprit, victim and `subject` are one incident. */
  readonly group: SignalGroup;
  /** Id in `facts.prefixes`, -1 when it is not about a prefix. */
  readonly prefix: number;
  /** ASN held responsible; 0 when nobody is. */
  readonly culprit: number;
  /** ASN that suffers; 0 when not known. */
  readonly victim: number;
  /** Tells incidents of one group and culprit apart; empty where culprit and victim do. */
  readonly subject?: string;
  readonly tags: readonly Tag[];
  /** Noted, but nothing to alarm about by itself; joins an incident of the same culprit and victim. */
  readonly isTentative?: boolean;
  /** Not about the route of the elem being stepped but about one seen earlier. */
  readonly isElsewhere?: boolean;
  /** Conditions (no route to hold) say when they are over. */
  readonly phase?: 'open' | 'close';
  /** Id of the known prefix this one is inside of, for sub-prefix findings. */
  readonly cover?: number;
  /** More for the evidence: numbers and texts by name. */
  readonly detail?: Readonly<Record<string, string | number>>;
}

/** Groups whose signals go together; `moas` of a pair joins the `origin` incident it grew from. */
export type SignalGroup =
  | 'origin'
  | 'path'
  | 'leak'
  | 'rpki'
  | 'mass'
  | 'visibility'
  | 'outage'
  | 'storm'
  | 'flap'
  | 'churn'
  | 'length'
  | 'bogon'
  | 'blackhole'
  | 'session'
  | 'watch'
  | 'volume';

export interface Context {
  readonly facts: RoutingFacts;
  readonly knowledge: Knowledge;
  readonly params: DetectParams;
  readonly emit: (signal: Signal) => void;
  /** Whether several incidents of medium confidence or more with this culprit are open. */
  readonly isCulprit: (asn: number) => boolean;
  /** Whether the supposed victim is itself raised as the culprit against the supposed culprit. */
  readonly isReversed: (culprit: number, victim: number) => boolean;
  /** How many cases of made-up paths to this victim began around `timeUs`. */
  readonly pathCases: (victim: number, timeUs: number) => number;
  /** Whether a mass leak by this AS is open, or was at `timeUs`. */
  readonly isLeaker: (asn: number, timeUs: number) => boolean;
  /** How many incidents that move many routes began at `sinceUs` or later, open or lately over. */
  readonly volumeIncidents: (sinceUs: number) => number;
}

/** What a rule cannot do without. Checked once; a detector whose needs are not met is not stepped. */
export type Need = 'rov' | 'aspa' | 'relation' | 'full-table' | 'watch' | 'volume';

/** A rule: typed state of its own, bounded; stepped with each event it asks for. No clock, no randomness. */
export interface Detector<State> {
  readonly id: string;
  readonly needs: readonly Need[];
  readonly events: readonly EventKind[];
  /** Also stepped while a baseline is taken in, to learn what is usual; what it emits then is thrown away. */
  readonly learns?: boolean;
  init(params: DetectParams): State;
  step(state: State, event: RouteEvent, context: Context): void;
}

/** Ties a detector's state to its step, so that detectors of any state can stand in one list. */
export interface BoundDetector {
  readonly id: string;
  readonly events: readonly EventKind[];
  readonly learns: boolean;
  step(event: RouteEvent, context: Context): void;
}

export function bindDetector<State>(detector: Detector<State>, params: DetectParams): BoundDetector {
  const state = detector.init(params);
  return {
    id: detector.id,
    events: detector.events,
    learns: detector.learns === true,
    step: (event, context) => detector.step(state, event, context),
  };
}

/** Whether the rule's needs are met. */
export function hasNeeds(detector: Pick<Detector<unknown>, 'needs'>, knowledge: Knowledge): boolean {
  return detector.needs.every((need) =>
    need === 'full-table' ? knowledge.hasFullTable === true : knowledge[need] !== undefined,
  );
}
