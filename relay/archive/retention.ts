import type { ArchiveParts, RetentionDays } from './parts.ts';
import { RETIRE_MS } from './parts.ts';
import type { FileKind, ImportRecord, IndexedFile } from './index-file.ts';

const DAY_MS = 86_400_000;

/**
 * Remove what is older than its time, counted from when it was archived: an event of 2008 imported today is kept as long as
 * today's updates. What goes is counted in the index, so that `archive verify` still accounts for every seq.
 *
 * @returns the files that went
 */
export async function retain(archive: ArchiveParts, days: RetentionDays): Promise<number> {
  const nowMs = archive.nowMs();
  const isOver = (file: IndexedFile): boolean => nowMs - file.writtenMs > keptMs(file.kind, days);
  const over = archive.keeper.index.files.filter(isOver);
  if (over.length === 0) return 0;
  await archive.keeper.change((index) => {
    const gone = index.files.filter(isOver);
    const elems = gone.filter(({ kind }) => kind === 'elems');
    const files = index.files.filter((file) => !isOver(file));
    return {
      ...index,
      files,
      // What is gone may be imported again.
      imports: index.imports.filter(
        (one) => nowMs - one.importedMs <= days.raw * DAY_MS || hasElems(files, one),
      ),
      expired: {
        rows: index.expired.rows + elems.reduce((sum, { rows }) => sum + rows, 0),
        seqSum: String(elems.reduce((sum, { seqSum }) => sum + BigInt(seqSum), BigInt(index.expired.seqSum))),
      },
      retired: [...index.retired, ...gone.map(({ path }) => ({ path, untilMs: nowMs + RETIRE_MS }))],
    };
  });
  archive.log.info('archive.expired', { files: over.length });
  return over.length;
}

function hasElems(files: readonly IndexedFile[], { ranges }: ImportRecord): boolean {
  return files.some(
    ({ kind, minSeq, maxSeq }) =>
      kind === 'elems' && ranges.some(([first, last]) => minSeq <= last && maxSeq >= first),
  );
}

function keptMs(kind: FileKind, days: RetentionDays): number {
  switch (kind) {
    case 'elems':
      return days.raw * DAY_MS;
    case 'incidents':
      return days.incidents * DAY_MS;
    case 'features':
      return days.features * DAY_MS;
    default:
      return Infinity;
  }
}

/**
 * A clock for retention: it never runs ahead of the time this process has seen pass, so that a system clock that jumps into
 * the future deletes nothing.
 */
export function steadyClock(nowMs: () => number, elapsedMs: () => number): () => number {
  const startMs = nowMs();
  const startElapsedMs = elapsedMs();
  return () => Math.min(nowMs(), startMs + elapsedMs() - startElapsedMs);
}
