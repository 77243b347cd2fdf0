import { EDIT_HISTOGRAM, FEATURE_COUNT, featureIndex } from './features.ts';
import type { WidthS } from './window.ts';

/**
 * What is counted for a stream within a window: columns of a row of numbers. First sums, then counts of distinct values, then
 * maxima. A distinct value is counted where it is first seen: `…InFive` counts what is new in the five minutes, so that its
 * sum over them is right.
 */
export const TALLY = {
  announcements: 0,
  withdrawals: 1,
  messages: 2,
  annMessages: 3,
  wdMessages: 4,
  news: 5,
  dups: 6,
  samePath: 7,
  otherPath: 8,
  flaps: 9,
  nadas: 10,
  wdDups: 11,
  originChanges: 12,
  originAsChanges: 13,
  longer: 14,
  shorter: 15,
  /** Sum of path lengths, and of distinct ASNs; of how many paths. */
  pathAsns: 16,
  uniqueAsns: 17,
  paths: 18,
  /** Sum of edit distances; of how many comparisons. */
  edits: 19,
  compared: 20,
  /** Eleven of them. */
  histogram: 21,
  rare: 21 + EDIT_HISTOGRAM,
  rarePaths: 22 + EDIT_HISTOGRAM,
  /** Three of them. */
  origin: 23 + EDIT_HISTOGRAM,
  resets: 26 + EDIT_HISTOGRAM,
  /** Elems of any kind, whether or not they are counted above. */
  heard: 27 + EDIT_HISTOGRAM,
  annPrefixes: 28 + EDIT_HISTOGRAM,
  wdPrefixes: 29 + EDIT_HISTOGRAM,
  prefixes: 30 + EDIT_HISTOGRAM,
  origins: 31 + EDIT_HISTOGRAM,
  annPrefixesInFive: 32 + EDIT_HISTOGRAM,
  wdPrefixesInFive: 33 + EDIT_HISTOGRAM,
  prefixesInFive: 34 + EDIT_HISTOGRAM,
  originsInFive: 35 + EDIT_HISTOGRAM,
  maxPath: 36 + EDIT_HISTOGRAM,
  maxUnique: 37 + EDIT_HISTOGRAM,
  maxEdits: 38 + EDIT_HISTOGRAM,
  maxRare: 39 + EDIT_HISTOGRAM,
} as const;
/** Numbers of a row. */
export const TALLY_ROW = 40 + EDIT_HISTOGRAM;
const DISTINCT = TALLY.annPrefixes;
const MAXIMA = TALLY.maxPath;

/** Add the row at `from` of `rows`, a minute, to the row at `to` of `sums`, the five minutes of the same stream. */
export function addMinute(rows: Float64Array, from: number, sums: Float64Array, to: number): void {
  for (let i = DISTINCT; i < MAXIMA; i++) sums[to + i]! += rows[from + i]!;
  addStream(rows, from, sums, to);
}

/** Add the row at `from`, a vantage, to the row at `to`, all of them, but for distinct values: others may have them too. */
export function addStream(rows: Float64Array, from: number, sums: Float64Array, to: number): void {
  for (let i = 0; i < DISTINCT; i++) sums[to + i]! += rows[from + i]!;
  for (let i = MAXIMA; i < TALLY_ROW; i++)
    if (rows[from + i]! > sums[to + i]!) sums[to + i] = rows[from + i]!;
}

type Value = (rows: Float64Array, at: number, widthS: WidthS, peers: number) => number;

const count =
  (column: number): Value =>
  (rows, at) =>
    rows[at + column]!;
/** A count of distinct values: one column for the minute, one for the five. */
const distinct =
  (inMinute: number, inFive: number): Value =>
  (rows, at, widthS) =>
    rows[at + (widthS === 60 ? inMinute : inFive)]!;
const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
const mean =
  (sum: number, of: number): Value =>
  (rows, at) =>
    ratio(rows[at + sum]!, rows[at + of]!);
