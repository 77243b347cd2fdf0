/**
 * The feature columns the models read, by the names of `core/feature/features.ts` (UFAM's names where UFAM has the column). The
 * order is part of every model file: `MODEL_COLUMNS_VERSION` changes with it.
 *
 * All are per stream and minute, non-negative, and enter as log1p. Left out on purpose: what depends on the size of the peer's
 * table or on warm state only (rare ASNs), and UFAM's `edit_distance_unique_dict_*`, which are a copy of `edit_distance_dict_*`.
 */
export const MODEL_COLUMNS = [
  'announcements',
  'withdrawals',
  'nlri_ann',
  'imp_wd',
  'imp_wd_dpath',
  'imp_wd_spath',
  'dups',
  'wd_dups',
  'news',
  'nadas',
  'flaps',
  'origin_changes',
  'ann_to_longer',
  'ann_to_shorter',
  'as_path_avg',
  'as_path_max',
  'unique_as_path_max',
  'edit_distance_avg',
  'edit_distance_max',
  'edit_distance_dict_0',
  'edit_distance_dict_1',
  'edit_distance_dict_2',
  'edit_distance_dict_3',
  'edit_distance_dict_4',
  'origin_0',
  'origin_2',
] as const;

/** One of the columns the models read. */
export type ModelColumn = (typeof MODEL_COLUMNS)[number];

/** Columns per row. */
export const MODEL_WIDTH = MODEL_COLUMNS.length;

/** Changes whenever `MODEL_COLUMNS` does; model files of another version are refused. */
export const MODEL_COLUMNS_VERSION = 1;

/**
 * Where each model column stands in a vector with the given column names; -1 where it has none (its value is then unknown, which
 * is not zero).
 */
export function locateModelColumns(names: readonly string[]): Int32Array {
  return Int32Array.from(MODEL_COLUMNS, (name) => names.indexOf(name));
}
