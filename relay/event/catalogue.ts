import { createHash } from 'node:crypto';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BgpError } from '#core/error.ts';
import type { EventReplay, RoutingEvent } from '#core/event/event.ts';
import { eventIndex } from '#core/event/event.ts';
import { readEvent } from '#core/event/read.ts';

/** Where the catalogue and the bundled recordings are. */
export const CATALOGUE = fileURLToPath(new URL('../../static/events', import.meta.url));
export const REPLAYS = fileURLToPath(new URL('../../static/replays', import.meta.url));

const INDEX = 'index.json';

/** The event `id` of the catalogue in `folder`; null when there is none. @throws {BgpError} EVENT_BAD, FILE_UNREADABLE */
export async function findEvent(id: string, folder = CATALOGUE): Promise<RoutingEvent | null> {
  if (!/^[a-z0-9][a-z0-9_-]*$/.test(id)) return null;
  const names = await readdir(folder);
  return names.includes(`${id}.json`) ? readEventFile(join(folder, `${id}.json`)) : null;
}

/** Every event of the catalogue, by id. @throws {BgpError} EVENT_BAD, FILE_UNREADABLE */
export async function readCatalogue(folder = CATALOGUE): Promise<RoutingEvent[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json') && name !== INDEX);
  return Promise.all(names.sort().map((name) => readEventFile(join(folder, name))));
}

/** Write down where the recording of `event` is, in its own file and in the index. */
export async function noteReplay(
  event: RoutingEvent,
  replay: EventReplay | null,
  folder = CATALOGUE,
): Promise<void> {
  const path = join(folder, `${event.id}.json`);
  await writeJson(path, { ...((await readJson(path)) as object), replay });
  await writeIndex(folder);
}

/** Make the index anew from the events' files. */
export async function writeIndex(folder = CATALOGUE): Promise<void> {
  await writeJson(join(folder, INDEX), eventIndex(await readCatalogue(folder)));
}

/** What the catalogue says about the recording in the file `bytes`. */
export function replayFacts(id: string, bytes: Uint8Array, elems: number): EventReplay {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path: `replays/${id}.rsl`, bytes: bytes.length, sha256, elems };
}

async function readEventFile(path: string): Promise<RoutingEvent> {
  try {
    return readEvent(await readJson(path));
  } catch (cause) {
    if (cause instanceof BgpError) throw new BgpError(cause.code, `${path}: ${cause.message}`, { cause });
    throw cause;
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    const code = cause instanceof SyntaxError ? 'EVENT_BAD' : 'FILE_UNREADABLE';
    throw new BgpError(code, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Through a temporary name: nobody reads half a file. */
async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(`${path}.tmp`, `${JSON.stringify(value, null, 2)}\n`);
  await rename(`${path}.tmp`, path);
}
