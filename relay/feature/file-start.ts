import { basename } from 'node:path';
import { KIND } from '#core/elem/batch.ts';
import { BgpError } from '#core/error.ts';
import { openElemFile } from '../source/file.ts';

/** `updates.20080224.1824.bz2`, `rib.20080224.1800.bz2`, `bview.20211004.1500.gz`: as the public archives name their files. */
const ARCHIVE_NAME = /^(updates|ribs?|bview)\.(\d{4})(\d\d)(\d\d)\.(\d\d)(\d\d)(?:\.|$)/;

/**
 * When a file begins, Unix microseconds: as an archive's name says, else as its first elem does. -Infinity for a table, which
 * says what was there before, for standard input, and for what cannot be read: that is told of when its turn comes.
 */
export async function fileStartUs(path: string): Promise<number> {
  const name = ARCHIVE_NAME.exec(basename(path));
  if (name) {
    const [kind, year, month, day, hour, minute] = name.slice(1);
    if (kind !== 'updates') return -Infinity;
    return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute)) * 1000;
  }
  if (path === '-') return -Infinity;
  try {
    for await (const batch of openElemFile(path, { batchElems: 1 }).batches)
      return batch.kind[0] === KIND.rib && !isRecording(path) ? -Infinity : batch.timeUs[0]!;
  } catch (error) {
    if (!(error instanceof BgpError)) throw error;
  }
  return -Infinity;
}

/** A frame log's own table stands before its updates and belongs to them. */
function isRecording(path: string): boolean {
  return path.endsWith('.rsl');
}
