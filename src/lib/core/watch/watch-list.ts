import type { Prefix, PrefixKey } from '../prefix/prefix.ts';
import type { AsnSet } from './asn-set.ts';

/**
 * What a network says about itself: its prefixes with who may originate and pass them on, its AS numbers with their
 * neighbours, and what to be told about. One model, whichever format it was read from; plain data.
 */

/** What can be watched for, by the names of the own format. */
export const MONITORS = [
  'hijack',
  'new-prefix',
  'visibility',
  'path',
  'neighbors',
  'asn',
  'rpki',
  'roa',
] as const;
export type Monitor = (typeof MONITORS)[number];

/**
 * Distinct peers before an alert, where the list says nothing: BGPalerter's shipped configuration, except that its path
 * monitor's 1 stands for path rules, which are written on purpose.
 */
export const DEFAULT_MIN_PEERS: Readonly<Record<Monitor, number>> = {
  hijack: 3,
  'new-prefix': 3,
  visibility: 40,
  path: 1,
  neighbors: 3,
  asn: 3,
  rpki: 3,
  roa: 0,
};

/** Bounds of a list; beyond them it is refused. */
export const WATCH_LIMITS = {
  rules: 20_000,
  prefixes: 50_000,
  ases: 10_000,
  /** AS numbers and ranges, over the whole list. */
  asnItems: 200_000,
  /** Items of lists, those of lists in lists counted at each level. */
  listItems: 1_000_000,
  patternsPerRule: 20,
  /** Characters of a label, a group or a description. */
  text: 400,
  depth: 16,
} as const;

/**
 * One configured prefix or, with a range operator (RFC 2622 §2), all its more-specifics of `minBits` to `maxBits`.
 * Without one, both are the prefix's own length.
 */
export interface WatchPrefix {
  readonly key: PrefixKey;
  /** CIDR, host bits zero, without the operator. */
  readonly text: Prefix;
  readonly minBits: number;
  readonly maxBits: number;
}

/**
 * A condition on paths. It alerts when `match` matches and `notMatch` does not, and, where a length is given, the length
 * is also outside of it. Patterns are in the syntax of `pattern.ts`, over hops joined by commas.
 */
export interface PathRule {
  readonly match: string | null;
  readonly notMatch: string | null;
  /** Hops, prepends counted; null where it does not matter. */
  readonly minLength: number | null;
  readonly maxLength: number | null;
  readonly label: string;
}

/**
 * More-specifics of a rule's prefixes: `alert` on each (`S|-|-|-` when all else is right), `allow` those whose path is
 * right, `ignore` them all.
 */
export type MoreSpecifics = 'alert' | 'allow' | 'ignore';

/** What is right for some prefixes. Of several rules for one prefix, one that finds nothing wrong clears it. */
export interface WatchRule {
  /** Where it stands in the file: `rules[3]`, or the prefix. */
  readonly at: string;
  readonly label: string;
  readonly groups: readonly string[];
  readonly prefixes: readonly WatchPrefix[];
  /** Empty: nobody may originate it (squatting otherwise). */
  readonly origins: AsnSet;
  /** ASes right before the origin; `isAny` where it does not matter. */
  readonly neighbors: AsnSet;
  /** What the raw path may have right before the origin, prepends included, one of them; none: anything. */
  readonly prependSeqs: readonly (readonly number[])[];
  /** The neighbours must not pass it on: more than three hops are a leak. */
  readonly isNoExport: boolean;
  readonly moreSpecifics: MoreSpecifics;
  readonly pathRules: readonly PathRule[];
  readonly monitors: readonly Monitor[];
  readonly minPeers: Readonly<Partial<Record<Monitor, number>>>;
  /** Known, and never alerted on. */
  readonly isIgnored: boolean;
}

/** One of the network's own AS numbers. */
export interface WatchAs {
  readonly at: string;
  readonly asn: number;
  readonly label: string;
  readonly groups: readonly string[];
  /** Expected left neighbours on paths; null where they do not matter, empty: none is expected. */
  readonly upstreams: AsnSet | null;
  /** Expected right neighbours. */
  readonly downstreams: AsnSet | null;
  readonly monitors: readonly Monitor[];
  readonly minPeers: Readonly<Partial<Record<Monitor, number>>>;
}

export type WatchFormat = 'routescope' | 'artemis' | 'bgpalerter';

export interface WatchList {
  /** The format it was read from. */
  readonly format: WatchFormat;
  readonly rules: readonly WatchRule[];
  readonly ases: readonly WatchAs[];
  readonly minPeers: Readonly<Partial<Record<Monitor, number>>>;
  /** What was read but does not do what its writer may expect. */
  readonly warnings: readonly string[];
}

export const EMPTY_LIST: WatchList = {
  format: 'routescope',
  rules: [],
  ases: [],
  minPeers: {},
  warnings: [],
};

/** The threshold of a monitor: the rule's, else the list's, else the default. */
export function minPeersOf(
  list: Pick<WatchList, 'minPeers'>,
  rule: Pick<WatchRule, 'minPeers'> | null,
  monitor: Monitor,
): number {
  return rule?.minPeers[monitor] ?? list.minPeers[monitor] ?? DEFAULT_MIN_PEERS[monitor];
}
