import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BgpError } from '#core/error.ts';

const LOCK_NAME = 'lock';

/**
 * Make this process the one that writes the archive. A lock whose process is gone (it was killed) is taken over.
 *
 * @returns the way to let go. @throws {BgpError} ARCHIVE_LOCKED, or the file system's error
 */
export async function lockArchive(dir: string): Promise<() => Promise<void>> {
  const path = join(dir, LOCK_NAME);
  const mine = `${process.pid} ${(await startOf(process.pid)) ?? ''}`;
  for (let attempt = 0; attempt < 3; attempt++) {
    const temporary = `${path}.${process.pid}`;
    try {
      // Linked when it is whole: nobody ever reads half a lock.
      await writeFile(temporary, mine);
      await link(temporary, path);
      return () => rm(path, { force: true });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    } finally {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
    const holder = (await readFile(path, 'utf8').catch(() => '')).trim();
    if (await isAlive(holder)) {
      throw new BgpError('ARCHIVE_LOCKED', `process ${holder.split(' ')[0]} writes ${dir}`);
    }
    await rm(path, { force: true });
  }
  throw new BgpError('ARCHIVE_LOCKED', `others take the lock of ${dir}`);
}

async function isAlive(holder: string): Promise<boolean> {
  const [pid, start] = holder.split(' ');
  if (!pid || !/^\d+$/.test(pid)) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (cause) {
    // Somebody else's process is alive too.
    if ((cause as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  // Numbers are used again: the time the process started tells (Linux; elsewhere the number has to do).
  const now = await startOf(Number(pid));
  return now === null || start === undefined || start === '' || now === start;
}

/** When a process started, in clock ticks since boot; null where that is not told. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}
