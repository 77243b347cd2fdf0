import { join } from 'node:path';
import { TEMPORARY_FOLDER } from './file-writer.ts';
import type { ArchiveFs } from './fs.ts';
import type { ArchiveIndex } from './index-file.ts';
import { FILE_FOLDERS } from './index-store.ts';
import type { ClosedSegment } from './spool.ts';
import { readRecords, segmentFirstSeq, SPOOL_FOLDER } from './spool-record.ts';

/** Half-written files, and whole ones a crash kept from the index: their rows are in the spool, or in the files they replace. */
export async function removeLeftovers(fs: ArchiveFs, dir: string, index: ArchiveIndex): Promise<void> {
  for (const name of await fs.list(join(dir, TEMPORARY_FOLDER)))
    await fs.remove(join(dir, TEMPORARY_FOLDER, name));
  const known = new Set([...index.files, ...index.retired].map(({ path }) => path));
  for (const folder of FILE_FOLDERS) {
    for (const name of await fs.list(join(dir, folder), true)) {
      if (name.endsWith('.parquet') && !known.has(`${folder}/${name}`))
        await fs.remove(join(dir, folder, name));
    }
  }
}

/** What the last run spooled: records from where the next segment begins on were written in vain. */
export async function findSegments(
  fs: ArchiveFs,
  dir: string,
  index: ArchiveIndex,
): Promise<{ segments: ClosedSegment[]; nextSeq: number }> {
  const names = (await fs.list(join(dir, SPOOL_FOLDER))).filter((name) => segmentFirstSeq(name) !== null);
  const segments: ClosedSegment[] = [];
  let nextSeq = index.files.reduce((max, { maxSeq }) => Math.max(max, maxSeq), index.archivedSeq) + 1;
  for (const [i, name] of names.entries()) {
    const path = join(dir, SPOOL_FOLDER, name);
    const bytes = (await fs.read(path)) ?? new Uint8Array(0);
    const firstSeq = segmentFirstSeq(name)!;
    const followerSeq = i + 1 < names.length ? segmentFirstSeq(names[i + 1]!)! : Infinity;
    const endSeq = readRecords(bytes).records.reduce(
      (end, record) =>
        record.firstSeq + record.elems <= followerSeq ? Math.max(end, record.firstSeq + record.elems) : end,
      firstSeq,
    );
    segments.push({ path, firstSeq, endSeq, bytes: bytes.length });
    nextSeq = Math.max(nextSeq, endSeq);
  }
  return { segments, nextSeq };
}
