/** What a message does not say itself. */
export interface UpdateContext {
  /** Unix microseconds. */
  timeUs: number;
  /** Index into the builder's vantages. */
  vantage: number;
  /** `ELEM_FLAG` bits for every elem; `first`, `addPath` and `treatAsWithdraw` are added by the decoder. */
  flags: number;
  /** AS_PATH and AGGREGATOR carry four-octet ASNs (RFC 6793). */
  as4: boolean;
  /** NLRI carry path identifiers (RFC 7911). */
  addPath: boolean;
  /** The session is internal: decides how RFC 7606 takes a malformed LOCAL_PREF, ORIGINATOR_ID or CLUSTER_LIST. */
  internal: boolean;
  /** The message was made up to tell of a route (BMP): its NEXT_HOP may be missing without the route being malformed. */
  mayLackNextHop?: boolean;
}

/** Counters since the decoder was made. */
export interface UpdateStats {
  updates: number;
  /** End-of-RIB markers, RFC 4724 §2. */
  endOfRib: number;
  /** Messages whose announcements were taken as withdrawals (RFC 7606 §2). */
  treatAsWithdraw: number;
  /** Attributes dropped from otherwise good messages (RFC 7606 §2). */
  attributesDiscarded: number;
  /** Messages with IPv6 address specific extended communities (RFC 5701), which no elem carries. */
  ipv6ExtCommunities: number;
  /** NLRI fields that only made sense read the other way, with or without path identifiers, than the context said. */
  addPathGuesses: number;
  /** Messages that a writer's buffer had cut short; their whole entries were decoded. */
  cutMessages: number;
  /** Elems of those. */
  cutElems: number;
  /** Multiprotocol attributes of families not decoded, by `afi << 8 | safi`; at most 64 families, the rest under key -1. */
  readonly unsupportedFamilies: Map<number, number>;
}
