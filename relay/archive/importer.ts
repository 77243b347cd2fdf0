import type { ElemBatch } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { ElemCopier } from '#core/elem/copier.ts';
import type { ArchiveParts } from './parts.ts';
import { joinedRanges, sortedFiles } from './commit.ts';
import type { ImportRecord, IndexedFile } from './index-file.ts';
import { LEVEL } from './parquet.ts';

/** Something to import as a whole. */
export interface ImportSource {
  /** Says what it is, e.g. its address: the same key is imported once. */
  readonly key: string;
  /** Hex, of what was read; asked for after the last batch. */
  readonly sha256: () => string;
  readonly batches: AsyncIterable<ElemBatch> | Iterable<ElemBatch>;
  /** Elems held in memory before they are written. */
  readonly chunkElems?: number;
}

/** Elems written at once, unless the source says otherwise. */
const CHUNK_ELEMS = 262_144;

/**
 * Write a source's elems to files of their own, past the spool, and name them in the index together with the source's key:
 * after a crash all of it is archived or nothing.
 *
 * @throws {BgpError} ARCHIVE_NO_SPACE and the like, and whatever reading the source throws; nothing is archived then
 */
export async function importBatches(
  archive: ArchiveParts,
  source: ImportSource,
  reservedFirsts: Set<number>,
): Promise<{ record: ImportRecord; isNew: boolean }> {
  const known = archive.keeper.index.imports.find(({ key }) => key === source.key);
  if (known) return { record: known, isNew: false };
  const files: IndexedFile[] = [];
  const ranges: [number, number][] = [];
  const builder = new BatchBuilder(1000);
  const copier = new ElemCopier(builder);
  const write = async (): Promise<void> => {
    const batch = builder.take();
    const firstSeq = await archive.spool.reserve(batch.length);
    reservedFirsts.add(firstSeq);
    ranges.push([firstSeq, firstSeq + batch.length - 1]);
    files.push(...(await archive.exclusive(() => archive.writer.writeBatch(batch, firstSeq, LEVEL.fresh))));
  };
  try {
    try {
      for await (const batch of source.batches) {
        for (let i = 0; i < batch.length; i++) copier.copy(batch, i);
        if (builder.length >= (source.chunkElems ?? CHUNK_ELEMS)) await write();
      }
      if (builder.length > 0) await write();
    } catch (cause) {
      await archive.writer.discard(files);
      throw cause;
    }
    const record = importRecord(source, ranges, archive.nowMs());
    await archive.keeper.change((index) => ({
      ...index,
      files: sortedFiles([...index.files, ...files]),
      imports: [...index.imports, record],
    }));
    return { record, isNew: true };
  } catch (cause) {
    await archive.keeper
      .change((index) => ({ ...index, voids: joinedRanges([...index.voids, ...ranges]) }))
      .catch(() => undefined);
    throw cause;
  } finally {
    for (const [first] of ranges) reservedFirsts.delete(first);
  }
}

function importRecord(
  source: ImportSource,
  ranges: readonly [number, number][],
  importedMs: number,
): ImportRecord {
  return {
    key: source.key,
    sha256: source.sha256(),
    rows: ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0),
    ranges,
    importedMs,
  };
}
