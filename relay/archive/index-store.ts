import { join } from 'node:path';
import { BgpError } from '#core/error.ts';
import type { ArchiveFs } from './fs.ts';
import { replaceFile } from './fs.ts';
import type { ArchiveIndex } from './index-file.ts';
import { emptyIndex, INDEX_VERSION } from './index-file.ts';
import { SCHEMA_VERSION } from './schema.ts';

export const INDEX_NAME = 'index.json';
/** Folders of Parquet files, by their first path segment. */
export const FILE_FOLDERS = ['elems', 'incidents', 'features', 'daily-asn', 'daily-prefix'] as const;

/**
 * The index of an archive folder; of an empty one when there is none yet.
 *
 * @throws {BgpError} ARCHIVE_BAD_INDEX also when there are Parquet files but no index
 */
export async function loadIndex(fs: ArchiveFs, dir: string): Promise<ArchiveIndex> {
  const bytes = await fs.read(join(dir, INDEX_NAME));
  if (bytes) return parseIndex(bytes);
  for (const folder of FILE_FOLDERS) {
    const found = (await fs.list(join(dir, folder), true)).find((name) => name.endsWith('.parquet'));
    if (found !== undefined)
      throw new BgpError('ARCHIVE_BAD_INDEX', `${folder}/${found} is there, ${INDEX_NAME} is not`);
  }
  return emptyIndex(SCHEMA_VERSION);
}

/** @throws {BgpError} ARCHIVE_BAD_INDEX */
export function parseIndex(bytes: Uint8Array): ArchiveIndex {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new BgpError('ARCHIVE_BAD_INDEX', 'not JSON', { cause });
  }
  const index = value as Partial<ArchiveIndex> | null;
  if (index?.version !== INDEX_VERSION || index.schema !== SCHEMA_VERSION)
    throw new BgpError(
      'ARCHIVE_BAD_INDEX',
      `version ${String(index?.version)}, columns ${String(index?.schema)}`,
    );
  const isWhole =
    Number.isSafeInteger(index.archivedSeq) &&
    [index.files, index.voids, index.gaps, index.imports, index.retired].every(Array.isArray) &&
    index.files!.every((file) => isFile(file));
  if (!isWhole) throw new BgpError('ARCHIVE_BAD_INDEX', 'members are missing');
  return { ...emptyIndex(SCHEMA_VERSION), ...index };
}

/** A path that leads out of the folder would let an index delete anything. */
function isFile(value: unknown): boolean {
  const file = value as Record<string, unknown> | null;
  return (
    typeof file?.['path'] === 'string' &&
    !file['path'].split('/').includes('..') &&
    typeof file['partition'] === 'string' &&
    typeof file['sha256'] === 'string' &&
    ['rows', 'minSeq', 'maxSeq', 'minTimeUs', 'maxTimeUs', 'bytes'].every((key) => Number.isFinite(file[key]))
  );
}

/** Put an index in the place of the one before. It holds when this resolves. */
export async function saveIndex(fs: ArchiveFs, dir: string, index: ArchiveIndex): Promise<void> {
  await replaceFile(fs, join(dir, INDEX_NAME), Buffer.from(`${JSON.stringify(index)}\n`));
}
