import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import type { ElemBatch } from '#core/elem/batch.ts';
import { ELEM_FLAG } from '#core/elem/batch.ts';
import type { RoutingEvent } from '#core/event/event.ts';
import { Duck } from '../archive/duck.ts';
import { NODE_FS } from '../archive/fs.ts';
import type { ArchiveIndex } from '../archive/index-file.ts';
import { loadIndex } from '../archive/index-store.ts';
import { filesOfWindow, readElems } from '../archive/read.ts';
import { selectElems } from '../detect/session.ts';
import type { EventBaseline } from './baseline.ts';
import { baselineOf, newRib } from './baseline.ts';
import type { EventWindow } from './window.ts';
import { cutWindow } from './window.ts';

/** What came this long before the window becomes its baseline. */
const BASELINE_US = 24 * 3_600_000_000;
const BATCH_ELEMS = 10_000;

/** The window of `event` and what came before it, out of the archive in `dir`, of the event's collectors. @throws {BgpError} ARCHIVE_* */
export async function readFromArchive(
  event: RoutingEvent,
  dir: string,
): Promise<{ readonly window: EventWindow; readonly baseline: EventBaseline | null }> {
  const index = await loadIndex(NODE_FS, dir);
  const duck = await Duck.open(undefined, tmpdir());
  const fromUs = Date.parse(event.from) * 1000;
  const toUs = Date.parse(event.to) * 1000;
  const unicast = (from: number, to: number): AsyncGenerator<ElemBatch> =>
    withoutMulticast(
      readElems(
        dir,
        index,
        duck,
        { fromUs: from, toUs: to, filter: { collectors: event.collectors } },
        { batchElems: BATCH_ELEMS },
      ),
    );
  try {
    const window = {
      ...(await cutWindow(event, unicast(fromUs, toUs), [])),
      files: parquetFiles(index, fromUs, toUs),
    };
    const rib = newRib();
    for await (const batch of unicast(fromUs - BASELINE_US, fromUs)) rib.step(batch);
    const files = parquetFiles(index, fromUs - BASELINE_US, fromUs);
    const hash = createHash('sha256');
    for (const { sha256 } of files) hash.update(Buffer.from(sha256, 'hex'));
    const source = {
      ...{ rule: 'what the archive had of the 24 hours before leads to', files: files.length },
      ...{ firstFile: files[0]?.name ?? '', lastFile: files.at(-1)?.name ?? '', sha256: hash.digest('hex') },
    };
    return { window, baseline: files.length === 0 ? null : baselineOf(rib, window, source) };
  } finally {
    duck.close();
  }
}

async function* withoutMulticast(batches: AsyncIterable<ElemBatch>): AsyncGenerator<ElemBatch> {
  for await (const batch of batches) {
    const isPlain = batch.flags.every((flags) => !(flags & ELEM_FLAG.multicast));
    const part = isPlain ? batch : selectElems(batch, (i) => !(batch.flags[i]! & ELEM_FLAG.multicast));
    if (part) yield part;
  }
}

function parquetFiles(index: ArchiveIndex, fromUs: number, toUs: number): EventWindow['files'] {
  return filesOfWindow(index, fromUs, toUs).map(({ path, bytes, sha256 }) => ({ name: path, bytes, sha256 }));
}
