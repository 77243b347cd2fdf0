import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { append, openArchive } from '../../tests/fixtures/archive.ts';
import { elemBatch } from '../../tests/fixtures/elem-batch.ts';
import { appendRows } from './append-rows.ts';
import type { Archive } from './archive.ts';
import { staleDays, updateDaily } from './daily.ts';

const DAY = 'date=2008-02-24';
let dir: string;
let archive: Archive;
let nowMs = 1e12;

beforeEach(async () => {
  nowMs = 1e12;
  dir = await mkdtemp(join(tmpdir(), 'routescope-daily-'));
  archive = await openArchive(dir, { nowMs: () => nowMs });
});

afterEach(async () => {
  await archive.close();
  await rm(dir, { recursive: true });
});

async function sums(kind: 'daily-asn' | 'daily-prefix', order: string): Promise<unknown[]> {
  const file = archive.index.files.find((one) => one.kind === kind);
  if (!file) return [];
  const result = await archive.duck.connection.runAndReadAll(
    `SELECT * FROM '${join(dir, file.path)}' ORDER BY ${order}`,
  );
  return result.getRowObjectsJson();
}

const BATCH = elemBatch([
  { kind: 'A', prefix: '10.1.0.0/16', path: [65_001, 100], peer: 1 },
  { kind: 'A', prefix: '10.1.0.0/16', path: [65_002, 100], peer: 2 },
  { kind: 'W', prefix: '10.1.0.0/16', peer: 2, atS: 1 },
  { kind: 'A', prefix: '10.2.0.0/16', path: [65_001, 100], atS: 4000 },
  { kind: 'W', prefix: '10.9.0.0/16', atS: 4000 },
  { kind: 'A', prefix: '10.1.0.0/16', path: [65_001, 666], atS: 4001 },
  { kind: 'S' },
]);

test('announcements, withdrawals and vantages of a day, per origin and per prefix', async () => {
  append(archive, BATCH);
  await archive.seal();
  expect(await updateDaily(archive, true)).toBe(1);
  expect(await sums('daily-asn', 'origin_asn')).toMatchObject([
    { origin_asn: 100, announcements: '3', withdrawals: '1', vantages: 2, prefixes: 2, incidents: '0' },
    { origin_asn: 666, announcements: '1', withdrawals: '1', vantages: 1, prefixes: 1, incidents: '0' },
  ]);
  expect(await sums('daily-prefix', 'prefix')).toMatchObject([
    { family: 'ipv4', prefix: '10.1.0.0/16', announcements: '3', withdrawals: '1', vantages: 2 },
    { prefix: '10.2.0.0/16', announcements: '1', withdrawals: '0', vantages: 1 },
    { prefix: '10.9.0.0/16', announcements: '0', withdrawals: '1', vantages: 1 },
  ]);
});

test('a day is summed again when something new came, not when its files were merged', async () => {
  append(archive, BATCH);
  await archive.seal();
  expect(await updateDaily(archive, false)).toBe(0);
  nowMs += 600_000;
  expect(await updateDaily(archive, false)).toBe(1);
  expect(await updateDaily(archive, true)).toBe(0);
  append(archive, elemBatch([{ kind: 'A', prefix: '10.1.0.0/16', path: [65_001, 100], atS: 10 }]));
  await archive.seal();
  expect(staleDays(archive.index, nowMs, true)).toEqual([DAY]);
  await updateDaily(archive, true);
  expect(await sums('daily-asn', 'origin_asn')).toMatchObject([{ origin_asn: 100, announcements: '4' }, {}]);
  await archive.compact(true);
  expect(staleDays(archive.index, nowMs, true)).toEqual([]);
  expect(archive.index.files.filter(({ kind }) => kind.startsWith('daily'))).toHaveLength(2);
});

test('incidents are counted by the prefixes and ASNs they concern', async () => {
  append(archive, BATCH);
  await archive.seal();
  await updateDaily(archive, true);
  await appendRows(archive, 'incidents', DAY, [
    { id: 'a', type: 'S|0', prefixes: '["10.1.0.0/16"]', asns: '["100","666"]', score: 9, startUs: 1.2e15 },
    {
      id: 'b',
      type: 'E|0',
      prefixes: '["10.1.0.0/16","10.2.0.0/16"]',
      asns: '["666"]',
      score: 3,
      startUs: 1.2e15,
    },
  ]);
  expect(archive.status().byKind.incidents?.files).toBe(1);
  expect(await updateDaily(archive, true)).toBe(1);
  expect(await sums('daily-asn', 'origin_asn')).toMatchObject([{ incidents: '1' }, { incidents: '2' }]);
  expect(await sums('daily-prefix', 'prefix')).toMatchObject([
    { prefix: '10.1.0.0/16', incidents: '2' },
    { incidents: '1' },
    { incidents: '0' },
  ]);
});

test('sums outlive the elems, and incidents are kept longer than elems', async () => {
  append(archive, BATCH);
  await archive.seal();
  await appendRows(archive, 'incidents', DAY, [{ id: 'a', prefixes: '[]', asns: '[]' }]);
  await updateDaily(archive, true);
  nowMs += 31 * 86_400_000;
  expect(await archive.tidy()).toBe(2);
  expect(await updateDaily(archive, true)).toBe(0);
  expect((await sums('daily-asn', 'origin_asn')).length).toBe(2);
  expect(archive.index.files.map(({ kind }) => kind)).toEqual(['daily-asn', 'daily-prefix', 'incidents']);
  nowMs += 400 * 86_400_000;
  expect(await archive.tidy()).toBe(1);
  expect(archive.index.files.map(({ kind }) => kind)).toEqual(['daily-asn', 'daily-prefix']);
});
