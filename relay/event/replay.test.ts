import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { BgpdumpLines } from '#core/elem/bgpdump.ts';
import type { ElemBatch } from '#core/elem/batch.ts';
import { ELEM_FLAG, KIND } from '#core/elem/batch.ts';
import { compileFilter } from '#core/elem/filter.ts';
import type { ElemRow } from '#core/elem/row.ts';
import { elemRow, elemRows } from '#core/elem/row.ts';
import { openElemFile } from '../source/file.ts';
import { projectVersion } from '../version.ts';
import type { RecordingManifest } from '#core/event/recording.ts';
import { readBaseline } from './baseline.ts';
import { buildRecording } from './build.ts';
import { findEvent } from './catalogue.ts';
import { archiveInputs } from './inputs.ts';
import { readRecordingManifest } from './manifest.ts';
import { readWindow } from './window.ts';

const path = fileURLToPath(new URL('../../static/replays/youtube-pakistan-20080224.rsl', import.meta.url));
const archive = join(process.env.ROUTESCOPE_DATA ?? '../shared/data', 'mrt/youtube-pakistan-20080224');
const table = join(process.env.ROUTESCOPE_DATA ?? '../shared/data', 'hijacks/events/pakistan_1.jsonl.gz');
const us = (time: string): number => Date.parse(`2008-02-24T${time}Z`) * 1000;

