import type { ElemBatch } from '#core/elem/batch.ts';
import type { Duck } from './duck.ts';
import { quote, quoteList } from './duck.ts';
import {
  COLUMN_LIST,
  FILE_ORDER,
  HOUR_US,
  partitionOf,
  partitionStartUs,
  ROW_GROUP_ROWS,
  SCHEMA_VERSION,
} from './schema.ts';
import { stage, STAGED_ROWS } from './stage.ts';

/** Zstd levels: files of minutes are written often and rewritten soon, those of an hour stay. */
export const LEVEL = { fresh: 3, compacted: 15 } as const;

/** What a Parquet file of the archive holds, read back from the file itself. Seqs and their sum are exact. */
export interface FileFacts {
  readonly rows: number;
  readonly minSeq: number;
  readonly maxSeq: number;
  /** Sum of all seqs, decimal: with count, least and greatest it tells files apart that hold other seqs. */
  readonly seqSum: string;
  readonly minTimeUs: number;
  readonly maxTimeUs: number;
  readonly byKind: Readonly<Record<string, number>>;
}

/** A batch in the staging tables, and the partitions its elems belong to. */
export interface StagedBatch {
  readonly partitions: readonly string[];
}

/** Stage a batch for `writeStaged`. @param firstSeq seq of its first elem. */
export async function stageBatch(duck: Duck, batch: ElemBatch, firstSeq: number): Promise<StagedBatch> {
  await stage(duck.connection, batch, firstSeq);
  const hours = new Set<number>();
  for (let i = 0; i < batch.length; i++) hours.add(Math.floor(batch.timeUs[i]! / HOUR_US));
  return { partitions: [...hours].sort((a, b) => a - b).map((hour) => partitionOf(hour * HOUR_US)) };
}

/** Write the staged elems of one partition to `path`, which must be on the archive's file system. */
export async function writeStaged(duck: Duck, partition: string, path: string, level: number): Promise<void> {
  const startUs = partitionStartUs(partition)!;
  const rows = `${STAGED_ROWS} WHERE e.time_us >= ${startUs} AND e.time_us < ${startUs + HOUR_US}`;
  const owners = `SELECT e.prefix AS id, mode(a.origin_asn) AS owner
    FROM stage_elem e JOIN stage_attrs a ON a.id = e.attrs GROUP BY 1`;
  await copy(
    duck,
    `WITH own AS (${owners}) SELECT r.* EXCLUDE prefix_id FROM (${rows}) r
     LEFT JOIN own ON own.id = r.prefix_id ORDER BY ${FILE_ORDER}`,
    path,
    level,
  );
}

/** Write the rows of several files of one partition as one file. */
export async function mergeFiles(
  duck: Duck,
  inputs: readonly string[],
  path: string,
  level: number,
): Promise<void> {
  const rows = `read_parquet(${quoteList(inputs)}, hive_partitioning = false)`;
  await copy(
    duck,
    `WITH own AS (SELECT prefix, mode(origin_asn) AS owner FROM ${rows} GROUP BY 1)
     SELECT r.* FROM (SELECT ${COLUMN_LIST} FROM ${rows}) r
     LEFT JOIN own USING (prefix) ORDER BY ${FILE_ORDER}`,
    path,
    level,
  );
}

async function copy(duck: Duck, ordered: string, path: string, level: number): Promise<void> {
  await duck.connection.run(
    `COPY (SELECT ${COLUMN_LIST} FROM (${ordered})) TO ${quote(path)} (FORMAT parquet, PARQUET_VERSION V2,
     COMPRESSION zstd, COMPRESSION_LEVEL ${level}, ROW_GROUP_SIZE ${ROW_GROUP_ROWS},
     KV_METADATA {routescope_schema: '${SCHEMA_VERSION}'})`,
  );
}

/** Read from a file what it holds. Throws DuckDB's error when it is no good Parquet file. */
export async function readFacts(duck: Duck, path: string): Promise<FileFacts> {
  const [row] = await duck.rows(
    `SELECT count(*), min(seq), max(seq), sum(seq)::VARCHAR, epoch_us(min(time)), epoch_us(max(time)),
       count(*) FILTER (kind = 'announce'), count(*) FILTER (kind = 'withdraw'),
       count(*) FILTER (kind = 'state'), count(*) FILTER (kind = 'rib')
     FROM read_parquet(${quote(path)}, hive_partitioning = false)`,
  );
  const [rows, minSeq, maxSeq, seqSum, minTimeUs, maxTimeUs, ...kinds] = row!;
  const [announce, withdraw, state, rib] = kinds.map(Number);
  return {
    rows: Number(rows),
    minSeq: Number(minSeq ?? 0),
    maxSeq: Number(maxSeq ?? 0),
    seqSum: (seqSum as string | null) ?? '0',
    minTimeUs: Number(minTimeUs ?? 0),
    maxTimeUs: Number(maxTimeUs ?? 0),
    byKind: { announce: announce!, withdraw: withdraw!, state: state!, rib: rib! },
  };
}
