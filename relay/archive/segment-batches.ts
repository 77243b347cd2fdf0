import type { ElemBatch } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { ElemCopier } from '#core/elem/copier.ts';
import { batchOfFrame } from '../hub/encode.ts';
import type { ArchiveGap } from './index-file.ts';
import type { SegmentRecords, SpoolRecord } from './spool-record.ts';
import { RECORD } from './spool-record.ts';

/** A stretch of elems with consecutive seqs. */
export interface ElemRun {
  readonly firstSeq: number;
  readonly batch: ElemBatch;
}

/** What a segment's records come to. */
export interface SegmentContent {
  readonly runs: readonly ElemRun[];
  readonly gaps: ArchiveGap[];
  /** Seqs kept for imports, [first, last]. */
  readonly reserved: readonly (readonly [number, number])[];
  /** Seqs whose elems are damaged or missing, [first, last]. */
  readonly missing: readonly (readonly [number, number])[];
}

/** Elems of a run, at most, give or take a frame: what is written at once. */
const RUN_ELEMS = 262_144;
/** Frames decoded before others get their turn. */
const FRAMES_PER_TURN = 16;

/**
 * Put a segment's frames together, in seq order.
 *
 * @param fromSeq records before it are archived already. @param endSeq records from it on are leftovers of a failed write.
 */
export async function segmentContent(
  { records }: SegmentRecords,
  fromSeq: number,
  endSeq: number,
): Promise<SegmentContent> {
  const runs: ElemRun[] = [];
  const gaps: ArchiveGap[] = [];
  const reserved: [number, number][] = [];
  const missing: [number, number][] = [];
  const builder = new BatchBuilder(1000);
  const copier = new ElemCopier(builder);
  let at = fromSeq;
  let runFirst = fromSeq;
  const endRun = (next: number): void => {
    if (builder.length > 0) runs.push({ firstSeq: runFirst, batch: builder.take() });
    runFirst = next;
  };
  for (const [i, record] of records.entries()) {
    const { type, elems, firstSeq, payload } = record;
    if (firstSeq < at || firstSeq + elems > endSeq) continue;
    if (type === RECORD.gap) {
      gaps.push(...gapOf(payload));
      continue;
    }
    const batch = type === RECORD.frame ? decoded(record) : null;
    if (firstSeq > at) missing.push([at, firstSeq - 1]);
    if (firstSeq > at || batch === null || builder.length >= RUN_ELEMS) endRun(firstSeq);
    at = firstSeq + elems;
    if (batch) for (let e = 0; e < batch.length; e++) copier.copy(batch, e);
    else {
      (type === RECORD.reserve ? reserved : missing).push([firstSeq, at - 1]);
      runFirst = at;
    }
    if (i % FRAMES_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  endRun(at);
  if (at < endSeq) missing.push([at, endSeq - 1]);
  return { runs, gaps, reserved, missing };
}

function decoded({ payload, elems }: SpoolRecord): ElemBatch | null {
  try {
    const batch = batchOfFrame(payload);
    return batch.length === elems ? batch : null;
  } catch {
    return null;
  }
}

function gapOf(payload: Uint8Array): ArchiveGap[] {
  try {
    return [JSON.parse(Buffer.from(payload).toString('utf8')) as ArchiveGap];
  } catch {
    return [];
  }
}
