import type { Engine, Writer } from './engine.ts';
import type { Expiry } from './retention.ts';
import { INCIDENT_COLUMNS, minutesOf } from './schema.ts';

/** Minutes and incidents outlive elems: kept so long. */
const KEEP_SUMMARIES_DAYS = 365;

/** Let go of what the plan says, in one transaction; elems leave their counts per minute behind. @returns elems let go. */
export function expire(engine: Engine, plan: Expiry, nowMs: number): Promise<number> {
  return engine.write(async (writer) => {
    const cutoffs: string[] = [];
    if (plan.beforeMs !== null) cutoffs.push(`make_timestamp(${Math.floor(plan.beforeMs) * 1000} - 1)`);
    if (plan.elems > 0) {
      cutoffs.push(
        `(SELECT max(recorded) FROM (SELECT recorded FROM recording_elems ORDER BY recorded LIMIT ${plan.elems}))`,
      );
    }
    let gone = 0;
    if (cutoffs.length > 0) gone = await expireElems(writer, `greatest(${cutoffs.join(', ')})`);
    for (const id of plan.dataSets) await dropDataSet(writer, id);
    await expireSummaries(writer, nowMs);
    return gone;
  });
}

async function expireElems(writer: Writer, cutoff: string): Promise<number> {
  const [row] = await writer.rows(`SELECT epoch_us(${cutoff})::BIGINT AS us`);
  const us = row?.['us'];
  if (us === null || us === undefined) return 0;
  const old = `recorded <= make_timestamp(${String(us)})`;
  const [count] = await writer.rows(`SELECT count(*)::INTEGER AS n FROM recording_elems WHERE ${old}`);
  const gone = Number(count?.['n'] ?? 0);
  if (gone === 0) return 0;
  const minutes = minutesOf(`(SELECT * FROM recording_elems WHERE ${old})`, 'source');
  await writer.run(`INSERT INTO recording_minutes ${minutes}`);
  await writer.run(`DELETE FROM recording_elems WHERE ${old}`);
  return gone;
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
