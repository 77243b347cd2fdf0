import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BgpError } from '#core/error.ts';
import type { ArchiveIndex } from '../archive/index-file.ts';
import { emptyIndex } from '../archive/index-file.ts';
import { INDEX_NAME, parseIndex } from '../archive/index-store.ts';
import { SCHEMA_VERSION } from '../archive/schema.ts';

/** What the archive shows to those who read it. */
export interface ArchiveView {
  /** Folder of the Parquet files. */
  readonly dir: string;
  index(): ArchiveIndex;
}

/**
 * An archive that another thread or process writes, seen through its index file: read again when it has changed. Without
 * one, or while it cannot be read, there is nothing to see.
 */
export function viewOfFolder(dir: string): ArchiveView {
  const path = join(dir, INDEX_NAME);
  let readOf = '';
  let index = emptyIndex(SCHEMA_VERSION);
  try {
    // The file server wants its folder; when it cannot be made the writer says why.
    mkdirSync(dir, { recursive: true });
  } catch {
    // A read-only place: as empty as one without an index.
  }
  return {
    dir,
    index() {
      try {
        // A new index is always a new file.
        const { mtimeMs, ino, size } = statSync(path);
        const now = `${ino} ${mtimeMs} ${size}`;
        if (now === readOf) return index;
        index = parseIndex(readFileSync(path));
        readOf = now;
      } catch (cause) {
        const isMissing = (cause as NodeJS.ErrnoException).code !== undefined || cause instanceof BgpError;
        if (!isMissing) throw cause;
        index = emptyIndex(SCHEMA_VERSION);
        readOf = '';
      }
      return index;
    },
  };
}
