import { join } from 'node:path';
import type { BgpError, ErrorCode } from '#core/error.ts';
import type { Log } from '../log.ts';
import { IndexKeeper, joinedRanges, sortedFiles, withGaps } from './commit.ts';
import { compactOnce } from './compact.ts';
import type { DuckLimits } from './duck.ts';
import { Duck, DUCK_LIMITS } from './duck.ts';
import type { Failpoints } from './failpoint.ts';
import { pauseAt } from './failpoint.ts';
import { FileWriter, TEMPORARY_FOLDER } from './file-writer.ts';
import type { ArchiveFs } from './fs.ts';
import { NODE_FS, writeFailure } from './fs.ts';
import { importBatches } from './importer.ts';
import type { ImportSource } from './importer.ts';
import type { ArchiveIndex, ImportRecord, IndexedFile } from './index-file.ts';
import { INDEX_NAME, loadIndex, saveIndex } from './index-store.ts';
import { lockArchive } from './lock.ts';
import { removeLeftovers } from './recover.ts';
import { removeRetired } from './retire.ts';
import type { ArchiveParts, RetentionDays } from './parts.ts';
import { RETENTION_DAYS } from './parts.ts';
import { retain } from './retention.ts';
import type { ElemRun } from './segment-batches.ts';
import { segmentContent } from './segment-batches.ts';
import type { FoundSegment } from './segments.ts';
import { findSegments } from './segments.ts';
import type { ClosedSegment, SpoolLimits, SpoolStart } from './spool.ts';
import { Spool, SPOOL_LIMITS } from './spool.ts';
import { readRecords, RECORD, SPOOL_FOLDER } from './spool-record.ts';
import type { ArchiveStatus } from './status.ts';
import { archiveStatus } from './status.ts';

export interface ArchiveOptions {
  /** The archive's folder; made when it is not there. */
  readonly dir: string;
  readonly log: Log;
  readonly fs?: ArchiveFs;
  readonly spool?: SpoolLimits;
  readonly duck?: DuckLimits;
  readonly retention?: RetentionDays;
  readonly failpoints?: Failpoints;
  /** Unix ms. */
  readonly nowMs?: () => number;
}

/**
 * The archive of one folder, and the only one that writes there: elems go to the spool, which acknowledges them, and from
 * closed segments to Parquet files, which the index names. One heavy piece of work at a time.
 */
export class Archive implements ArchiveParts {
  readonly dir: string;
  readonly keeper: IndexKeeper;
  readonly duck: Duck;
  readonly writer: FileWriter;
  readonly spool: Spool;
  readonly fs: ArchiveFs;
  readonly retention: RetentionDays;
  readonly log: Log;
  readonly nowMs: () => number;
  readonly failpoints: Failpoints;
  readonly #unlock: () => Promise<void>;
  readonly #reserved = new Set<number>();
  #segments: ClosedSegment[];
  #work: Promise<unknown> = Promise.resolve();
  #failure: BgpError | null = null;
  #lastConvertedMs: number | null = null;

  private constructor(
    options: ArchiveOptions,
    opened: { index: ArchiveIndex; duck: Duck; unlock: () => Promise<void>; segments: FoundSegment[] },
  ) {
    this.dir = options.dir;
    this.log = options.log;
    this.fs = options.fs ?? NODE_FS;
    this.nowMs = options.nowMs ?? Date.now;
    this.retention = options.retention ?? RETENTION_DAYS;
    this.failpoints = options.failpoints ?? {};
    this.duck = opened.duck;
    this.#unlock = opened.unlock;
    this.#segments = opened.segments;
    this.keeper = new IndexKeeper(this.fs, this.dir, opened.index);
    this.spool = new Spool(
      this.fs,
      join(this.dir, SPOOL_FOLDER),
      startOf(opened.index, opened.segments),
      options.spool ?? SPOOL_LIMITS,
      this.nowMs,
    );
    this.writer = new FileWriter({
      fs: this.fs,
      dir: this.dir,
      duck: this.duck,
      nowMs: this.nowMs,
      failpoints: this.failpoints,
    });
  }

