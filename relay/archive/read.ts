import { join } from 'node:path';
import type { ElemBatch } from '#core/elem/batch.ts';
import type { ElemFilter } from '#core/elem/filter.ts';
import { compileFilter, filterBatch } from '#core/elem/filter.ts';
import type { ArchiveQuery } from './conditions.ts';
import { pruningCondition } from './conditions.ts';
import type { Duck } from './duck.ts';
import { quoteList } from './duck.ts';
import type { ArchiveIndex, IndexedFile } from './index-file.ts';
import { READ_LIST, RowReader } from './row-reader.ts';
import { HOUR_US, partitionStartUs } from './schema.ts';

export interface ReadOptions {
  /** Elems of a batch; messages stay whole. Default 1,000. */
  readonly batchElems?: number;
  /** Ends the reading soon after it is aborted. */
  readonly signal?: AbortSignal;
}

/** An hour of more rows is read in slices: sorting needs memory for what it sorts. */
const MAX_SORT_ROWS = 2_000_000;

/**
 * The archived elems a query asks for, in time order (elems of one moment in the order they came), exactly as they were.
 * Holds one slice of at most about `MAX_SORT_ROWS` rows inside DuckDB and one batch outside, whatever the window.
 *
 * @param dir the archive's folder. @param duck is busy until the generator ends; others want their own.
 * @throws {BgpError} ARCHIVE_BAD_FILE, FILTER_BAD
 */
export async function* readElems(
  dir: string,
  index: ArchiveIndex,
  duck: Duck,
  query: ArchiveQuery,
  options: ReadOptions = {},
): AsyncGenerator<ElemBatch, void, undefined> {
  const matcher = isEmpty(query.filter) ? null : compileFilter(query.filter!);
  const reader = new RowReader(options.batchElems);
  const keep = (batch: ElemBatch): ElemBatch | null => (matcher ? filterBatch(batch, matcher) : batch);
  for (const slice of slices(index, query)) {
    const result = await duck.connection.stream(
      `SELECT ${READ_LIST} FROM read_parquet(${quoteList(slice.paths.map((path) => join(dir, path)))}, hive_partitioning = false)
       WHERE ${pruningCondition({ ...query, ...slice })} ORDER BY time, seq`,
    );
    for (
      let chunk = await result.fetchChunk();
      chunk && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      if (options.signal?.aborted) return;
      for (const full of reader.push(chunk)) {
        const batch = keep(full);
        if (batch) yield batch;
      }
    }
    if (options.signal?.aborted) return;
  }
  const rest = reader.end();
  const batch = rest && keep(rest);
  if (batch) yield batch;
}

function isEmpty(filter: ElemFilter | undefined): boolean {
  return filter === undefined || Object.keys(filter).length === 0;
}

/** The files of elems whose times overlap a window, in the order of their hours. */
export function filesOfWindow(index: ArchiveIndex, fromUs: number, toUs: number): IndexedFile[] {
  return index.files
    .filter((file) => file.kind === 'elems' && file.maxTimeUs >= fromUs && file.minTimeUs < toUs)
    .sort(
      (a, b) =>
        (partitionStartUs(a.partition) ?? 0) - (partitionStartUs(b.partition) ?? 0) || a.minSeq - b.minSeq,
    );
}

/** Stretches of data time that follow one another, each small enough to be sorted, with the files they are in. */
function* slices(
  index: ArchiveIndex,
  { fromUs, toUs }: ArchiveQuery,
): Generator<{ fromUs: number; toUs: number; paths: string[] }> {
  const byHour = new Map<number, IndexedFile[]>();
  for (const file of filesOfWindow(index, fromUs, toUs)) {
    const hour = partitionStartUs(file.partition)!;
    byHour.set(hour, [...(byHour.get(hour) ?? []), file]);
  }
  for (const [hour, files] of byHour) {
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    const count = Math.ceil(rows / MAX_SORT_ROWS);
    const stepUs = Math.ceil(HOUR_US / count);
    for (let start = hour; start < hour + HOUR_US; start += stepUs) {
      const slice = {
        fromUs: Math.max(start, fromUs),
        toUs: Math.min(start + stepUs, hour + HOUR_US, toUs),
      };
      const paths = files
        .filter((file) => file.maxTimeUs >= slice.fromUs && file.minTimeUs < slice.toUs)
        .map(({ path }) => path);
      if (slice.fromUs < slice.toUs && paths.length > 0) yield { ...slice, paths };
    }
  }
}
