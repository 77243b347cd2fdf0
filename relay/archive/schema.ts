/**
 * The archive's table: one row per elem, the same columns in every Parquet file (docs/archive.md). Text where people and SQL
 * look, numbers where machines count. Every column of an elem comes back exactly as it went in.
 */

/** Version of the columns below; in every file's metadata and in the index. A reader refuses others. */
export const SCHEMA_VERSION = 1;

/** Columns in file order with their DuckDB types. */
export const COLUMNS = [
  /** The archive's own number of the elem, from 1, without gaps, never used twice. */
  ['seq', 'BIGINT'],
  /** UTC, microseconds. */
  ['time', 'TIMESTAMP'],
  /** `announce`, `withdraw`, `state` or `rib`. */
  ['kind', 'VARCHAR'],
  /** `ELEM_FLAG` bits; 1 is the first elem of its message. */
  ['flags', 'UTINYINT'],
  ['collector', 'VARCHAR'],
  /** The peer's address; NULL when unknown. */
  ['peer', 'VARCHAR'],
  ['peer_asn', 'UINTEGER'],
  /** `ipv4`, `ipv6`, `vpnv4`, `vpnv6`; NULL for a state change. */
  ['family', 'VARCHAR'],
  /** CIDR without route distinguisher; NULL for a state change. */
  ['prefix', 'VARCHAR'],
  ['rd', 'VARCHAR'],
  /** RFC 7911; NULL when 0. */
  ['path_id', 'UINTEGER'],
  /** MPLS labels, outermost first, apart by spaces. */
  ['labels', 'VARCHAR'],
  /** Nearest AS first; empty for an empty path; NULL without path attributes (withdrawals, state changes). */
  ['path', 'VARCHAR'],
  /** The AS that originated the path; NULL when there is none or it ends in an AS_SET. */
  ['origin_asn', 'UINTEGER'],
  ['next_hop', 'VARCHAR'],
  /** ORIGIN: `igp`, `egp`, `incomplete`. */
  ['origin', 'VARCHAR'],
  ['med', 'UINTEGER'],
  ['local_pref', 'UINTEGER'],
  ['atomic', 'BOOLEAN'],
  /** `asn address`. */
  ['aggregator', 'VARCHAR'],
  ['otc', 'UINTEGER'],
  /** Apart by spaces, as are the next two. */
  ['communities', 'VARCHAR'],
  ['ext_communities', 'VARCHAR'],
  ['large_communities', 'VARCHAR'],
  /** FSM states of RFC 6396 §4.4.1; NULL unless a state change. */
  ['old_state', 'UTINYINT'],
  ['new_state', 'UTINYINT'],
  /** The path's words, where its text would be read as others (docs/archive.md); else NULL. */
  ['path_raw', 'VARCHAR'],
] as const;

export type ColumnName = (typeof COLUMNS)[number][0];

/** The columns as a list for SELECT. */
export const COLUMN_LIST = COLUMNS.map(([name]) => name).join(', ');

/** Rows of a row group: what statistics and Bloom filters can rule out at once. */
export const ROW_GROUP_ROWS = 32_768;

/**
 * Rows of a file stand by owner (the origin most often seen for their prefix in the file, so that withdrawals and hijacks
 * stand with the victim), then path, peer and seq. Measured smallest of twelve orders; `owner` is not stored.
 */
export const FILE_ORDER = 'owner, path, peer, seq';

/** The hive folder of an hour of data time: `date=2008-02-24/hour=18`. */
export function partitionOf(timeUs: number): string {
  const iso = new Date(timeUs / 1000).toISOString();
  const tee = iso.indexOf('T');
  return `date=${iso.slice(0, tee)}/hour=${iso.slice(tee + 1, tee + 3)}`;
}

const PARTITION = /^date=(.+)\/hour=(\d\d)$/;

/** Start of a partition's hour, Unix microseconds; null for text that names none. */
export function partitionStartUs(partition: string): number | null {
  const match = PARTITION.exec(partition);
  const startMs = match ? Date.parse(`${match[1]}T${match[2]}:00:00Z`) : NaN;
  return Number.isNaN(startMs) ? null : startMs * 1000;
}

/** Microseconds of an hour. */
export const HOUR_US = 3_600_000_000;
