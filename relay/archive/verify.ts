import { join } from 'node:path';
import type { Duck } from './duck.ts';
import { quote } from './duck.ts';
import { hashFile } from './file-writer.ts';
import { NODE_FS } from './fs.ts';
import type { ArchiveIndex, IndexedFile } from './index-file.ts';
import { loadIndex } from './index-store.ts';
import { readFacts } from './parquet.ts';
import { HOUR_US, partitionStartUs } from './schema.ts';
import type { FoundSegment } from './segments.ts';
import { findSegments } from './segments.ts';
import { SeqSet } from './seq-set.ts';

/** What `archive verify` found. The archive is whole when `problems` is empty. */
export interface VerifyReport {
  readonly files: number;
  readonly bytes: number;
  /** Elems counted in files, one by one. */
  readonly rows: number;
  /** Elems in the spool that are not in files yet. */
  readonly spooledElems: number;
  /** The greatest seq there is. */
  readonly lastSeq: number;
  /** Elems retention removed, seqs given to nobody. */
  readonly expiredRows: number;
  readonly voidSeqs: number;
  /** Elems the archive could not take; each gap is told in the index. */
  readonly lostElems: number;
  readonly problems: readonly { readonly code: string; readonly where: string; readonly detail: string }[];
}

/** Problems told at most; the rest is only counted. */
const MAX_PROBLEMS = 100;

/**
 * Prove that the archive holds every seq exactly once: each file is hashed, opened and counted, each row's seq is marked in
 * a set, and what is neither there nor in the spool must be exactly what retention removed and imports gave back.
 *
 * Reads only; a relay may go on writing meanwhile.
 *
 * @throws {BgpError} ARCHIVE_BAD_INDEX
 */
export async function verifyArchive(
  dir: string,
  duck: Duck,
  onFile: (done: number, of: number) => void = () => undefined,
): Promise<VerifyReport> {
  // The spool first: what moves from it to files while we look is then seen twice, not never.
  const spooled = await findSegments(NODE_FS, dir);
  const index = await loadIndex(NODE_FS, dir);
  const problems: { code: string; where: string; detail: string }[] = [];
  const note = (code: string, where: string, detail: string): void => {
    if (problems.length < MAX_PROBLEMS) problems.push({ code, where, detail });
  };
  const seqs = new SeqSet();
  let rows = 0;
  for (const [i, file] of index.files.entries()) {
    try {
      rows += await verifyFile(dir, duck, file, seqs, (detail) =>
        note('ARCHIVE_BAD_FILE', file.path, detail),
      );
    } catch (cause) {
      note(
        'ARCHIVE_BAD_FILE',
        file.path,
        cause instanceof Error ? cause.message.split('\n')[0]! : String(cause),
      );
    }
    onFile(i + 1, index.files.length);
  }
  if (seqs.repeated > 0) note('ARCHIVE_BAD_FILE', 'elems', `${seqs.repeated} elems are archived twice`);
  const spooledElems = addSpool(seqs, spooled, index);
  const voidSeqs = addVoids(seqs, index);
  const lastSeq = Math.max(
    index.archivedSeq,
    ...index.files.map(({ maxSeq }) => maxSeq),
    ...spooled.map(({ endSeq }) => endSeq - 1),
  );
  const missing = seqs.missing(lastSeq);
  const { expired } = index;
  if (missing.count !== expired.rows || missing.sum !== BigInt(expired.seqSum)) {
    note(
      'ARCHIVE_BAD_INDEX',
      'elems',
      `${missing.count} elems are missing, the first has seq ${missing.first}; retention removed ${expired.rows}`,
    );
  }
  return {
    files: index.files.length,
    bytes: index.files.reduce((sum, { bytes }) => sum + bytes, 0),
    rows,
    spooledElems,
    lastSeq,
    expiredRows: expired.rows,
    voidSeqs,
    lostElems: index.lostElems,
    problems,
  };
}

async function verifyFile(
  dir: string,
  duck: Duck,
  file: IndexedFile,
  seqs: SeqSet,
  note: (detail: string) => void,
): Promise<number> {
  const path = join(dir, file.path);
  const sha256 = await hashFile(path);
  if (sha256 !== file.sha256) note(`SHA-256 is ${sha256}, not ${file.sha256}`);
  if (file.kind !== 'elems') return 0;
  const facts = await readFacts(duck, path);
  for (const key of ['rows', 'minSeq', 'maxSeq', 'seqSum', 'minTimeUs', 'maxTimeUs'] as const)
    if (facts[key] !== file[key]) note(`${key} is ${facts[key]}, the index says ${file[key]}`);
  const startUs = partitionStartUs(file.partition);
  if (startUs === null || facts.minTimeUs < startUs || facts.maxTimeUs >= startUs + HOUR_US)
    note(`holds times outside of ${file.partition}`);
  const result = await duck.connection.stream(
    `SELECT seq::DOUBLE FROM read_parquet(${quote(path)}, hive_partitioning = false)`,
  );
  for (
    let chunk = await result.fetchChunk();
    chunk && chunk.rowCount > 0;
    chunk = await result.fetchChunk()
  ) {
    const column = chunk.getColumnVector(0);
    for (let row = 0; row < chunk.rowCount; row++) seqs.add(column.getItem(row) as number);
  }
  return facts.rows;
}

/** @returns elems that are in the spool only. */
function addSpool(seqs: SeqSet, segments: readonly FoundSegment[], index: ArchiveIndex): number {
  const before = seqs.size;
  let reserved = 0;
  for (const { first, last, isReserve } of segments.flatMap(({ ranges }) => ranges)) {
    if (last <= index.archivedSeq) continue;
    const known = seqs.size;
    // Also the seqs of an import that is under way: what they stand for is not archived before its end.
    seqs.addRange(first, last);
    if (isReserve) reserved += seqs.size - known;
  }
  return seqs.size - before - reserved;
}

function addVoids(seqs: SeqSet, index: ArchiveIndex): number {
  const before = seqs.size;
  for (const [first, last] of index.voids) seqs.addRange(first, last);
  return seqs.size - before;
}
