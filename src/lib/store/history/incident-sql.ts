import { literal } from './schema.ts';

/** An incident as the history keeps it. Times are Unix microseconds. */
export interface KeptIncidentRow {
  readonly id: string;
  readonly type: string;
  readonly severity: string;
  readonly level: string;
  readonly confidence: number;
  readonly state: string;
  readonly firstSeenUs: number;
  readonly alertedAtUs: number;
  readonly lastSeenUs: number;
  readonly endedAtUs: number | null;
  readonly prefixes: readonly string[];
  readonly prefixCount: number;
  readonly culprits: readonly number[];
  readonly victims: readonly number[];
  readonly peerAsns: number;
  readonly summary: string;
}

/** Statements that put incidents into a table, each in place of what it said of the same id. */
export function putIncidentsSql(table: string, rows: readonly KeptIncidentRow[]): string[] {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => literal(id)).join(', ');
  const values = rows.map((row) => `(${valuesOf(row).join(', ')})`).join(', ');
  return [`DELETE FROM ${table} WHERE id IN (${ids})`, `INSERT INTO ${table} VALUES ${values}`];
}

function valuesOf(row: KeptIncidentRow): string[] {
  const time = (us: number | null): string =>
    us === null || !Number.isFinite(us) ? 'NULL' : `make_timestamp(${Math.floor(us)})`;
  const asn = (list: readonly number[]): string => String(list[0] ?? 'NULL');
  return [
    literal(row.id),
    literal(row.type),
    literal(row.severity),
    literal(row.level),
    String(Math.round(row.confidence)),
    literal(row.state),
    time(row.firstSeenUs),
    time(row.alertedAtUs),
    time(row.lastSeenUs),
    time(row.endedAtUs),
    row.prefixes[0] === undefined ? 'NULL' : literal(row.prefixes[0]),
    String(row.prefixCount),
    asn(row.culprits),
    asn(row.victims),
    String(row.peerAsns),
    literal(row.summary),
  ];
}
