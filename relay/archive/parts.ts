import type { Log } from '../log.ts';
import type { IndexKeeper } from './commit.ts';
import type { Duck } from './duck.ts';
import type { Failpoints } from './failpoint.ts';
import type { FileWriter } from './file-writer.ts';
import type { ArchiveFs } from './fs.ts';
import type { Spool } from './spool.ts';

/** What an open archive consists of; its pieces of work take this. */
export interface ArchiveParts {
  /** The archive's folder. */
  readonly dir: string;
  readonly fs: ArchiveFs;
  readonly log: Log;
  /** Unix ms. */
  readonly nowMs: () => number;
  readonly duck: Duck;
  readonly keeper: IndexKeeper;
  readonly writer: FileWriter;
  readonly spool: Spool;
  readonly failpoints: Failpoints;
  /** Run `job` when no other heavy work is under way. */
  exclusive<T>(job: () => Promise<T>): Promise<T>;
}

/** Days files are kept after they were written; daily sums are kept for good. */
export interface RetentionDays {
  readonly raw: number;
  readonly incidents: number;
  readonly features: number;
}

export const RETENTION_DAYS: RetentionDays = { raw: 30, incidents: 365, features: 365 };

/** Readers have this long to be done with files that were replaced or have expired. */
export const RETIRE_MS = 600_000;
