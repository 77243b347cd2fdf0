import type { Engine, Writer } from './engine.ts';
import type { Expiry } from './retention.ts';
import { INCIDENT_COLUMNS, literal, minutesOf } from './schema.ts';

/** Minutes and incidents outlive elems: kept so long. */
const KEEP_SUMMARIES_DAYS = 365;

/** What was let go, and why: its age, the user's limit, or the browser's. Times are when it was recorded, Unix ms. */
export interface Removal {
  readonly atMs: number;
  readonly why: 'age' | 'quota' | 'browser';
  readonly elems: number;
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** Data sets that went too. */
  readonly dataSets: readonly string[];
}

/** Removals remembered, the newest. */
const MAX_REMOVALS = 50;

/** Let go of what the plan says, in one transaction; elems leave their counts per minute behind. @returns null when nothing went */
export function expire(
  engine: Pick<Engine, 'write'>,
  plan: Expiry,
  nowMs: number,
  why: Removal['why'],
): Promise<Removal | null> {
  return engine.write(async (writer) => {
    const cutoffs: string[] = [];
    if (plan.beforeMs !== null) cutoffs.push(`make_timestamp(${Math.floor(plan.beforeMs) * 1000} - 1)`);
    if (plan.elems > 0) {
      cutoffs.push(
        `(SELECT max(recorded) FROM (SELECT recorded FROM recording_elems ORDER BY recorded LIMIT ${plan.elems}))`,
      );
    }
    const gone = cutoffs.length > 0 ? await expireElems(writer, `greatest(${cutoffs.join(', ')})`) : NO_ELEMS;
    const dataSets: string[] = [];
    for (const id of plan.dataSets) {
      const [row] = await writer.rows(`SELECT name FROM data_sets WHERE id = ${literal(id)}`);
      dataSets.push(String(row?.['name'] ?? id).replaceAll('\n', ' '));
      await dropDataSet(writer, id);
    }
    await expireSummaries(writer, nowMs);
    if (gone.elems === 0 && dataSets.length === 0) return null;
    const removal = { atMs: Math.floor(nowMs), why, ...gone, dataSets };
    await noteRemoval(writer, removal);
    return removal;
  });
}

const NO_ELEMS = { elems: 0, fromMs: null, toMs: null } as const;

async function expireElems(
  writer: Writer,
  cutoff: string,
): Promise<Pick<Removal, 'elems' | 'fromMs' | 'toMs'>> {
  const [row] = await writer.rows(`SELECT epoch_us(${cutoff})::BIGINT AS us`);
  const us = row?.['us'];
  if (us === null || us === undefined) return NO_ELEMS;
  const old = `recorded <= make_timestamp(${String(us)})`;
  const [found] = await writer.rows(
    `SELECT count(*)::INTEGER AS n, epoch_ms(min(recorded))::DOUBLE AS first, epoch_ms(max(recorded))::DOUBLE AS last FROM recording_elems WHERE ${old}`,
  );
  const elems = Number(found?.['n'] ?? 0);
  if (elems === 0) return NO_ELEMS;
  const minutes = minutesOf(`(SELECT * FROM recording_elems WHERE ${old})`, 'source');
  await writer.run(`INSERT INTO recording_minutes ${minutes}`);
  await writer.run(`DELETE FROM recording_elems WHERE ${old}`);
  return { elems, fromMs: Number(found?.['first']), toMs: Number(found?.['last']) };
}

async function noteRemoval(writer: Writer, removal: Removal): Promise<void> {
  const { atMs, why, elems, fromMs, toMs, dataSets } = removal;
  const number = (value: number | null): string => (value === null ? 'NULL' : String(Math.floor(value)));
  await writer.run(
    `INSERT INTO removals VALUES (${atMs}, '${why}', ${elems}, ${number(fromMs)}, ${number(toMs)}, ${literal(dataSets.join('\n'))})`,
  );
  await writer.run(
    `DELETE FROM removals WHERE rowid NOT IN (SELECT rowid FROM removals ORDER BY at_ms DESC, rowid DESC LIMIT ${MAX_REMOVALS})`,
  );
}

/** What was let go, newest first. */
export async function listRemovals(engine: Pick<Engine, 'rows'>): Promise<Removal[]> {
  const rows = await engine.rows('SELECT * FROM removals ORDER BY at_ms DESC, rowid DESC');
  const orNull = (value: unknown): number | null =>
    value === null || value === undefined ? null : Number(value);
  return rows.map((row) => ({
    atMs: Number(row['at_ms']),
    why: String(row['why']) as Removal['why'],
    elems: Number(row['elems']),
    fromMs: orNull(row['from_ms']),
    toMs: orNull(row['to_ms']),
    dataSets: String(row['data_sets'] ?? '')
      .split('\n')
      .filter(Boolean),
  }));
}

/** Summaries age by the newest of their own times: a recording of 2008 is not a year old because it is of 2008. */
async function expireSummaries(writer: Writer, nowMs: number): Promise<void> {
  const cutoff = `make_timestamp(${Math.floor(nowMs - KEEP_SUMMARIES_DAYS * 86_400_000) * 1000})`;
  const first = INCIDENT_COLUMNS[0][0];
  await writer.run(
    `DELETE FROM recording_incidents WHERE ${first} IN (SELECT ${first} FROM recording_incidents WHERE last_seen < ${cutoff} ORDER BY last_seen DESC OFFSET 5000)`,
  );
  await writer.run(
    `DELETE FROM recording_minutes WHERE minute < ${cutoff} AND source IN (SELECT source FROM recording_minutes GROUP BY source HAVING max(minute) >= ${cutoff})`,
  );
}

/** Take a loaded data set away. */
export async function dropDataSet(writer: Writer, id: string): Promise<void> {
  await writer.run(`DROP TABLE IF EXISTS ${id}_elems`);
  await writer.run(`DROP TABLE IF EXISTS ${id}_incidents`);
  await writer.run(`DELETE FROM data_sets WHERE id = '${id}'`);
}
