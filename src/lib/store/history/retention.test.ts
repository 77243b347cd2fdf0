import { describe, expect, test } from 'vitest';
import { elemRows } from '#core/elem/row.ts';
import { elemBatch, START_S } from '../../../../tests/fixtures/elem-batch.ts';
import { expire, listRemovals } from './expire.ts';
import { insertRows, nodeEngine } from './node-engine.fixture.ts';
import { planExpiry } from './retention.ts';
import type { Stock } from './retention.ts';
import { viewsOf } from './schema.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 8, 10);
const stock = (change: Partial<Stock>): Stock => ({
  nowMs: NOW_MS,
  keepDays: 30,
  quotaBytes: 500e6,
  usedBytes: 100e6,
  elems: 1_000_000,
  oldestMs: NOW_MS - DAY_MS,
  loaded: [],
  urgentShare: 0,
  ...change,
});

describe('what is let go', () => {
  test.each<[string, Partial<Stock>, ReturnType<typeof planExpiry>]>([
    ['nothing, young and small', {}, null],
    ['nothing, of an empty history', { elems: 0, oldestMs: null, usedBytes: 0 }, null],
    ['nothing, exactly 30 days old', { oldestMs: NOW_MS - 30 * DAY_MS }, null],
    [
      'what is older than 30 days',
      { oldestMs: NOW_MS - 30 * DAY_MS - 1 },
      { beforeMs: NOW_MS - 30 * DAY_MS, elems: 0, dataSets: [] },
    ],
    [
      'over the quota: down to nine tenths',
      { usedBytes: 600e6 },
      { beforeMs: null, elems: 250_000, dataSets: [] },
    ],
    [
      'a tenth, when the browser has no more room though the quota is not reached',
      { usedBytes: 100e6, urgentShare: 0.1 },
      { beforeMs: null, elems: 100_000, dataSets: [] },
    ],
    [
      'all of it, when nothing less was enough',
      { usedBytes: 100e6, urgentShare: 1, loaded: [{ id: 'd1', bytes: 20e6 }] },
      { beforeMs: null, elems: 1_000_000, dataSets: ['d1'] },
    ],
    [
      'recorded elems before what was loaded',
      { usedBytes: 600e6, loaded: [{ id: 'd1', bytes: 100e6 }] },
      { beforeMs: null, elems: 300_000, dataSets: [] },
    ],
    [
      'the oldest data set when what is recorded does not suffice',
      {
        usedBytes: 600e6,
        loaded: [
          { id: 'd1', bytes: 280e6 },
          { id: 'd2', bytes: 280e6 },
        ],
      },
      { beforeMs: null, elems: 1_000_000, dataSets: ['d1'] },
    ],
    [
      'only data sets where nothing is recorded',
      { usedBytes: 600e6, elems: 0, oldestMs: null, loaded: [{ id: 'd1', bytes: 600e6 }] },
      { beforeMs: null, elems: 0, dataSets: ['d1'] },
    ],
  ])('%s', (_name, change, plan) => {
    expect(planExpiry(stock(change))).toEqual(plan);
  });
});

const rows = elemRows(
  elemBatch([
    { kind: 'A', atS: 0, prefix: '10.0.0.0/8', path: [65_001, 1] },
    { kind: 'A', atS: 1, prefix: '10.0.0.0/8', path: [65_001, 2] },
    { kind: 'W', atS: 61, prefix: '10.0.0.0/8' },
    { kind: 'A', atS: 62, prefix: '11.0.0.0/8', path: [65_001, 2] },
  ]),
);

test('elems recorded before the limit go, their counts per minute stay, and nothing is counted twice', async () => {
  const engine = await nodeEngine();
  await insertRows(engine, 'recording_elems', rows.slice(0, 3), NOW_MS - 31 * DAY_MS);
  await insertRows(engine, 'recording_elems', rows.slice(3), NOW_MS - DAY_MS);
  for (const view of viewsOf('recording', { incidents: true, minutes: true }))
    await engine.connection.run(view);
  const minutes = `SELECT minute::VARCHAR AS minute, announcements::INTEGER AS announced, withdrawals::INTEGER AS withdrawn FROM minutes ORDER BY minute`;
  const before = await engine.rows(minutes);
  const first = new Date(Math.floor(START_S / 60) * 60_000).toISOString().slice(0, 19).replace('T', ' ');
  expect(before[0]).toEqual({ minute: first, announced: 2, withdrawn: 0 });
  expect(before).toHaveLength(2);

  const plan = planExpiry(stock({ oldestMs: NOW_MS - 31 * DAY_MS }))!;
  expect(await expire(engine, plan, NOW_MS, 'age')).toEqual({
    atMs: NOW_MS,
    why: 'age',
    elems: 3,
    fromMs: NOW_MS - 31 * DAY_MS,
    toMs: NOW_MS - 31 * DAY_MS,
    dataSets: [],
  });
  expect(
    await engine.rows('SELECT count(*)::INTEGER AS n, min(prefix) AS prefix FROM recording_elems'),
  ).toEqual([{ n: 1, prefix: '11.0.0.0/8' }]);
  expect(await engine.rows(minutes)).toEqual(before);
  expect(await expire(engine, plan, NOW_MS, 'age')).toBeNull();
  expect(await engine.rows(minutes)).toEqual(before);
});

test('for want of room the oldest go, whole writes at a time, and the data sets named', async () => {
  const engine = await nodeEngine();
  for (const [i, row] of rows.entries()) await insertRows(engine, 'recording_elems', [row], NOW_MS + i);
  await engine.connection.run('CREATE TABLE d1_elems AS SELECT 1 AS x');
  await engine.connection.run(
    "INSERT INTO data_sets VALUES ('d1', 'd1', 'file', 'x', 1, 1, NULL, NULL, 0, false, true, '')",
  );
  const gone = await expire(engine, { beforeMs: null, elems: 2, dataSets: ['d1'] }, NOW_MS, 'quota');
  expect(gone).toMatchObject({ elems: 2, fromMs: NOW_MS, toMs: NOW_MS + 1, dataSets: ['x'] });
  expect(await listRemovals(engine)).toEqual([gone]);
  expect(await engine.rows('SELECT kind FROM recording_elems ORDER BY time')).toEqual([
    { kind: 'withdraw' },
    { kind: 'announce' },
  ]);
  expect(await engine.rows('SELECT id FROM data_sets')).toEqual([]);
  await expect(engine.rows('SELECT * FROM d1_elems')).rejects.toThrow(/does not exist/);
});

test('what was let go is remembered, the newest fifty', async () => {
  const engine = await nodeEngine();
  for (let i = 0; i < 53; i++) {
    await insertRows(engine, 'recording_elems', rows.slice(0, 1), NOW_MS + i);
    await expire(engine, { beforeMs: null, elems: 1, dataSets: [] }, NOW_MS + i, 'browser');
  }
  const removals = await listRemovals(engine);
  expect(removals).toHaveLength(50);
  expect(removals[0]).toMatchObject({ atMs: NOW_MS + 52, why: 'browser', elems: 1 });
});
