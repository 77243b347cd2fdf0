import { join } from 'node:path';
import type { ArchiveFs } from './fs.ts';
import type { SpoolRecord } from './spool-record.ts';
import { parseSegmentName, readRecords, RECORD, SPOOL_FOLDER } from './spool-record.ts';

/** A segment of the spool as it is on the disk. */
export interface FoundSegment {
  readonly path: string;
  readonly firstSeq: number;
  readonly run: number;
  readonly bytes: number;
  /** After the last seq it holds; `firstSeq` when it holds none. */
  readonly endSeq: number;
  /** Stretches of seqs it holds. */
  readonly ranges: readonly { readonly first: number; readonly last: number; readonly isReserve: boolean }[];
}

/**
 * The segments of a spool, oldest first. A segment is given up when a write to it fails: its records from the first seq of the
 * next segment that holds any were written again there, and do not count.
 */
export async function findSegments(fs: ArchiveFs, dir: string): Promise<FoundSegment[]> {
  const folder = join(dir, SPOOL_FOLDER);
  const found: FoundSegment[] = [];
  let followerSeq = Infinity;
  for (const name of (await fs.list(folder)).reverse()) {
    const parsed = parseSegmentName(name);
    if (!parsed) continue;
    const path = join(folder, name);
    const bytes = (await fs.read(path)) ?? new Uint8Array(0);
    const ranges = rangesOf(readRecords(bytes).records, followerSeq);
    const endSeq = ranges.reduce((end, { last }) => Math.max(end, last + 1), parsed.firstSeq);
    found.unshift({ ...parsed, path, bytes: bytes.length, endSeq, ranges });
    // One a crash left empty says nothing about the one before.
    if (ranges.length > 0) followerSeq = parsed.firstSeq;
  }
  return found;
}

function rangesOf(records: readonly SpoolRecord[], followerSeq: number): FoundSegment['ranges'] {
  return records
    .filter(({ type, firstSeq, elems }) => type !== RECORD.gap && firstSeq + elems <= followerSeq)
    .map(({ type, firstSeq, elems }) => ({
      first: firstSeq,
      last: firstSeq + elems - 1,
      isReserve: type === RECORD.reserve,
    }));
}
