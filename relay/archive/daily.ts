import { join } from 'node:path';
import { sortedFiles } from './commit.ts';
import { quote, quoteList } from './duck.ts';
import type { ArchiveIndex, IndexedFile } from './index-file.ts';
import type { ArchiveParts } from './parts.ts';
import { RETIRE_MS } from './parts.ts';

/** A day is summed again when its files have been left alone for this long, so that a running day is not summed all the time. */
const QUIET_MS = 600_000;
const DAY_PARTITION = /^date=[^/]+/;

/** The sums of a day, and what their rows are sorted by. */
const SUMS = [
  { kind: 'daily-asn', key: 'origin_asn', select: asnSums },
  { kind: 'daily-prefix', key: 'prefix', select: prefixSums },
] as const;

/**
 * Bring the daily sums up to date: per origin AS and per prefix the announcements, withdrawals, vantages and incidents of each
 * day (UTC, data time). Only days whose files have changed since are summed again, each from its own files. A day whose raw
 * files have expired keeps the sums it had.
 *
 * Withdrawals name no origin: an AS is given those of the prefixes it originated on that day.
 *
 * @param isEager also days that are still growing. @returns days summed
 */
export async function updateDaily(archive: ArchiveParts, isEager: boolean): Promise<number> {
  let summed = 0;
  for (const day of staleDays(archive.keeper.index, archive.nowMs(), isEager)) {
    await archive.exclusive(() => sumDay(archive, day));
    summed++;
  }
  return summed;
}

function dayOf({ partition }: IndexedFile): string {
  return DAY_PARTITION.exec(partition)?.[0] ?? partition;
}

/** Days with elems or incidents archived after their sums were made. */
export function staleDays(index: ArchiveIndex, nowMs: number, isEager: boolean): string[] {
  const newestMs = new Map<string, number>();
  const summedRows = new Map<string, string>();
  const rawFiles = new Map<string, IndexedFile[]>();
  for (const file of index.files) {
    const day = dayOf(file);
    if (file.kind === 'daily-asn') summedRows.set(day, file.of ?? '');
    if (file.kind !== 'elems' && file.kind !== 'incidents') continue;
    newestMs.set(day, Math.max(newestMs.get(day) ?? 0, file.writtenMs));
    rawFiles.set(day, [...(rawFiles.get(day) ?? []), file]);
  }
  return [...rawFiles]
    .filter(([day, files]) => {
      const summed = summedRows.get(day);
      if (summed === contentOf(files) || (summed !== undefined && isPartOf(files, summed))) return false;
      return isEager || Math.abs(nowMs - newestMs.get(day)!) >= QUIET_MS;
    })
    .map(([day]) => day);
}

/** What a day's sums were made of: rows and sums of seqs, which merging files does not change. */
function contentOf(files: readonly IndexedFile[]): string {
  const elems = files.filter(({ kind }) => kind === 'elems');
  const rows = elems.reduce((sum, file) => sum + file.rows, 0);
  const seqSum = elems.reduce((sum, file) => sum + BigInt(file.seqSum), 0n);
  const incidents = files
    .filter(({ kind }) => kind === 'incidents')
    .reduce((sum, file) => sum + file.rows, 0);
  return `${rows} ${seqSum} ${incidents}`;
}

/** Fewer elems than were summed: some have expired, and the sums know more than the files. */
function isPartOf(files: readonly IndexedFile[], summed: string): boolean {
  const rows = files.reduce((sum, file) => sum + (file.kind === 'elems' ? file.rows : 0), 0);
  return rows < Number(summed.split(' ')[0]);
}

