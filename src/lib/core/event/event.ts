/** A historical event of the catalogue: one file `static/events/<id>.json` each, and `static/events/index.json` lists them. */
export interface RoutingEvent {
  readonly id: string;
  readonly title: string;
  /** One paragraph, our own words. */
  readonly story: string;
  readonly type: string;
  /** The window to fetch and replay, ISO 8601 UTC: from `from` on, before `to`. */
  readonly from: string;
  readonly to: string;
  /** RIS (`rrc00`) and RouteViews (`route-views2`) collectors. */
  readonly collectors: readonly string[];
  readonly prefixes: readonly string[];
  readonly asns: readonly number[];
  readonly phases: readonly { readonly time: string; readonly text: string }[];
  readonly truth: {
    readonly victims: readonly number[];
    readonly culprits: readonly number[];
    /** ISO 8601 UTC; null while it is not known. */
    readonly start: string;
    readonly end: string | null;
  };
  /** `A` read at first hand or measured, `B` quoted by others, `C` from memory. */
  readonly confidence: 'A' | 'B' | 'C';
  readonly citations: readonly string[];
  /** The bundled recording, relative to the page's root (`replays/x.rsl`); null: must be imported. */
  readonly replay: {
    readonly path: string;
    readonly bytes: number;
    readonly sha256: string;
    readonly elems: number;
  } | null;
}

/** `static/events/index.json`: what a list shows, sorted by `from`. */
export interface EventIndex {
  readonly version: 1;
  readonly events: readonly Pick<
    RoutingEvent,
    'id' | 'title' | 'type' | 'from' | 'to' | 'confidence' | 'replay'
  >[];
}
