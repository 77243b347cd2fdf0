/** The history's files in the origin's private file system. DuckDB keeps a log and its copies beside the database. */
export const DATABASE_FILE = 'routescope-history.db';
const ENDS = ['', '.wal', '.wal.checkpoint', '.wal.recovery', '.tmp'];
const FILES = ENDS.map((end) => DATABASE_FILE + end);
/** A database that could not be read, kept for its owner. One at most. */
const DAMAGED_FILE = 'routescope-history.damaged.db';
const DAMAGED_FILES = ENDS.map((end) => DAMAGED_FILE + end);

/** Why there is no private file system; null when there is one that lets a worker write. */
export async function missingOpfs(): Promise<string | null> {
  try {
    // Typed as always there, which in an insecure context it is not.
    const storage = navigator.storage as StorageManager | undefined;
    if (storage?.getDirectory === undefined) return 'this browser keeps no files for pages opened this way';
    const root = await storage.getDirectory();
    const file = await root.getFileHandle('routescope-probe', { create: true });
    if (!('createSyncAccessHandle' in file)) return 'this browser lets no worker write files';
    await root.removeEntry('routescope-probe').catch(() => undefined);
    return null;
  } catch (error) {
    return `this browser gives no private file system (${error instanceof Error ? error.name : 'unknown error'})`;
  }
}

/** Take the database away. */
export function removeDatabase(): Promise<void> {
  return removeFiles(FILES);
}

/** Tried for a while: the browser frees files some time after the worker that held them has ended. */
async function removeFiles(names: readonly string[]): Promise<void> {
  const root = await navigator.storage.getDirectory();
  for (const name of names) {
    await insist(async () => {
      try {
        await root.removeEntry(name);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    });
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'NotFoundError';

async function insist(work: () => Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Put a database that cannot be read aside, whole, so that another can be begun. One put aside before is replaced. */
export async function setAsideDatabase(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  await removeFiles(DAMAGED_FILES);
  for (const [i, name] of FILES.entries()) {
    const handle = await root.getFileHandle(name).catch(() => null);
    // Not in the types yet; every browser with files for workers has it.
    const movable = handle as (FileSystemFileHandle & { move(name: string): Promise<void> }) | null;
    if (movable) await insist(() => movable.move(DAMAGED_FILES[i]!));
  }
}

/** The database put aside; null without one. Its log, which is small, is not part of it. */
export async function damagedDatabase(): Promise<File | null> {
  const root = await navigator.storage.getDirectory();
  const handle = await root.getFileHandle(DAMAGED_FILE).catch(() => null);
  return handle ? handle.getFile() : null;
}

/** Be rid of the database put aside. */
export function removeDamaged(): Promise<void> {
  return removeFiles(DAMAGED_FILES);
}

/** Bytes of the database without its log. */
export function databaseBytes(): Promise<number> {
  return bytesOf([DATABASE_FILE]);
}

/** Bytes of the database and of what it keeps beside it. */
export function databaseFileBytes(): Promise<number> {
  return bytesOf(FILES);
}

async function bytesOf(names: readonly string[]): Promise<number> {
  const root = await navigator.storage.getDirectory();
  let bytes = 0;
  for (const name of names) {
    const handle = await root.getFileHandle(name).catch(() => null);
    if (handle) bytes += (await handle.getFile()).size;
  }
  return bytes;
}
