import { join } from 'node:path';
import { TEMPORARY_FOLDER } from './file-writer.ts';
import type { ArchiveFs } from './fs.ts';
import type { ArchiveIndex } from './index-file.ts';
import { FILE_FOLDERS } from './index-store.ts';

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
