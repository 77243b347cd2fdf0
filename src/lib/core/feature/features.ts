/**
 * The feature vector: which numbers describe one stream (a vantage, or all of them) in one window, in which order, in what
 * unit. Trained models carry `FEATURE_VERSION`; whoever adds, removes, reorders or redefines a column raises it.
 *
 * Where UFAM (ufam-lia/bgp-feature-extractor, the labelled data models are trained on) has a column of the same meaning, its
 * name is used. `ufam` says how far definitions agree; docs/features.md has every difference. "NLRI" counts prefixes in
 * messages, one by one; a route is what one vantage said of one prefix (and ADD-PATH id). Table transfers, multicast routes
 * and table-dump entries are in no column.
 */
export const FEATURE_VERSION = 1;

/** How a column behaves: `count` and `rate` grow with the window, `mean`, `max` and `share` do not. */
export type FeatureKind = 'count' | 'rate' | 'mean' | 'max' | 'share';

/**
 * `same`: equal to UFAM's column but for what docs/features.md says of all columns (IPv6, whole paths, session resets).
 * `differs`: the same name and meaning, other numbers: not to be mixed with UFAM's in training. `none`: UFAM has none.
 */
export type UfamAgreement = 'same' | 'differs' | 'none';

export interface FeatureSpec {
  readonly name: string;
  readonly unit: string;
  readonly kind: FeatureKind;
  readonly ufam: UfamAgreement;
  readonly definition: string;
}

const spec = (
  name: string,
  unit: string,
  kind: FeatureKind,
  ufam: UfamAgreement,
  definition: string,
): FeatureSpec => ({ name, unit, kind, ufam, definition });

/** The histogram of edit distances has a column for each of 0..10; greater distances are in the mean and maximum only. */
export const EDIT_HISTOGRAM = 11;

const histogram = Array.from({ length: EDIT_HISTOGRAM }, (_, distance) =>
  spec(
    `edit_distance_dict_${distance}`,
    'NLRI',
    'count',
    'same',
    `announced over a known path, ${distance} ${distance === 1 ? 'edit' : 'edits'} away from it`,
  ),
);

/** Every column, in the vector's order. */
export const FEATURES: readonly FeatureSpec[] = [
  spec('announcements', 'NLRI', 'count', 'same', 'prefixes announced, each time they are'),
  spec('withdrawals', 'NLRI', 'count', 'same', 'prefixes withdrawn, each time they are'),
  spec('nlri_ann', 'prefixes', 'count', 'same', 'distinct prefixes announced'),
  spec('nlri_wd', 'prefixes', 'count', 'none', 'distinct prefixes withdrawn'),
  spec('unique_prefixes', 'prefixes', 'count', 'none', 'distinct prefixes announced or withdrawn'),
  spec('messages', 'messages', 'count', 'none', 'UPDATE messages that announce or withdraw something'),
  spec('ann_messages', 'messages', 'count', 'none', 'messages that announce at least one prefix'),
  spec('wd_messages', 'messages', 'count', 'none', 'messages that withdraw at least one prefix'),
  spec('news', 'NLRI', 'count', 'same', 'announced with no route known, before or since a withdrawal'),
  spec('dups', 'NLRI', 'count', 'same', 'announced again, path and all attributes as they were'),
  spec('imp_wd', 'NLRI', 'count', 'same', 'announced over a route that differs: imp_wd_spath + imp_wd_dpath'),
  spec('imp_wd_spath', 'NLRI', 'count', 'same', 'of these, with the same path and other attributes'),
  spec('imp_wd_dpath', 'NLRI', 'count', 'same', 'of these, with another path'),
  spec('flaps', 'NLRI', 'count', 'same', 'announced after a withdrawal as it was before it'),
  spec('nadas', 'NLRI', 'count', 'same', 'announced after a withdrawal otherwise than before it'),
  spec('wd_dups', 'NLRI', 'count', 'same', 'withdrawn when already withdrawn and not announced since'),
  spec('origin_changes', 'NLRI', 'count', 'same', 'ORIGIN attribute other than that of the known route'),
  spec('origin_as_changes', 'NLRI', 'count', 'none', 'origin AS other than that of the known route'),
  spec('ann_to_longer', 'NLRI', 'count', 'same', 'path longer than the known one, prepends counted'),
  spec('ann_to_shorter', 'NLRI', 'count', 'same', 'path shorter than the known one, prepends counted'),
  spec('as_path_avg', 'ASNs', 'mean', 'differs', 'mean path length over announced NLRI, prepends counted'),
  spec('as_path_max', 'ASNs', 'max', 'same', 'longest path announced, prepends counted'),
  spec(
    'unique_as_path_avg',
    'ASNs',
    'mean',
    'differs',
    'mean number of distinct ASNs on a path, over announced NLRI',
  ),
  spec('unique_as_path_max', 'ASNs', 'max', 'same', 'most distinct ASNs on a path announced'),
  spec(
    'edit_distance_avg',
    'edits',
    'mean',
    'same',
    'mean Levenshtein distance between a path and the known one',
  ),
  spec('edit_distance_max', 'edits', 'max', 'same', 'greatest such distance'),
  ...histogram,
  spec('number_rare_ases', 'ASNs', 'count', 'differs', 'rare ASNs on announced paths, summed over messages'),
  spec('rare_ases_avg', 'ASNs', 'mean', 'differs', 'mean number of rare ASNs on a message’s path'),
  spec('rare_ases_max', 'ASNs', 'max', 'differs', 'most rare ASNs on one path'),
  spec('origin_0', 'messages', 'count', 'same', 'announcing messages with ORIGIN IGP'),
  spec('origin_1', 'messages', 'count', 'same', 'announcing messages with ORIGIN EGP'),
  spec('origin_2', 'messages', 'count', 'same', 'announcing messages with ORIGIN INCOMPLETE'),
  spec('origin_0_share', '1', 'share', 'none', 'origin_0 of all three; 0 when there are none'),
  spec('origin_1_share', '1', 'share', 'none', 'origin_1 of all three; 0 when there are none'),
  spec('origin_2_share', '1', 'share', 'none', 'origin_2 of all three; 0 when there are none'),
  spec('unique_peers', 'ASNs', 'count', 'none', 'distinct peer ASNs that said something'),
  spec('unique_origins', 'ASNs', 'count', 'none', 'distinct ASNs that originate what was announced'),
  spec(
    'withdrawal_ratio',
    '1',
    'share',
    'none',
    'withdrawals of withdrawals and announcements; 0 when there are none',
  ),
  spec('message_rate', 'messages/s', 'rate', 'none', 'messages by the seconds of the window'),
  spec('session_resets', 'sessions', 'count', 'none', 'times a session left the established state'),
];

/** Names in the vector's order. */
export const FEATURE_NAMES: readonly string[] = FEATURES.map(({ name }) => name);

export const FEATURE_COUNT = FEATURES.length;

/** Where a column is in the vector. Throws for a name there is none of: that is a mistake of the caller. */
export function featureIndex(name: string): number {
  const index = FEATURE_NAMES.indexOf(name);
  if (index === -1) throw new Error(`no feature ${name}`);
  return index;
}
