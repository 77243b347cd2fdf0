import type { ArchiveFs } from './fs.ts';
import { writeFailure } from './fs.ts';
import type { ArchiveGap, ArchiveIndex, IndexedFile } from './index-file.ts';
import { MAX_GAPS } from './index-file.ts';
import { saveIndex } from './index-store.ts';
import { partitionStartUs } from './schema.ts';

/** Holds the index and changes it, one change after the other; a change counts once it is on the disk. */
export class IndexKeeper {
  readonly #fs: ArchiveFs;
  readonly #dir: string;
  #index: ArchiveIndex;
  #last: Promise<unknown> = Promise.resolve();

  constructor(fs: ArchiveFs, dir: string, index: ArchiveIndex) {
    this.#fs = fs;
    this.#dir = dir;
    this.#index = index;
  }

  get index(): ArchiveIndex {
    return this.#index;
  }

  /** @throws {BgpError} ARCHIVE_NO_SPACE and the like; the index is what it was then */
  change(update: (index: ArchiveIndex) => ArchiveIndex): Promise<void> {
    const run = this.#last.then(async () => {
      const next = update(this.#index);
      await saveIndex(this.#fs, this.#dir, next).catch((cause: unknown) => {
        throw writeFailure(cause);
      });
      this.#index = next;
    });
    this.#last = run.catch(() => undefined);
    return run;
  }
}

/** By kind, then hour, then least seq. */
export function sortedFiles(files: readonly IndexedFile[]): IndexedFile[] {
  return [...files].sort(
    (a, b) =>
      a.kind.localeCompare(b.kind) ||
      (partitionStartUs(a.partition) ?? 0) - (partitionStartUs(b.partition) ?? 0) ||
      a.minSeq - b.minSeq,
  );
}

/** Gaps with new ones behind them. One that is there already is the same gap, told again after a crash. */
export function withGaps(
  index: ArchiveIndex,
  gaps: readonly ArchiveGap[],
): Pick<ArchiveIndex, 'gaps' | 'lostElems'> {
  const isSame = (a: ArchiveGap, b: ArchiveGap): boolean =>
    a.fromMs === b.fromMs && a.toMs === b.toMs && a.elems === b.elems && a.code === b.code;
  const fresh = gaps.filter((gap) => !index.gaps.some((known) => isSame(known, gap)));
  return {
    gaps: [...index.gaps, ...fresh].slice(-MAX_GAPS),
    lostElems: index.lostElems + fresh.reduce((sum, { elems }) => sum + elems, 0),
  };
}

/** Ranges in order, neighbours joined. */
export function joinedRanges(ranges: readonly (readonly [number, number])[]): [number, number][] {
  const joined: [number, number][] = [];
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}