describe('the bundled replay of 24 February 2008', () => {
  let manifest: RecordingManifest;
  const batches: ElemBatch[] = [];
  const focus: ElemRow[] = [];

  beforeAll(async () => {
    manifest = (await readRecordingManifest(path))!;
    const matcher = compileFilter({ prefixes: ['208.65.152.0/22'] });
    const file = openElemFile(path);
    for await (const batch of file.batches) {
      batches.push(batch);
      for (let i = 0; i < batch.length; i++) if (matcher.matches(batch, i)) focus.push(elemRow(batch, i));
    }
    expect(file.stats.damage.total).toBe(0);
  });

  const of = (prefix: string, origin: string): ElemRow[] =>
    focus.filter((row) => row.prefix === prefix && row.path?.split(' ').at(-1) === origin);

  test('is at most 2,500,000 bytes', () => {
    expect(statSync(path).size).toBeLessThanOrEqual(2_500_000);
  });

  test('holds the hijack: AS17557 announces 208.65.153.0/24 at 18:47:57', () => {
    const hijack = of('208.65.153.0/24', '17557');
    expect(hijack).toHaveLength(83);
    expect(hijack[0]).toMatchObject({ kind: 'announce', timeUs: us('18:47:57') });
    expect(hijack.at(-1)?.timeUs).toBe(us('21:00:49'));
    expect(hijack.every((row) => row.path?.split(' ').includes('3491'))).toBe(true);
  });

  test("holds YouTube's answers: the /24 from 20:07:25, two /25 from 20:18:43", () => {
    const answer = of('208.65.153.0/24', '36561');
    expect(answer).toHaveLength(53);
    expect(answer[0]?.timeUs).toBe(us('20:07:25'));
    expect(of('208.65.153.0/25', '36561')[0]?.timeUs).toBe(us('20:18:43'));
    expect(of('208.65.153.128/25', '36561')[0]?.timeUs).toBe(us('20:18:43'));
  });

  test('holds the last withdrawal at 21:01:21', () => {
    const last = focus
      .filter(({ kind, prefix }) => kind === 'withdraw' && prefix === '208.65.153.0/24')
      .at(-1);
    expect(last?.timeUs).toBe(us('21:01:21'));
  });

  test('is what its manifest says', () => {
    const kinds = [0, 0, 0, 0];
    let messages = 0;
    const vantages = new Set<string>();
    let [firstUs, lastUs] = [Infinity, -Infinity];
    for (const batch of batches) {
      for (let i = 0; i < batch.length; i++) {
        kinds[batch.kind[i]!]!++;
        messages += batch.flags[i]! & ELEM_FLAG.first;
        firstUs = Math.min(firstUs, batch.timeUs[i]!);
        lastUs = Math.max(lastUs, batch.timeUs[i]!);
      }
      for (let v = 0; v < batch.vantages.length; v++) {
        const at = batch.vantages.address[v]! * 4;
        vantages.add(`${batch.addresses.words.subarray(at, at + 4).join()} ${batch.vantages.asn[v]!}`);
      }
    }
    const [announcements, withdrawals, stateChanges, tableEntries] = kinds;
    const elems = announcements! + withdrawals! + stateChanges! + tableEntries!;
    expect(manifest.counts).toEqual({
      elems,
      messages,
      announcements,
      withdrawals,
      stateChanges,
      tableEntries,
      vantages: vantages.size,
    });
    expect([manifest.firstUs, manifest.lastUs]).toEqual([firstUs, lastUs]);
    expect(firstUs).toBeGreaterThanOrEqual(us('18:30:00'));
    expect(lastUs).toBeLessThan(us('21:15:00'));
    expect(batches.every(({ collectors }) => collectors.join() === 'route-views2')).toBe(true);
  });

  test('begins with what was announced before, by whom ever; none of it moves time', () => {
    const entries = batches[0]!;
    expect(entries.kind.every((kind) => kind === KIND.rib)).toBe(true);
    expect(batches.slice(1).every(({ kind }) => !kind.includes(KIND.rib))).toBe(true);
    expect(entries.timeUs.every((timeUs) => timeUs === us('18:30:00'))).toBe(true);
    const routes = new Set(elemRows(entries).map((row) => `${row.prefix} ${row.peerAddress} ${row.peerAsn}`));
    expect(routes.size).toBe(entries.length);
    const prefixes = new Set(elemRows(entries).map(({ prefix }) => prefix));
    expect(manifest.baseline).toMatchObject({ routes: entries.length, prefixes: prefixes.size, files: 167 });
    const youtube = elemRows(entries).filter(({ prefix }) => prefix === '208.65.152.0/22');
    expect(youtube.length).toBeGreaterThan(30);
    expect(youtube.every(({ path }) => path?.split(' ').at(-1) === '36561')).toBe(true);
  });

  test('tells where it comes from', () => {
    expect(manifest.source.files).toHaveLength(12);
    expect(manifest.source.files.every(({ sha256 }) => /^[0-9a-f]{64}$/.test(sha256))).toBe(true);
    expect(manifest.source.credit).toContain('Route Views');
    expect(manifest.selection).toMatchObject({ vantagesInWindow: 45, elemsInWindow: 663_497, left: [] });
  });

  describe.skipIf(!existsSync(archive))('against the archive files (needs ROUTESCOPE_DATA)', () => {
    test('nothing of the window is missing, added or changed', async () => {
      const event = (await findEvent('youtube-pakistan-20080224'))!;
      const window = await readWindow(event, await archiveInputs(event, archive));
      expect(digest(batches.slice(1))).toBe(digest(window.batches));
      expect(window.files).toEqual(manifest.source.files);
    }, 600_000);

    // Reads the 166 files before the event, too: the slowest test of the project.
    test('building it again gives the same bytes', async () => {
      const event = (await findEvent('youtube-pakistan-20080224'))!;
      const inputs = await archiveInputs(event, archive);
      const window = await readWindow(event, inputs);
      const baseline = await readBaseline(window, inputs, [table]);
      expect(digest(batches.slice(0, 1))).toBe(digest([baseline!.batch]));
      const { model } = manifest.versions;
      const parts = { event, window, baseline, rpki: null, model, version: projectVersion() };
      const rebuilt = buildRecording(parts, 4_000_000);
      expect(Buffer.compare(rebuilt.bytes, readFileSync(path))).toBe(0);
    }, 1_800_000);

    test('a smaller budget leaves out whole vantages, those that saw nothing of the event first', async () => {
      const whole = (await findEvent('youtube-pakistan-20080224'))!;
      const event = { ...whole, to: '2008-02-24T18:50:00Z' };
      const window = await readWindow(event, await archiveInputs(event, archive));
      const parts = { event, window, baseline: null, rpki: null, model: null, version: '0' };
      const { manifest: small, bytes } = buildRecording(parts, 150_000);
      expect(bytes.length).toBeLessThanOrEqual(150_000);
      const left = new Set(small.selection.left);
      expect(left.size).toBeGreaterThan(0);
      expect(small.counts.vantages + left.size).toBe(window.shares.size);
      const kept = [...window.shares.values()].filter(({ name }) => !left.has(name));
      expect(kept.reduce((sum, { elems }) => sum + elems, 0)).toBe(small.counts.elems);
      const leftOut = [...window.shares.values()].filter(({ name }) => left.has(name));
      const sawNothing = kept.some(({ focusElems }) => focusElems === 0);
      if (sawNothing) expect(leftOut.every(({ focusElems }) => focusElems === 0)).toBe(true);
    }, 120_000);
  });
});

/** A checksum over the text of every elem, whatever batches they are in. */
function digest(batches: readonly ElemBatch[]): string {
  const hash = createHash('sha256');
  const lines = new BgpdumpLines();
  for (const batch of batches) {
    let text = '';
    for (let i = 0; i < batch.length; i++) text += `${batch.flags[i]!} ${lines.line(batch, i)}\n`;
    hash.update(text);
  }
  return hash.digest('hex');
}
