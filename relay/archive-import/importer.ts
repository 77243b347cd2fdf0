import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ElemBatch } from '#core/elem/batch.ts';
import { BgpError } from '#core/error.ts';
import type { Archive } from '../archive/archive.ts';
import { openElemFile } from '../source/file.ts';
import type { ElemFile } from '../source/file.ts';
import { download, sha256Of } from './download.ts';
import { MAX_RATIO, MIN_PLAIN_BYTES, PARALLEL } from './limits.ts';
import type { FetchLimits } from './limits.ts';
import type { ImportItem } from './plan.ts';
import { prefetched } from './prefetch.ts';
import type { FetchFailure } from './request.ts';

/** How one file went. */
export interface FileOutcome {
  readonly name: string;
  /** `known`: imported before, by name or by content; `empty`: no elems in it. */
  readonly result: 'imported' | 'known' | 'empty' | 'failed';
  readonly elems: number;
  readonly bytes: number;
  /** Records left out, by code. */
  readonly damagedByCode: Readonly<Record<string, number>>;
  /** Why it failed: a code of docs/errors.md. */
  readonly code: string | null;
  readonly detail: string;
}

export interface ImportProgress {
  readonly files: number;
  readonly done: number;
  readonly imported: number;
  readonly known: number;
  readonly failed: number;
  readonly elems: number;
  /** Bytes fetched or read, as stored. */
  readonly bytes: number;
  /** What is under way. */
  readonly current: string;
  /** 0..1 of the current file, null when not known. */
  readonly share: number | null;
}

export interface ImporterOptions {
  readonly archive: Archive;
  /** Where downloads lie until they are imported. */
  readonly downloadDir: string;
  readonly limits: FetchLimits;
  readonly signal: AbortSignal;
  /** Downloads are left where they are. */
  readonly isKept: boolean;
  /** A file that ends early is imported as far as it goes; otherwise not at all. */
  readonly takesPartial: boolean;
  readonly onProgress: (progress: ImportProgress) => void;
  readonly onOutcome: (outcome: FileOutcome) => void;
  readonly onRetry: (failure: FetchFailure, waitMs: number) => void;
}

interface Fetched {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

type Prepared = { readonly item: ImportItem; readonly at: Fetched | BgpError | 'known' };

/**
 * Import files one after the other, each as a whole or not at all, fetching at most `PARALLEL` ahead. What was imported before,
 * under the same name or with the same content, is left out. A file that fails does not keep the others from being imported;
 * an archive that cannot be written does.
 */
export class Importer {
  readonly #options: ImporterOptions;
  #progress: ImportProgress = {
    ...{ files: 0, done: 0, imported: 0, known: 0, failed: 0, elems: 0, bytes: 0 },
    current: '',
    share: null,
  };

  constructor(options: ImporterOptions) {
    this.#options = options;
  }

  get progress(): ImportProgress {
    return this.#progress;
  }