  /**
   * Open a folder: take its lock, remove what a crash left half done, find what the spool still holds.
   *
   * @throws {BgpError} ARCHIVE_LOCKED, ARCHIVE_BAD_INDEX, ARCHIVE_READ_ONLY, ARCHIVE_NO_SPACE, ARCHIVE_WRITE_FAILED
   */
  static async open(options: ArchiveOptions): Promise<Archive> {
    const { dir, fs = NODE_FS } = options;
    let unlock: (() => Promise<void>) | null = null;
    try {
      await fs.mkdir(join(dir, SPOOL_FOLDER));
      await fs.mkdir(join(dir, TEMPORARY_FOLDER));
      unlock = await lockArchive(dir);
      const index = await loadIndex(fs, dir);
      // Before the first file: files without an index are a folder somebody has damaged.
      if ((await fs.bytes(join(dir, INDEX_NAME))) === null) await saveIndex(fs, dir, index);
      await removeLeftovers(fs, dir, index);
      const segments = await findSegments(fs, dir);
      const duck = await Duck.open(options.duck ?? DUCK_LIMITS, join(dir, TEMPORARY_FOLDER));
      return new Archive(options, { index, duck, unlock, segments });
    } catch (cause) {
      await unlock?.();
      throw writeFailure(cause);
    }
  }

  get index(): ArchiveIndex {
    return this.keeper.index;
  }

  /** Why the archive cannot write at the moment. */
  get failure(): BgpError | null {
    return this.#failure;
  }

