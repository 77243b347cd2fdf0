/** What kind of event it was, in the words of the detectors where they have one (docs/detectors.md), else `outage` and `rpki-change`. */
export const EVENT_TYPES = [
  'origin-hijack',
  'subprefix-hijack',
  'forged-path',
  'squatting',
  'mass-origination',
  'route-leak',
  'fat-finger-asn',
  'fat-finger-prefix',
  'fat-finger-prepend',
  'outage',
  'rpki-change',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** A historical event of the catalogue: one file `static/events/<id>.json` each, and `static/events/index.json` lists them. */
export interface RoutingEvent {
  /** Lower case letters, digits, `-` and `_`; the name of its file. */
  readonly id: string;
  readonly title: string;
  /** One paragraph, our own words. */
  readonly story: string;
  readonly type: EventType;
  /** The window to fetch and replay, ISO 8601 UTC to the second: from `from` on, before `to`. */
  readonly from: string;
  readonly to: string;
  /** RIS (`rrc00`) and RouteViews (`route-views2`) collectors. */
  readonly collectors: readonly string[];
  /** Prefixes to look at, victims' and culprits'; none when they are too many to name. */
  readonly prefixes: readonly string[];
  /** Everybody the story names. */
  readonly asns: readonly number[];
  /** In order of time, inside the window. */
  readonly phases: readonly EventPhase[];
  readonly truth: {
    readonly victims: readonly number[];
    /** None: nobody but the victim itself. */
    readonly culprits: readonly number[];
    /** ISO 8601 UTC. */
    readonly start: string;
    /** Null while it is not known. */
    readonly end: string | null;
  };
  /** `A` read at first hand or measured, `B` quoted by others, `C` from memory. */
  readonly confidence: 'A' | 'B' | 'C';
  /** What was measured, read or only remembered. */
  readonly confidenceNote: string;
  readonly citations: readonly EventCitation[];
  /** The bundled recording; null: must be imported. */
  readonly replay: EventReplay | null;
}

export interface EventPhase {
  /** ISO 8601 UTC. */
  readonly time: string;
  readonly text: string;
}

export interface EventCitation {
  readonly title: string;
  /** Null for what has no public page. */
  readonly url: string | null;
}

export interface EventReplay {
  /** Relative to the page's root: `replays/x.rsl`. */
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 (hex) of the file. */
  readonly sha256: string;
  /** Elems, table entries among them. */
  readonly elems: number;
}

/** What a list shows of an event. */
export type EventSummary = Pick<
  RoutingEvent,
  'id' | 'title' | 'type' | 'from' | 'to' | 'confidence' | 'replay'
>;

/** `static/events/index.json`: sorted by `from`, then `id`. */
export interface EventIndex {
  readonly version: 1;
  readonly events: readonly EventSummary[];
}

/** The index of a catalogue, as `static/events/index.json` has it. */
export function eventIndex(events: readonly RoutingEvent[]): EventIndex {
  const sorted = [...events].sort(
    (a, b) => Date.parse(a.from) - Date.parse(b.from) || (a.id < b.id ? -1 : 1),
  );
  return {
    version: 1,
    events: sorted.map(({ id, title, type, from, to, confidence, replay }) => {
      return { id, title, type, from, to, confidence, replay };
    }),
  };
}