  /** @throws {BgpError} ARCHIVE_*: nothing more can be imported; {unknown} the signal's reason when it is aborted */
  async run(items: readonly ImportItem[]): Promise<ImportProgress> {
    const { signal } = this.#options;
    this.#note({ files: items.length });
    for await (const { item, at } of prefetched(items, PARALLEL, (one) => this.#prepare(one))) {
      signal.throwIfAborted();
      const outcome = await this.#take(item, at);
      signal.throwIfAborted();
      const { done, imported, known, failed, elems } = this.#progress;
      this.#note({
        done: done + 1,
        imported: imported + Number(outcome.result === 'imported' || outcome.result === 'empty'),
        known: known + Number(outcome.result === 'known'),
        failed: failed + Number(outcome.result === 'failed'),
        elems: elems + outcome.elems,
      });
      this.#options.onOutcome(outcome);
    }
    return this.#progress;
  }

  #note(change: Partial<ImportProgress>): void {
    this.#progress = { ...this.#progress, ...change };
    this.#options.onProgress(this.#progress);
  }

  /** The file on this machine, or why not. Only the caller's own abort is thrown. */
  async #prepare(item: ImportItem): Promise<Prepared> {
    const { archive, downloadDir, limits, signal, onRetry } = this.#options;
    if (item.key !== null && archive.index.imports.some(({ key }) => key === item.key))
      return { item, at: 'known' };
    try {
      if (item.from.kind === 'file') {
        const { path } = item.from;
        return { item, at: { path, bytes: (await stat(path)).size, sha256: await sha256Of(path) } };
      }
      let seen = 0;
      const at = await download(item.from.url, join(downloadDir, downloadName(item)), {
        limits,
        signal,
        onRetry,
        onProgress: (bytes, total) => {
          this.#note({
            bytes: this.#progress.bytes + Math.max(0, bytes - seen),
            current: item.name,
            share: total === null || total === 0 ? null : bytes / total,
          });
          seen = bytes;
        },
      });
      return { item, at };
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof BgpError) return { item, at: cause };
      const detail = cause instanceof Error ? cause.message : String(cause);
      return { item, at: new BgpError('FILE_UNREADABLE', detail, { cause }) };
    }
  }

  async #take(item: ImportItem, at: Prepared['at']): Promise<FileOutcome> {
    const { name } = item;
    const none = { name, elems: 0, bytes: 0, damagedByCode: {}, code: null, detail: '' } as const;
    if (at === 'known') return { ...none, result: 'known' };
    if (at instanceof BgpError) return { ...none, result: 'failed', code: at.code, detail: at.message };
    const twin = this.#options.archive.index.imports.find(({ sha256 }) => sha256 === at.sha256);
    if (twin) {
      await this.#forget(item, at);
      return { ...none, result: 'known', detail: `the same as ${twin.key}` };
    }
    const outcome = await this.#import(item, at);
    // A file that is no good would be found again, whole, and fail again.
    await this.#forget(item, at);
    return outcome;
  }

  async #import(item: ImportItem, { path, bytes, sha256 }: Fetched): Promise<FileOutcome> {
    const { archive, takesPartial, signal } = this.#options;
    const file = openElemFile(path, {
      batchElems: 10_000,
      // The archive loses nothing; whoever judges unicast routes passes them over.
      multicast: true,
      maxPlainBytes: Math.max(MIN_PLAIN_BYTES, bytes * MAX_RATIO),
      ...(item.collector !== null && { collector: item.collector }),
      onProgress: (read, total) => this.#note({ current: item.name, share: total ? read / total : null }),
    });
    const reading = new Reading(file, takesPartial, signal);
    const outcome = { name: item.name, bytes };
    const damagedByCode = (): Record<string, number> => Object.fromEntries(file.stats.damage.countByCode);
    try {
      const { record } = await archive.import({
        key: item.key ?? `sha256/${sha256}`,
        sha256: () => sha256,
        batches: reading.batches(),
      });
      if (item.from.kind === 'file') this.#note({ bytes: this.#progress.bytes + bytes });
      return {
        ...outcome,
        result: record.rows === 0 ? 'empty' : 'imported',
        elems: record.rows,
        damagedByCode: damagedByCode(),
        code: reading.failure?.code ?? null,
        detail: reading.failure?.message ?? '',
      };
    } catch (cause) {
      signal.throwIfAborted();
      if (!(cause instanceof BgpError) || cause.code.startsWith('ARCHIVE_')) throw cause;
      const { code, message: detail } = cause;
      return { ...outcome, result: 'failed', elems: 0, damagedByCode: damagedByCode(), code, detail };
    }
  }

  async #forget(item: ImportItem, { path }: Fetched): Promise<void> {
    if (item.from.kind === 'url' && !this.#options.isKept) await rm(path, { force: true });
  }
}

/** A file being read into the archive; it turns the event loop now and then, for the archive may have a live stream beside it. */
class Reading {
  readonly #file: ElemFile;
  readonly #takesPartial: boolean;
  readonly #signal: AbortSignal;
  /** Why a partial file ended. */
  failure: BgpError | null = null;

  constructor(file: ElemFile, takesPartial: boolean, signal: AbortSignal) {
    this.#file = file;
    this.#takesPartial = takesPartial;
    this.#signal = signal;
  }

  async *batches(): AsyncGenerator<ElemBatch> {
    try {
      for await (const batch of this.#file.batches) {
        this.#signal.throwIfAborted();
        yield batch;
        await new Promise(setImmediate);
      }
    } catch (cause) {
      if (!this.#takesPartial || !(cause instanceof BgpError)) throw cause;
      this.failure = cause;
    }
  }
}

/** `rrc00-updates.20080224.1845.gz`; of other addresses a hash, so that no server chooses a path here. */
function downloadName(item: ImportItem): string {
  if (item.key !== null) return item.key.replaceAll('/', '-');
  const url = item.from.kind === 'url' ? item.from.url : '';
  return createHash('sha256').update(url).digest('hex').slice(0, 32);
}
