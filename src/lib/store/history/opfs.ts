/** The history's files in the origin's private file system. DuckDB keeps a log and its copies beside the database. */
export const DATABASE_FILE = 'routescope-history.db';
const FILES = ['', '.wal', '.wal.checkpoint', '.wal.recovery', '.tmp'].map((end) => DATABASE_FILE + end);

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

/** Take the files away. Tried for a while: the browser frees them some time after the worker that held them has ended. */
export async function removeDatabase(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  for (const name of FILES) {
    for (let attempt = 0; ; attempt++) {
      try {
        await root.removeEntry(name);
        break;
      } catch (error) {
        if (error instanceof DOMException && error.name === 'NotFoundError') break;
        if (attempt >= 50) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }
}

/** Bytes the files take. */
export async function databaseFileBytes(): Promise<number> {
  const root = await navigator.storage.getDirectory();
  let bytes = 0;
  for (const name of FILES) {
    const handle = await root.getFileHandle(name).catch(() => null);
    if (handle) bytes += (await handle.getFile()).size;
  }
  return bytes;
}
