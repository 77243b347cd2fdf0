/**
 * Every threshold of the detectors and of incident scoring, with its unit and where it comes from. docs/detectors.md says
 * the same in prose. They are rules about routing, not about any one event; change them here and nowhere else.
 */
export interface DetectParams {
  /** Seconds an origin or a link must have been known before it clears anything. ARTEMIS and GRIP compare with the past; an hour outlasts convergence and path hunting (minutes). */
  readonly knownAfterS: number;
  /** Distinct peer ASNs before an incident is shown as more than low visibility (BGPalerter: thresholdMinPeers 2). */
  readonly minPeerAsns: number;
  /** Origins up to this number may be a prepend count typed as an ASN (GRIP: 25). */
  readonly prependAsnMax: number;
  /** Prefix sizes outside which an origin change is not judged, IPv4: shorter than /8 is nobody's, GRIP hides it. */
  readonly minBitsV4: number;
  readonly minBitsV6: number;
  /** Longest usual prefix, IPv4 and IPv6: longer is traffic engineering or blackholing and rarely propagates. */
  readonly maxUsualBitsV4: number;
  readonly maxUsualBitsV6: number;
  /** Other origins' more-specifics under a block from which on the block counts as provider-aggregated. */
  readonly aggregatedMinChildren: number;
  /** Share of the vantages that must hold the origin's route for a link towards it to be "never seen" rather than not yet. */
  readonly sampledShare: number;
  /** New links towards one origin, begun within `massWindowS`, from which on the origin itself has changed how it is connected: a forger needs one. */
  readonly reconnectedLinks: number;
  /** Seconds after which a changed origin that is still there looks intended: hijacks of the labelled kinds last hours, customers stay. */
  readonly lastingS: number;
  /** ASes behind a network from which on it is a large transit, which announces its customers' space as its business. */
  readonly largeTransitCustomers: number;
  /** Origins, all behind one link that nobody knew, within `massWindowS`, for a mass leak (2008-02-24 04:22Z: thousands). */
  readonly massLeakOrigins: number;
  /** Distinct victim ASes one AS newly originates prefixes of within `massWindowS` to be a mass event (Rostelecom 2017: about 36, Indosat 2014: thousands). */
  readonly massMinVictims: number;
  readonly massMinPrefixes: number;
  readonly massWindowS: number;
  /** Peers that must have left before an incident is withdrawn, share of those that saw it (ARTEMIS: 0.8). */
  readonly withdrawnShare: number;
  /** Seconds after withdrawal without a return before it is resolved. */
  readonly resolveAfterS: number;
  /** Seconds without news before an incident is dormant (ARTEMIS: 24 h). */
  readonly dormantAfterS: number;
  /** Share of the peer ASNs that must have shown the victim's route before its age and its neighbours are known well: each of them sees other links (a table has one path per peer). */
  readonly wellSeenShare: number;
  /** And as many peer ASNs as are enough however many there are: a hijack seen by ten counts as spread, too. */
  readonly wellSeenPeers: number;
  /** Parts of a victim's space that others announced before from which on one more is business as usual. */
  readonly manyTenants: number;
  /** Seconds an origin must have stayed, with the old one gone, to be a renumbering that completed. */
  readonly transferAfterS: number;
  /** Seconds a sighting by one peer ASN waits for a second before it becomes a near-miss (BGPalerter fade-off: 360). */
  readonly fadeOffS: number;
  /** Share of the usual holders that must have let go of a prefix: critical below half (IODA: 50 % critical). */
  readonly visibilityLossShare: number;
  /** Vantages that must have held a prefix before its loss means anything. */
  readonly visibilityMinVantages: number;
  /** Seconds a prefix must stay lost: longer than path hunting. */
  readonly visibilityHoldS: number;
  /** Share of an AS's prefixes lost, and how many at least, for an AS outage. */
  readonly outageShare: number;
  readonly outageMinPrefixes: number;
  /** Withdrawals per minute over the median minute of the last hour, and at least, for a storm. */
  readonly stormFactor: number;
  readonly stormMinPerMinute: number;
  /** Withdraw-announce cycles per prefix and hour, seen by several peers (1,200/h is the known "critical"; 132 "medium"). */
  readonly flapMinPerHour: number;
  /** Churn: changes of a prefix per hour over its own baseline rate (bgp.tools: 100x) and at least this many. */
  readonly churnFactor: number;
  readonly churnMinPerHour: number;
  /** Path lengths in hops, prepends counted: absolute, and over the prefix's usual. */
  readonly longPathHops: number;
  readonly inflationHops: number;
  /** Fresh routes per minute from one vantage from which on it is sending its table. */
  readonly transferFreshPerMinute: number;
  /** Seconds after a session comes up during which its announcements are its table. */
  readonly transferMaxS: number;
  /** Resets of one session within an hour to be an incident. */
  readonly sessionResetsPerHour: number;
  /** Bounds. */
  readonly maxPrefixes: number;
  readonly maxOrigins: number;
  readonly maxLinks: number;
  readonly maxSightings: number;
  readonly maxIncidents: number;
  readonly maxNearMisses: number;
  readonly maxPrefixesPerIncident: number;
}

export const DEFAULT_PARAMS: DetectParams = {
  knownAfterS: 3600,
  minPeerAsns: 2,
  prependAsnMax: 25,
  minBitsV4: 8,
  minBitsV6: 19,
  maxUsualBitsV4: 24,
  maxUsualBitsV6: 48,
  aggregatedMinChildren: 4,
  wellSeenShare: 0.25,
  wellSeenPeers: 10,
  manyTenants: 8,
  sampledShare: 0.4,
  reconnectedLinks: 4,
  lastingS: 6 * 3600,
  largeTransitCustomers: 50,
  massLeakOrigins: 100,
  massMinVictims: 8,
  massMinPrefixes: 20,
  massWindowS: 900,
  withdrawnShare: 0.8,
  resolveAfterS: 3600,
  dormantAfterS: 86_400,
  transferAfterS: 3600,
  fadeOffS: 360,
  visibilityLossShare: 0.5,
  visibilityMinVantages: 10,
  visibilityHoldS: 300,
  outageShare: 0.5,
  outageMinPrefixes: 5,
  stormFactor: 20,
  stormMinPerMinute: 5000,
  flapMinPerHour: 132,
  churnFactor: 100,
  churnMinPerHour: 1212,
  longPathHops: 50,
  inflationHops: 10,
  transferFreshPerMinute: 3000,
  transferMaxS: 600,
  sessionResetsPerHour: 6,
  maxPrefixes: 2_000_000,
  maxOrigins: 3_000_000,
  maxLinks: 2_000_000,
  maxSightings: 50_000,
  maxIncidents: 10_000,
  maxNearMisses: 1000,
  maxPrefixesPerIncident: 1000,
};
