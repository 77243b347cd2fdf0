import type { BgpError } from '#core/error.ts';
import type { ArchiveGap, FileKind } from './index-file.ts';
import type { ArchiveParts } from './parts.ts';
import type { ClosedSegment } from './spool.ts';

/** How the archive is, for `/api/status`, `/metrics` and the status page. */
export interface ArchiveStatus {
  readonly state: 'off' | 'starting' | 'running' | 'failing';
  /** Absolute, for people who look for it. */
  readonly dir: string;
  readonly files: number;
  readonly bytes: number;
  readonly rows: number;
  /** Files and bytes by kind. */
  readonly byKind: Readonly<Partial<Record<FileKind, { readonly files: number; readonly bytes: number }>>>;
  /** Data time of the elems in files, Unix µs; null when there are none. */
  readonly oldestUs: number | null;
  readonly newestUs: number | null;
  /** Bytes spooled and not in files yet, and the segments they are in. */
  readonly spoolBytes: number;
  readonly spoolSegments: number;
  /** Elems waiting to be acknowledged, and their bytes. */
  readonly waitingElems: number;
  readonly waitingBytes: number;
  /** Acknowledged up to this seq; in files up to that one. */
  readonly ackedSeq: number;
  readonly archivedSeq: number;
  /** Elems that could not be archived, ever; the newest gaps. */
  readonly lostElems: number;
  readonly gaps: readonly ArchiveGap[];
  /** Elems of a replay's later passes, which are not archived again. */
  readonly repeatedElems: number;
  /** Unix ms of when spooled elems last came to files; null: not since the start. */
  readonly writtenMs: number | null;
  readonly error: { readonly code: string; readonly detail: string } | null;
}

/** Gaps told in a status: the index has more. */
const SHOWN_GAPS = 10;

export const ARCHIVE_OFF: ArchiveStatus = {
  state: 'off',
  dir: '',
  files: 0,
  bytes: 0,
  rows: 0,
  byKind: {},
  oldestUs: null,
  newestUs: null,
  spoolBytes: 0,
  spoolSegments: 0,
  waitingElems: 0,
  waitingBytes: 0,
  ackedSeq: 0,
  archivedSeq: 0,
  lostElems: 0,
  gaps: [],
  repeatedElems: 0,
  writtenMs: null,
  error: null,
};

export function archiveStatus(
  archive: ArchiveParts,
  failure: BgpError | null,
  segments: readonly ClosedSegment[],
  writtenMs: number | null,
): ArchiveStatus {
  const { spool, keeper } = archive;
  const { index } = keeper;
  const byKind: Partial<Record<FileKind, { files: number; bytes: number }>> = {};
  const totals = { files: 0, bytes: 0, rows: 0, oldestUs: Infinity, newestUs: -Infinity };
  for (const { kind, bytes, rows, minTimeUs, maxTimeUs } of index.files) {
    const sums = (byKind[kind] ??= { files: 0, bytes: 0 });
    sums.files++;
    sums.bytes += bytes;
    totals.files++;
    totals.bytes += bytes;
    if (kind !== 'elems') continue;
    totals.rows += rows;
    totals.oldestUs = Math.min(totals.oldestUs, minTimeUs);
    totals.newestUs = Math.max(totals.newestUs, maxTimeUs);
  }
  const { waiting } = spool;
  return {
    ...totals,
    state: failure ? 'failing' : 'running',
    dir: archive.dir,
    byKind,
    oldestUs: Number.isFinite(totals.oldestUs) ? totals.oldestUs : null,
    newestUs: Number.isFinite(totals.newestUs) ? totals.newestUs : null,
    spoolBytes: spool.openBytes + segments.reduce((sum, { bytes }) => sum + bytes, 0),
    spoolSegments: segments.length + (spool.openBytes > 0 ? 1 : 0),
    waitingElems: waiting.elems,
    waitingBytes: waiting.bytes,
    ackedSeq: spool.ackedSeq,
    archivedSeq: index.archivedSeq,
    lostElems: index.lostElems + spool.gaps.reduce((sum, { elems }) => sum + elems, 0),
    gaps: [...index.gaps, ...spool.gaps].slice(-SHOWN_GAPS),
    repeatedElems: 0,
    writtenMs,
    error: failure && { code: failure.code, detail: failure.message },
  };
}