const originShare =
  (origin: number): Value =>
  (rows, at) => {
    const first = at + TALLY.origin;
    return ratio(rows[first + origin]!, rows[first]! + rows[first + 1]! + rows[first + 2]!);
  };

const T = TALLY;
const VALUES: Readonly<Record<string, Value>> = {
  announcements: count(T.announcements),
  withdrawals: count(T.withdrawals),
  nlri_ann: distinct(T.annPrefixes, T.annPrefixesInFive),
  nlri_wd: distinct(T.wdPrefixes, T.wdPrefixesInFive),
  unique_prefixes: distinct(T.prefixes, T.prefixesInFive),
  messages: count(T.messages),
  ann_messages: count(T.annMessages),
  wd_messages: count(T.wdMessages),
  news: count(T.news),
  dups: count(T.dups),
  imp_wd: (rows, at) => rows[at + T.samePath]! + rows[at + T.otherPath]!,
  imp_wd_spath: count(T.samePath),
  imp_wd_dpath: count(T.otherPath),
  flaps: count(T.flaps),
  nadas: count(T.nadas),
  wd_dups: count(T.wdDups),
  origin_changes: count(T.originChanges),
  origin_as_changes: count(T.originAsChanges),
  ann_to_longer: count(T.longer),
  ann_to_shorter: count(T.shorter),
  as_path_avg: mean(T.pathAsns, T.paths),
  as_path_max: count(T.maxPath),
  unique_as_path_avg: mean(T.uniqueAsns, T.paths),
  unique_as_path_max: count(T.maxUnique),
  edit_distance_avg: mean(T.edits, T.compared),
  edit_distance_max: count(T.maxEdits),
  number_rare_ases: count(T.rare),
  rare_ases_avg: mean(T.rare, T.rarePaths),
  rare_ases_max: count(T.maxRare),
  unique_peers: (_rows, _at, _widthS, peers) => peers,
  unique_origins: distinct(T.origins, T.originsInFive),
  withdrawal_ratio: (rows, at) =>
    ratio(rows[at + T.withdrawals]!, rows[at + T.withdrawals]! + rows[at + T.announcements]!),
  message_rate: (rows, at, widthS) => rows[at + T.messages]! / widthS,
  session_resets: count(T.resets),
  ...Object.fromEntries([0, 1, 2].map((origin) => [`origin_${origin}`, count(T.origin + origin)])),
  ...Object.fromEntries([0, 1, 2].map((origin) => [`origin_${origin}_share`, originShare(origin)])),
  ...Object.fromEntries(
    Array.from({ length: EDIT_HISTOGRAM }, (_, k) => [`edit_distance_dict_${k}`, count(T.histogram + k)]),
  ),
};

/** By column of the vector, how it comes out of a row. */
const COLUMNS: readonly Value[] = columnsInOrder();

function columnsInOrder(): Value[] {
  const columns = new Array<Value>(FEATURE_COUNT);
  for (const [name, value] of Object.entries(VALUES)) columns[featureIndex(name)] = value;
  return columns;
}

const RESETS = featureIndex('session_resets');

/** Write the vector of the row at `at` to `out[outAt ..)`. @param peers the distinct peer ASNs that said something. */
export function vectorOf(
  rows: Float64Array,
  at: number,
  widthS: WidthS,
  peers: number,
  out: Float64Array,
  outAt: number,
): void {
  for (let i = 0; i < FEATURE_COUNT; i++) out[outAt + i] = COLUMNS[i]!(rows, at, widthS, peers);
}

/** Write a masked vector: nothing is known but how often the session was reset. */
export function maskedVector(rows: Float64Array, at: number, out: Float64Array, outAt: number): void {
  out.fill(Number.NaN, outAt, outAt + FEATURE_COUNT);
  out[outAt + RESETS] = rows[at + T.resets]!;
}
