import type { ArchiveParts } from './parts.ts';
import { RETIRE_MS } from './parts.ts';
import { sortedFiles } from './commit.ts';
import { pauseAt } from './failpoint.ts';
import type { IndexedFile } from './index-file.ts';

/** Rows of a merged file, at most, as far as its inputs let it: what DuckDB sorts at once. */
const MAX_ROWS = 2_000_000;
/** An hour that got no file for this long is taken to be complete. */
const QUIET_MS = 600_000;
/** So many small files are merged in an hour that still grows. */
const MANY_FILES = 12;

/**
 * Merge the small files of one hour, if there is an hour to merge. The index gets the merged file and loses its inputs in one
 * change, so that each row is in it once at any moment; the inputs go later.
 *
 * @returns whether something was merged
 */
export async function compactOnce(archive: ArchiveParts, isEager: boolean): Promise<boolean> {
  const inputs = nextGroup(archive.keeper.index.files, archive.nowMs(), isEager);
  if (!inputs) return false;
  const merged = await archive.writer.merge(inputs);
  const replaced = new Set(inputs.map(({ path }) => path));
  const untilMs = archive.nowMs() + RETIRE_MS;
  await archive.keeper.change((index) => ({
    ...index,
    files: sortedFiles([...index.files.filter(({ path }) => !replaced.has(path)), merged]),
    retired: [...index.retired, ...inputs.map(({ path }) => ({ path, untilMs }))],
  }));
  await pauseAt(archive.failpoints, 'compact.indexed');
  archive.log.info('archive.compacted', {
    partition: merged.partition,
    files: inputs.length,
    rows: merged.rows,
  });
  return true;
}

/** Files of one hour to merge: neighbours in seq, at least one of them fresh. */
export function nextGroup(
  files: readonly IndexedFile[],
  nowMs: number,
  isEager: boolean,
): readonly IndexedFile[] | null {
  const hours = new Map<string, IndexedFile[]>();
  for (const file of files) {
    if (file.kind !== 'elems') continue;
    const hour = hours.get(file.partition);
    if (hour) hour.push(file);
    else hours.set(file.partition, [file]);
  }
  for (const hour of hours.values()) {
    const newestMs = Math.max(...hour.map(({ writtenMs }) => writtenMs));
    // A clock that jumped back makes files of the future: those are quiet too.
    const isQuiet = isEager || Math.abs(nowMs - newestMs) >= QUIET_MS;
    const fresh = hour.filter(({ isCompacted }) => !isCompacted).length;
    if (fresh === 0 || (!isQuiet && fresh < MANY_FILES)) continue;
    const group = groupOf([...hour].sort((a, b) => a.minSeq - b.minSeq));
    if (group) return group;
  }
  return null;
}

function groupOf(hour: readonly IndexedFile[]): readonly IndexedFile[] | null {
  let group: IndexedFile[] = [];
  let rows = 0;
  for (const file of hour) {
    if (rows + file.rows > MAX_ROWS) {
      if (isWorthIt(group)) return group;
      group = [];
      rows = 0;
    }
    group.push(file);
    rows += file.rows;
  }
  return isWorthIt(group) ? group : null;
}

/** A fresh file alone is rewritten too: the stronger compression is worth a tenth of its bytes. */
function isWorthIt(group: readonly IndexedFile[]): boolean {
  return group.some(({ isCompacted }) => !isCompacted);
}
