import type { FileFacts } from './parquet.ts';

/**
 * What the archive holds, `index.json`: the one truth about it. A Parquet file that is not in here is not archived; spooled
 * elems up to `archivedSeq` are. It is replaced atomically, so that a crash leaves the one before or the one after.
 */
export interface ArchiveIndex {
  readonly version: typeof INDEX_VERSION;
  /** Version of the columns of every file. */
  readonly schema: number;
  /** Every elem of the spool up to here is in a file, in a void, or expired. */
  readonly archivedSeq: number;
  /** By partition, then least seq. */
  readonly files: readonly IndexedFile[];
  /** Seqs that were given to nobody: an import that did not end well. [first, last], ascending. */
  readonly voids: readonly (readonly [number, number])[];
  /** Elems of files that retention removed: their number, and the sum of their seqs. */
  readonly expired: { readonly rows: number; readonly seqSum: string };
  /** Elems that could not be archived, newest last, at most `MAX_GAPS`; `lostElems` counts them all. */
  readonly gaps: readonly ArchiveGap[];
  readonly lostElems: number;
  /** What was imported, by its key. */
  readonly imports: readonly ImportRecord[];
  /** Files that others have replaced: readers may still be at them until `untilMs`. */
  readonly retired: readonly { readonly path: string; readonly untilMs: number }[];
}

export const INDEX_VERSION = 1;
export const MAX_GAPS = 1000;

/** What a file's rows are: elems, or rows others append (incidents, feature windows) and daily sums. */
export type FileKind = 'elems' | 'incidents' | 'features' | 'daily-asn' | 'daily-prefix';

export interface IndexedFile extends FileFacts {
  readonly kind: FileKind;
  /** Relative to the archive's folder, with slashes. */
  readonly path: string;
  /** `date=2008-02-24/hour=18` (UTC, data time). */
  readonly partition: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** Unix ms of the machine's clock. */
  readonly writtenMs: number;
  /** Made of the partition's other files. */
  readonly isCompacted: boolean;
  /** Daily sums: what they were made of. */
  readonly of?: string;
}

/** A stretch of elems the archive could not take, and why. Times are the machine's clock. */
export interface ArchiveGap {
  readonly fromMs: number;
  readonly toMs: number;
  /** Elems lost. */
  readonly elems: number;
  /** Code of docs/errors.md. */
  readonly code: string;
}

/** Something imported as a whole: a file of a public archive, say. */
export interface ImportRecord {
  readonly key: string;
  readonly sha256: string;
  readonly rows: number;
  /** The seqs of its elems, [first, last], ascending. */
  readonly ranges: readonly (readonly [number, number])[];
  readonly importedMs: number;
}

/** The index of an archive without anything in it. */
export function emptyIndex(schema: number): ArchiveIndex {
  return {
    version: INDEX_VERSION,
    schema,
    archivedSeq: 0,
    files: [],
    voids: [],
    expired: { rows: 0, seqSum: '0' },
    gaps: [],
    lostElems: 0,
    imports: [],
    retired: [],
  };
}
