/**
 * The tables of the local history. An elem has the names the archive's Parquet files use for the same things, so that one
 * question reads both. Times are UTC with microseconds.
 */

/** Columns of what this browser recorded, in order, with their DuckDB types. */
export const ELEM_COLUMNS = [
  ['time', 'TIMESTAMP'],
  ['kind', 'VARCHAR'],
  ['collector', 'VARCHAR'],
  ['peer', 'VARCHAR'],
  ['peer_asn', 'UINTEGER'],
  ['prefix', 'VARCHAR'],
  ['family', 'VARCHAR'],
  ['path', 'VARCHAR'],
  ['origin_asn', 'UINTEGER'],
  ['next_hop', 'VARCHAR'],
  ['communities', 'VARCHAR'],
  ['old_state', 'UTINYINT'],
  ['new_state', 'UTINYINT'],
  ['source', 'VARCHAR'],
  ['recorded', 'TIMESTAMP'],
] as const;

/** Columns every ready-made question may count on; a file without them can be asked by SQL only. */
export const NEEDED_COLUMNS = [
  'time',
  'kind',
  'collector',
  'peer',
  'peer_asn',
  'prefix',
  'path',
  'origin_asn',
] as const;

/** Columns of the incidents, in order. */
export const INCIDENT_COLUMNS = [
  ['id', 'VARCHAR'],
  ['type', 'VARCHAR'],
  ['severity', 'VARCHAR'],
  ['level', 'VARCHAR'],
  ['confidence', 'INTEGER'],
  ['state', 'VARCHAR'],
  ['first_seen', 'TIMESTAMP'],
  ['alerted', 'TIMESTAMP'],
  ['last_seen', 'TIMESTAMP'],
  ['ended', 'TIMESTAMP'],
  ['prefix', 'VARCHAR'],
  ['prefixes', 'UINTEGER'],
  ['culprit', 'UINTEGER'],
  ['victim', 'UINTEGER'],
  ['peers', 'UINTEGER'],
  ['summary', 'VARCHAR'],
] as const;

type Columns = readonly (readonly [name: string, type: string])[];

const create = (table: string, columns: Columns): string =>
  `CREATE TABLE IF NOT EXISTS ${table}(${columns.map(([name, type]) => `${name} ${type}`).join(', ')})`;

/** What a table of elems or of incidents is made with. */
export const createElems = (table: string): string => create(table, ELEM_COLUMNS);
export const createIncidents = (table: string): string => create(table, INCIDENT_COLUMNS);

/** Version of the tables below. A database of another version is not read but begun anew. */
export const TABLES_VERSION = 1;

/** Id of what this browser recorded, among the data sets. */
export const RECORDING = 'recording';

/** Everything an empty database gets. */
export const CREATE_TABLES: readonly string[] = [
  'CREATE TABLE IF NOT EXISTS history_version(version INTEGER)',
  createElems('recording_elems'),
  createIncidents('recording_incidents'),
  'CREATE TABLE IF NOT EXISTS recording_minutes(minute TIMESTAMP, source VARCHAR, collector VARCHAR, peer VARCHAR, peer_asn UINTEGER, announcements UBIGINT, withdrawals UBIGINT, state_changes UBIGINT)',
  // Which frames of which stream are in, so that none is taken twice.
  'CREATE TABLE IF NOT EXISTS recorded_frames(stream UINTEGER, from_seq BIGINT, to_seq BIGINT)',
  // Which part of a recording that the relay plays is in, so that its next pass adds nothing.
  'CREATE TABLE IF NOT EXISTS recorded_passes(source VARCHAR, from_us BIGINT, to_us BIGINT)',
  // What was let go, for the page to tell.
  'CREATE TABLE IF NOT EXISTS removals(at_ms BIGINT, why VARCHAR, elems BIGINT, from_ms BIGINT, to_ms BIGINT, data_sets VARCHAR)',
  'CREATE TABLE IF NOT EXISTS data_sets(id VARCHAR, key VARCHAR, kind VARCHAR, name VARCHAR, elems BIGINT, bytes BIGINT, from_us BIGINT, to_us BIGINT, loaded_ms BIGINT, has_incidents BOOLEAN, is_complete BOOLEAN, missing VARCHAR)',
];

/** Updates per minute and vantage out of a table of elems. */
export function minutesOf(table: string, source: string): string {
  return `SELECT date_trunc('minute', time) AS minute, ${source} AS source, collector, peer, peer_asn,
    (count(*) FILTER (kind = 'announce'))::UBIGINT AS announcements, (count(*) FILTER (kind = 'withdraw'))::UBIGINT AS withdrawals,
    (count(*) FILTER (kind = 'state'))::UBIGINT AS state_changes
    FROM ${table} GROUP BY ALL`;
}

/** The views a query on a data set finds: `elems`, `minutes`, `incidents`. */
export function viewsOf(
  id: string,
  has: { readonly incidents: boolean; readonly minutes: boolean },
): string[] {
  const view = (name: string, select: string): string => `CREATE OR REPLACE TEMP VIEW ${name} AS ${select}`;
  const views = [view('elems', `SELECT * FROM ${id}_elems`)];
  if (id === RECORDING) {
    const all = `SELECT * FROM recording_minutes UNION ALL ${minutesOf('recording_elems', 'source')}`;
    views.push(
      view(
        'minutes',
        `SELECT minute, source, collector, peer, peer_asn, sum(announcements)::BIGINT AS announcements, sum(withdrawals)::BIGINT AS withdrawals, sum(state_changes)::BIGINT AS state_changes FROM (${all}) GROUP BY ALL`,
      ),
    );
  } else if (has.minutes) views.push(view('minutes', minutesOf(`${id}_elems`, `''`)));
  const incidents = has.incidents ? `${id}_incidents` : 'recording_incidents WHERE false';
  views.push(view('incidents', `SELECT * FROM ${incidents}`));
  return views;
}

/** A text as an SQL literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
