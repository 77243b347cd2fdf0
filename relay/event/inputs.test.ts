import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BgpdumpLines } from '#core/elem/bgpdump.ts';
import type { ElemBatch } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import type { RoutingEvent } from '#core/event/event.ts';
import { JsonlDecoder } from '#core/elem/jsonl.ts';
import { elemRows } from '#core/elem/row.ts';
import { Archive } from '../archive/archive.ts';
import { SILENT } from '../log.ts';
import { openElemFile } from '../source/file.ts';
import { readFromArchive } from './archive-input.ts';
import { findEvent } from './catalogue.ts';
import { archiveInputs } from './inputs.ts';
import { mergeByTime } from './merge.ts';
import { readWindow } from './window.ts';

const DATA = process.env['ROUTESCOPE_DATA'] ?? new URL('../../../shared/data', import.meta.url).pathname;
const FOLDER = join(DATA, 'mrt/youtube-pakistan-20080224');
const youtube = (await findEvent('youtube-pakistan-20080224'))!;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'inputs-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('of the files of a folder those of the window are taken, and what came before it since the newest table', async () => {
  const touch = (path: string): void => {
    mkdirSync(join(dir, path, '..'), { recursive: true });
    writeFileSync(join(dir, path), '');
  };
  for (const time of ['1600', '1800', '1815', '1839', '1854', '2111', '2126'])
    touch(`route-views2/updates.20080224.${time}.bz2`);
  for (const time of ['1400', '1600', '2000']) touch(`route-views2/rib.20080224.${time}.bz2`);
  for (const time of ['1825', '1830', '1835']) touch(`rrc00/2008.02/updates.20080224.${time}.gz`);
  touch('rrc00/notes.txt');
  touch('rrc00/updates.20080224.1825.gz.part');
  const inputs = await archiveInputs(youtube, dir);
  const times = (files: readonly { readonly name: string }[]): string[] =>
    files.map(({ name }) => name.replace('.20080224.', ' ').replace(/\..*$/, ''));
  expect(inputs.map(({ collector, before, window }) => [collector, times(before), times(window)])).toEqual([
    [
      'route-views2',
      ['rib 1600', 'updates 1600', 'updates 1800'],
      ['updates 1815', 'updates 1839', 'updates 1854', 'updates 2111'],
    ],
    ['rrc00', ['updates 1825'], ['updates 1830', 'updates 1835']],
  ]);
});

function batchOf(times: readonly number[], peer: string): ElemBatch {
  const builder = new BatchBuilder(100);
  const decoder = new JsonlDecoder(builder);
  for (const [i, ts] of times.entries()) {
    const prefix = `10.${i}.0.0/16`;
    decoder.decode(JSON.stringify({ ts, type: 'A', collector: 'rrc00', peer, prefix, path: '1 2' }));
  }
  return builder.take();
}

async function* stream(...batches: ElemBatch[]): AsyncGenerator<ElemBatch> {
  for (const batch of batches) yield await Promise.resolve(batch);
}

test('streams are merged in order of time, none of them loses its own order', async () => {
  const a = stream(batchOf([1, 4, 4], '192.0.2.1'), batchOf([9], '192.0.2.1'));
  const b = stream(batchOf([2, 4, 3], '192.0.2.2'), batchOf([], '192.0.2.2'), batchOf([8, 10], '192.0.2.2'));
  const rows: string[] = [];
  for await (const batch of mergeByTime([a, b], 3)) {
    for (const { timeUs, peerAddress } of elemRows(batch))
      rows.push(`${timeUs / 1e6} ${peerAddress.at(-1)!}`);
  }
  expect(rows).toEqual(['1 1', '2 2', '4 1', '4 1', '4 2', '3 2', '8 2', '9 1', '10 2']);
});

describe.skipIf(!existsSync(FOLDER))('from the archive (needs ROUTESCOPE_DATA)', () => {
  test('the window is the same as from the files it was imported from', async () => {
    const event: RoutingEvent = { ...youtube, from: '2008-02-24T18:47:00Z', to: '2008-02-24T18:52:00Z' };
    const path = join(FOLDER, 'updates.20080224.1839.bz2');
    const archive = await Archive.open({ dir, log: SILENT });
    const { batches } = openElemFile(path, {
      collector: 'route-views2',
      multicast: true,
      batchElems: 10_000,
    });
    await archive.import({ key: 'one', sha256: () => '', batches });
    await archive.close();
    const lines = new BgpdumpLines();
    const text = (found: readonly ElemBatch[]): string[] =>
      found.flatMap((batch) => Array.from({ length: batch.length }, (_, i) => lines.line(batch, i)));
    const { window, baseline } = await readFromArchive(event, dir);
    const fromFiles = await readWindow(event, await archiveInputs(event, FOLDER));
    expect(text(window.batches)).toEqual(text(fromFiles.batches));
    expect(window.elems).toBeGreaterThan(10_000);
    expect(baseline!.facts.routes).toBeGreaterThan(1000);
    expect(baseline!.batch.timeUs.every((timeUs) => timeUs === Date.parse(event.from) * 1000)).toBe(true);
  }, 60_000);
});
