import { join } from 'node:path';
import type { ArchiveParts } from './parts.ts';

/** Remove the files nobody is at any more, then forget them: in this order, so that none is forgotten on the disk. */
export async function removeRetired(archive: ArchiveParts): Promise<void> {
  const nowMs = archive.nowMs();
  const due = archive.keeper.index.retired.filter(({ untilMs }) => untilMs <= nowMs);
  if (due.length === 0) return;
  // The same content gets the same name: a file that came back is in use again.
  const used = new Set(archive.keeper.index.files.map(({ path }) => path));
  for (const { path } of due) if (!used.has(path)) await archive.fs.remove(join(archive.dir, path));
  const gone = new Set(due.map(({ path }) => path));
  await archive.keeper.change((index) => ({
    ...index,
    retired: index.retired.filter(({ path }) => !gone.has(path)),
  }));
}
