import { mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BgpError } from '#core/error.ts';
import type { ErrorCode } from '#core/error.ts';

/** A file that is written from its start on, once. */
export interface AppendFile {
  /** Write all of `bytes` at `position`. May fail half-way: then what is there after `position` means nothing. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Returns when the bytes would survive a power cut. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What the archive asks of a file system; tests put one in between that is full, or read-only. */
export interface ArchiveFs {
  mkdir(path: string): Promise<void>;
  /** Names in a folder, sorted; none when it is not there. @param isRecursive also those of its folders, as relative paths. */
  list(path: string, isRecursive?: boolean): Promise<string[]>;
  /** Make a file that is not there yet. */
  create(path: string): Promise<AppendFile>;
  /** Null when it is not there. */
  read(path: string): Promise<Uint8Array | null>;
  /** Null when it is not there. */
  bytes(path: string): Promise<number | null>;
  rename(from: string, to: string): Promise<void>;
  /** Nothing happens when it is not there. */
  remove(path: string): Promise<void>;
  /** Sync a file others have written, or a folder's entries. */
  sync(path: string): Promise<void>;
  /** Called before DuckDB, which writes by itself, is told to. @throws when there would be no room */
  beforeCopy(path: string): Promise<void>;
  freeBytes(path: string): Promise<number>;
}

export const NODE_FS: ArchiveFs = {
  async mkdir(path) {
    await mkdir(path, { recursive: true });
  },
  async list(path, isRecursive = false) {
    const entries = await readdir(path, { withFileTypes: true, recursive: isRecursive }).catch(none<[]>([]));
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => (isRecursive ? `${entry.parentPath}/${entry.name}`.slice(path.length + 1) : entry.name))
      .sort();
  },
  async create(path) {
    const file = await open(path, 'wx');
    return {
      async write(bytes, position) {
        for (let at = 0; at < bytes.length;) {
          const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
          at += bytesWritten;
        }
      },
      sync: () => file.datasync(),
      close: () => file.close(),
    };
  },
  read: (path) => readFile(path).catch(none<null>(null)),
  bytes: async (path) => (await stat(path).catch(none<null>(null)))?.size ?? null,
  rename,
  async remove(path) {
    await rm(path, { force: true });
  },
  async sync(path) {
    const file = await open(path, 'r');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  },
  async beforeCopy() {},
  async freeBytes(path) {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
};

function none<T>(value: T): (cause: unknown) => T {
  return (cause) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return value;
    throw cause;
  };
}

/**
 * Put `bytes` at `path` so that a crash leaves the old content or the new one: temporary name, sync, rename, sync of the
 * folder.
 */
export async function replaceFile(fs: ArchiveFs, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  await fs.remove(temporary);
  const file = await fs.create(temporary);
  try {
    await file.write(bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await fs.rename(temporary, path);
  await fs.sync(dirname(path));
}

/** What kept the archive from writing, as a failure of ours. */
export function writeFailure(cause: unknown): BgpError {
  if (cause instanceof BgpError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = (cause as NodeJS.ErrnoException | null)?.code ?? '';
  return new BgpError(failureCode(code, message), message.split('\n')[0]!.slice(0, 300), { cause });
}

/** DuckDB tells the reason as text only. */
function failureCode(code: string, message: string): ErrorCode {
  if (/^(ENOSPC|EDQUOT)$/.test(code) || /no space left|quota exceeded/i.test(message))
    return 'ARCHIVE_NO_SPACE';
  if (
    /^(EROFS|EACCES|EPERM)$/.test(code) ||
    /read-only file system|permission denied|operation not permitted/i.test(message)
  )
    return 'ARCHIVE_READ_ONLY';
  return 'ARCHIVE_WRITE_FAILED';
}