  status(): ArchiveStatus {
    return archiveStatus(this, this.#failure, this.#segments, this.#lastConvertedMs);
  }

  /** Give elems to the spool, as a frame of docs/wire.md; the next `flush` acknowledges them. */
  append(frame: Uint8Array, elems: number): void {
    if (elems === 0) return;
    this.spool.append({ type: RECORD.frame, elems, payload: frame }, this.#failure?.code ?? 'ARCHIVE_SLOW');
  }

  /** Count elems that could not be given to the archive. */
  lose(elems: number, code: ErrorCode): void {
    this.spool.lose(elems, code);
  }

  /** Write and sync what was appended. @returns whether that worked; `failure` says why not, and it is tried again. */
  async flush(): Promise<boolean> {
    return this.#attempt('archive.spool', () => this.spool.flush());
  }

  /** Close the open segment and archive everything that is closed. @returns whether that worked. */
  async seal(): Promise<boolean> {
    if (!(await this.flush())) return false;
    await this.spool.close();
    return this.convert();
  }

  /** Archive closed segments, oldest first. @returns whether all are. */
  convert(): Promise<boolean> {
    return this.#attempt('archive.write', () =>
      this.exclusive(async () => {
        this.#segments.push(...this.spool.takeClosed());
        for (let segment; (segment = this.#segments[0]); this.#segments.shift()) await this.#convert(segment);
      }),
    );
  }

  /** Merge small files until there are none to merge. @param isEager also in hours that may still grow. @returns files made. */
  compact(isEager: boolean): Promise<number> {
    return this.exclusive(async () => {
      let made = 0;
      while (await compactOnce(this, isEager)) made++;
      return made;
    });
  }

  /** Import something as a whole, or not at all. @returns its record, and whether it had been there before. */
  import(source: ImportSource): Promise<{ record: ImportRecord; isNew: boolean }> {
    return importBatches(this, source, this.#reserved);
  }

  /** Run `job` when no other heavy work is under way. */
  exclusive<T>(job: () => Promise<T>): Promise<T> {
    const run = this.#work.then(job);
    this.#work = run.catch(() => undefined);
    return run;
  }

  async #attempt(event: string, job: () => Promise<unknown>): Promise<boolean> {
    try {
      await job();
      if (this.#failure) this.log.info('archive.recovered', { code: this.#failure.code });
      this.#failure = null;
      return true;
    } catch (cause) {
      const failure = writeFailure(cause);
      if (failure.code !== this.#failure?.code)
        this.log.error(event, { code: failure.code, detail: failure.message });
      this.#failure = failure;
      return false;
    }
  }

  async #convert(segment: ClosedSegment): Promise<void> {
    const bytes = await this.fs.read(segment.path);
    const fromSeq = Math.max(segment.firstSeq, this.index.archivedSeq + 1);
    if (bytes && segment.endSeq >= fromSeq) await this.#archive(readRecords(bytes), fromSeq, segment.endSeq);
    await pauseAt(this.failpoints, 'index.written');
    await this.fs.remove(segment.path);
    this.#lastConvertedMs = this.nowMs();
  }

  async #archive(read: ReturnType<typeof readRecords>, fromSeq: number, endSeq: number): Promise<void> {
    const { runs, gaps, reserved, missing } = await segmentContent(read, fromSeq, endSeq);
    const files = await this.#writeRuns(runs);
    const damaged = missing.reduce((sum, [first, last]) => sum + last - first + 1, 0);
    if (damaged > 0) {
      const nowMs = this.nowMs();
      gaps.push({ fromMs: nowMs, toMs: nowMs, elems: damaged, code: 'ARCHIVE_BAD_SPOOL' });
      this.log.error('archive.damaged', { code: 'ARCHIVE_BAD_SPOOL', elems: damaged });
    }
    // An import that is under way keeps its seqs; those of one that never ended are nobody's.
    const isOver = ([first]: readonly [number, number]): boolean =>
      !this.#reserved.has(first) &&
      !this.index.imports.some(({ ranges }) => ranges.some((range) => range[0] === first));
    // When this fails the files stay: the index on the disk may name them already. The next start removes them if not.
    await this.keeper.change((index) => ({
      ...index,
      ...withGaps(index, gaps),
      archivedSeq: Math.max(index.archivedSeq, endSeq - 1),
      files: sortedFiles([...index.files, ...files]),
      voids: joinedRanges([...index.voids, ...missing, ...reserved.filter(isOver)]),
    }));
    this.spool.forgetGaps(gaps);
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    this.log.info('archive.written', { files: files.length, rows, toSeq: endSeq - 1 });
  }

  async #writeRuns(runs: readonly ElemRun[]): Promise<IndexedFile[]> {
    const files: IndexedFile[] = [];
    try {
      for (const { batch, firstSeq } of runs) files.push(...(await this.writer.writeBatch(batch, firstSeq)));
      return files;
    } catch (cause) {
      await this.writer.discard(files);
      throw cause;
    }
  }

  /** Remove what is past its time, and files that were replaced long enough ago. @returns files that expired. */
  tidy(): Promise<number> {
    return this.exclusive(async () => {
      const expired = await retain(this, this.retention);
      await removeRetired(this);
      return expired;
    });
  }

  /** Acknowledge what was appended, and let go of the folder. What the spool holds is archived at the next start. */
  async close(): Promise<void> {
    await this.flush();
    await this.spool.close().catch(() => undefined);
    await this.#work;
    this.duck.close();
    await this.#unlock().catch(() => undefined);
  }
}

/** Where a new spool goes on: after every seq there is, under a name that sorts after those of all segments there are. */
function startOf(index: ArchiveIndex, segments: readonly FoundSegment[]): SpoolStart {
  const filesEnd = index.files.reduce((end, { maxSeq }) => Math.max(end, maxSeq + 1), index.archivedSeq + 1);
  return {
    nextSeq: segments.reduce((end, { endSeq }) => Math.max(end, endSeq), filesEnd),
    run: segments.reduce((next, { run }) => Math.max(next, run + 1), 0),
  };
}