async function sumDay(archive: ArchiveParts, day: string): Promise<void> {
  const files = archive.keeper.index.files.filter((file) => dayOf(file) === day);
  const elems = files.filter(({ kind }) => kind === 'elems');
  const incidents = files.filter(({ kind }) => kind === 'incidents');
  if (elems.length === 0) return;
  const of = contentOf([...elems, ...incidents]);
  const made: IndexedFile[] = [];
  for (const { kind, key, select } of SUMS) {
    const file = await archive.writer.writeOther(kind, day, (path) =>
      archive.duck.connection.run(
        `COPY (${select(archive, elems, incidents)} ORDER BY ${key}) TO ${quote(path)} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 15)`,
      ),
    );
    made.push({ ...file, of });
  }
  const untilMs = archive.nowMs() + RETIRE_MS;
  const isOld = (file: IndexedFile): boolean =>
    (file.kind === 'daily-asn' || file.kind === 'daily-prefix') &&
    file.partition === day &&
    !made.some(({ path }) => path === file.path);
  await archive.keeper.change((index) => ({
    ...index,
    files: sortedFiles([
      ...index.files.filter((file) => !isOld(file) && !made.some(({ path }) => path === file.path)),
      ...made,
    ]),
    retired: [...index.retired, ...index.files.filter(isOld).map(({ path }) => ({ path, untilMs }))],
  }));
  archive.log.info('archive.summed', { day, files: elems.length });
}

function source(archive: ArchiveParts, files: readonly IndexedFile[]): string {
  const paths = files.map(({ path }) => join(archive.dir, path));
  return `read_parquet(${quoteList(paths)}, hive_partitioning = false, union_by_name = true)`;
}

/** Incidents per key: rows carry lists of the prefixes and ASNs they concern, as JSON text. */
function incidentSums(
  archive: ArchiveParts,
  files: readonly IndexedFile[],
  column: string,
  type: string,
): string {
  if (files.length === 0) return `SELECT NULL::${type} AS key, 0::UBIGINT AS incidents WHERE false`;
  return `SELECT key::${type} AS key, count(DISTINCT id)::UBIGINT AS incidents
    FROM (SELECT id, unnest(from_json(${column}, '["VARCHAR"]')) AS key FROM ${source(archive, files)}) GROUP BY 1`;
}

function prefixSums(
  archive: ArchiveParts,
  elems: readonly IndexedFile[],
  incidents: readonly IndexedFile[],
): string {
  return `WITH sums AS (
      SELECT family, rd, prefix, count(*) FILTER (kind = 'announce')::UBIGINT AS announcements,
        count(*) FILTER (kind = 'withdraw')::UBIGINT AS withdrawals,
        count(DISTINCT (collector, peer, peer_asn))::UINTEGER AS vantages
      FROM ${source(archive, elems)} WHERE prefix IS NOT NULL GROUP BY ALL),
    found AS (${incidentSums(archive, incidents, 'prefixes', 'VARCHAR')})
    SELECT sums.*, coalesce(found.incidents, 0)::UBIGINT AS incidents
    FROM sums LEFT JOIN found ON found.key = sums.prefix`;
}

function asnSums(
  archive: ArchiveParts,
  elems: readonly IndexedFile[],
  incidents: readonly IndexedFile[],
): string {
  const rows = source(archive, elems);
  return `WITH announced AS (
      SELECT origin_asn, count(*) FILTER (kind = 'announce')::UBIGINT AS announcements,
        count(DISTINCT prefix)::UINTEGER AS prefixes,
        count(DISTINCT (collector, peer, peer_asn))::UINTEGER AS vantages
      FROM ${rows} WHERE origin_asn IS NOT NULL GROUP BY 1),
    owned AS (SELECT DISTINCT origin_asn, family, rd, prefix FROM ${rows} WHERE origin_asn IS NOT NULL),
    gone AS (SELECT family, rd, prefix, count(*) AS withdrawals FROM ${rows} WHERE kind = 'withdraw' GROUP BY ALL),
    withdrawn AS (
      SELECT origin_asn, sum(withdrawals)::UBIGINT AS withdrawals
      FROM owned JOIN gone ON gone.prefix = owned.prefix AND gone.family = owned.family
        AND gone.rd IS NOT DISTINCT FROM owned.rd GROUP BY 1),
    found AS (${incidentSums(archive, incidents, 'asns', 'UINTEGER')})
    SELECT announced.*, coalesce(withdrawals, 0)::UBIGINT AS withdrawals,
      coalesce(found.incidents, 0)::UBIGINT AS incidents
    FROM announced LEFT JOIN withdrawn USING (origin_asn) LEFT JOIN found ON found.key = announced.origin_asn`;
}
