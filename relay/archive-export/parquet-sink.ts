import { rename, rm } from 'node:fs/promises';
import type { ElemBatch } from '#core/elem/batch.ts';
import type { Duck } from '../archive/duck.ts';
import { quote } from '../archive/duck.ts';
import { COLUMN_LIST, ROW_GROUP_ROWS, SCHEMA_VERSION } from '../archive/schema.ts';
import { stage, STAGED_ROWS } from '../archive/stage.ts';
import type { ElemSink } from './sink.ts';

/** One Parquet file with the archive's columns (docs/archive.md), in order of time; `seq` counts from 1. */
export function parquetSink(duck: Duck, path: string): ElemSink {
  const temporary = `${path}.tmp`;
  let nextSeq = 1;
  const insert = async (): Promise<void> => {
    const rows = `SELECT ${COLUMN_LIST} FROM (${STAGED_ROWS})`;
    await duck.connection.run(
      nextSeq === 1 ? `CREATE TABLE exported AS ${rows}` : `INSERT INTO exported ${rows}`,
    );
  };
  return {
    async write(batch: ElemBatch) {
      await stage(duck.connection, batch, nextSeq);
      await insert();
      nextSeq += batch.length;
    },
    async end() {
      if (nextSeq === 1) throw new Error('there is nothing to export');
      await duck.connection.run(
        `COPY (SELECT * FROM exported ORDER BY seq) TO ${quote(temporary)} (FORMAT parquet, PARQUET_VERSION V2,
         COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP_ROWS}, KV_METADATA {routescope_schema: '${SCHEMA_VERSION}'})`,
      );
      await rename(temporary, path);
    },
    drop: () => rm(temporary, { force: true }),
  };
}
