import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ElemBatch } from '#core/elem/batch.ts';
import { BgpError } from '#core/error.ts';
import type { Duck } from './duck.ts';
import type { Failpoints } from './failpoint.ts';
import { pauseAt } from './failpoint.ts';
import type { ArchiveFs } from './fs.ts';
import { writeFailure } from './fs.ts';
import type { FileKind, IndexedFile } from './index-file.ts';
import type { FileFacts } from './parquet.ts';
import { LEVEL, mergeFiles, readFacts, stageBatch, writeStaged } from './parquet.ts';

/** Half-written files are here, and are removed at the start. */
export const TEMPORARY_FOLDER = 'tmp';

export interface FileWriterParts {
  readonly fs: ArchiveFs;
  /** The archive's folder. */
  readonly dir: string;
  readonly duck: Duck;
  readonly nowMs: () => number;
  readonly failpoints: Failpoints;
}

/**
 * Writes Parquet files so that a name in its place is a whole file on the disk: temporary name, read back, sync, rename, sync
 * of the folder. They are not archived until the index names them.
 */
export class FileWriter {
  readonly #parts: FileWriterParts;
  #made = 0;

  constructor(parts: FileWriterParts) {
    this.#parts = parts;
  }

  /** Write a batch as one file per hour of its elems. @throws {BgpError} ARCHIVE_NO_SPACE and the like */
  async writeBatch(batch: ElemBatch, firstSeq: number, level: number = LEVEL.fresh): Promise<IndexedFile[]> {
    const { duck } = this.#parts;
    const files: IndexedFile[] = [];
    try {
      for (const partition of (await stageBatch(duck, batch, firstSeq)).partitions)
        files.push(
          await this.#write('elems', partition, false, (path) => writeStaged(duck, partition, path, level)),
        );
      const rows = files.reduce((sum, file) => sum + file.rows, 0);
      if (rows !== batch.length)
        throw new BgpError('ARCHIVE_BAD_FILE', `${rows} rows written of ${batch.length}`);
      return files;
    } catch (cause) {
      await this.discard(files);
      throw writeFailure(cause);
    }
  }

  /** Write the rows of files of one partition as one file; they stay as they are. */
  async merge(inputs: readonly IndexedFile[]): Promise<IndexedFile> {
    const { duck, dir } = this.#parts;
    const paths = inputs.map(({ path }) => join(dir, path));
    const { kind, partition } = inputs[0]!;
    try {
      const file = await this.#write(kind, partition, true, (path) =>
        mergeFiles(duck, paths, path, LEVEL.compacted),
      );
      const rows = inputs.reduce((sum, input) => sum + input.rows, 0);
      const seqSum = inputs.reduce((sum, input) => sum + BigInt(input.seqSum), 0n);
      if (file.rows === rows && BigInt(file.seqSum) === seqSum) {
        return { ...file, writtenMs: Math.max(...inputs.map(({ writtenMs }) => writtenMs)) };
      }
      await this.discard([file]);
      throw new BgpError('ARCHIVE_BAD_FILE', `${file.rows} rows merged of ${rows} in ${partition}`);
    } catch (cause) {
      throw writeFailure(cause);
    }
  }

  /** Write a file of another kind with a COPY statement of the caller's. */
  async writeOther(
    kind: FileKind,
    partition: string,
    copy: (path: string) => Promise<unknown>,
  ): Promise<IndexedFile> {
    try {
      return await this.#write(kind, partition, false, copy);
    } catch (cause) {
      throw writeFailure(cause);
    }
  }

  /** Remove files that no index names. */
  async discard(files: readonly IndexedFile[]): Promise<void> {
    const { fs, dir } = this.#parts;
    for (const { path } of files) await fs.remove(join(dir, path)).catch(() => undefined);
  }

  async #write(
    kind: FileKind,
    partition: string,
    isCompacted: boolean,
    copy: (path: string) => Promise<unknown>,
  ): Promise<IndexedFile> {
    const { fs, dir, duck, failpoints } = this.#parts;
    await fs.mkdir(join(dir, TEMPORARY_FOLDER));
    const temporary = join(dir, TEMPORARY_FOLDER, `${process.pid}-${this.#made++}.parquet`);
    try {
      await fs.beforeCopy(temporary);
      await copy(temporary);
      await pauseAt(failpoints, isCompacted ? 'compact.written' : 'parquet.written');
      const facts = kind === 'elems' ? await readFacts(duck, temporary) : await rowsOnly(duck, temporary);
      const sha256 = await hashFile(temporary);
      await fs.sync(temporary);
      return await this.#place(temporary, { kind, partition, isCompacted, ...facts, sha256 });
    } catch (cause) {
      await fs.remove(temporary).catch(() => undefined);
      throw cause;
    }
  }

  async #place(
    temporary: string,
    file: Omit<IndexedFile, 'path' | 'bytes' | 'writtenMs'>,
  ): Promise<IndexedFile> {
    const { fs, dir, nowMs, failpoints } = this.#parts;
    const { kind, partition, minSeq, maxSeq, sha256, isCompacted } = file;
    const seqs = kind === 'elems' ? `${minSeq}-${maxSeq}-` : '';
    // Named after its content: under one name there is never anything else.
    const path = `${kind}/${partition}/${seqs}${sha256.slice(0, 12)}.parquet`;
    const bytes = (await fs.bytes(temporary)) ?? 0;
    const folder = dirname(join(dir, path));
    await fs.mkdir(folder);
    await fs.rename(temporary, join(dir, path));
    await fs.sync(folder);
    await fs.sync(dirname(folder));
    await pauseAt(failpoints, isCompacted ? 'compact.renamed' : 'parquet.renamed');
    return { ...file, path, bytes, writtenMs: nowMs() };
  }
}

const NO_SEQS: FileFacts = {
  rows: 0,
  minSeq: 0,
  maxSeq: 0,
  seqSum: '0',
  minTimeUs: 0,
  maxTimeUs: 0,
  byKind: {},
};

async function rowsOnly(duck: Duck, path: string): Promise<FileFacts> {
  const [row] = await duck.rows(`SELECT count(*) FROM read_parquet('${path.replaceAll("'", "''")}')`);
  return { ...NO_SEQS, rows: Number(row![0]) };
}

/** SHA-256 of a file, hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
