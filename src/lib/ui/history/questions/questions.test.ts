import { existsSync, readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ElemRow } from '#core/elem/row.ts';
import { elemRows } from '#core/elem/row.ts';
import { decodeBatch } from '#core/wire/batch.ts';
import { COMPRESSION, decodeFrame } from '#core/wire/frame.ts';
import { FrameLogDecoder } from '#core/wire/log.ts';
import type { NodeEngine } from '../../../store/history/node-engine.fixture.ts';
import { insertRows, nodeEngine } from '../../../store/history/node-engine.fixture.ts';
import { guardSql } from '../../../store/history/sql-guard.ts';
import { createElems, createIncidents, viewsOf } from '../../../store/history/schema.ts';
import { NO_PARAMS } from '../link.ts';
import { SQL_EXAMPLES } from './examples.ts';
import { QUESTIONS, questionOf } from './questions.ts';
import { stepOf, timestampSql } from './question.ts';

/** A real recording that comes with the project: the part of it from 18:40 to 19:10, without the table at its beginning. */
const LOG = new URL('../../../../../static/replays/youtube-pakistan-20080224.rsl', import.meta.url);
const FROM_US = Date.UTC(2008, 1, 24, 18, 45) * 1000;
const TO_US = Date.UTC(2008, 1, 24, 18, 55) * 1000;

let engine: NodeEngine;
let rows: ElemRow[];

function readLog(): ElemRow[] {
  const found: ElemRow[] = [];
  const decoder = new FrameLogDecoder({
    onFrame: (frame) => {
      const { header, body } = decodeFrame(frame);
      if (header.elems === 0 || header.lastUs < FROM_US || header.firstUs >= TO_US) return;
      const raw = header.compression === COMPRESSION.none ? body : inflateRawSync(body);
      found.push(...elemRows(decodeBatch(raw)));
    },
  });
  decoder.push(readFileSync(LOG));
  return found.filter(({ timeUs }) => timeUs >= FROM_US && timeUs < TO_US);
}

const INCIDENTS = [
  ['i1', 'subprefix-hijack', 'high', '18:47:57'],
  ['i2', 'subprefix-hijack', 'medium', '18:48:10'],
  ['i3', 'moas', 'low', '18:52:00'],
] as const;

beforeAll(async () => {
  expect(existsSync(LOG)).toBe(true);
  rows = readLog();
  engine = await nodeEngine();
  await engine.connection.run(createElems('d1_elems'));
  await engine.connection.run(createIncidents('d1_incidents'));
  await insertRows(engine, 'd1_elems', rows);
  for (const [id, type, level, time] of INCIDENTS) {
    const at = `TIMESTAMP '2008-02-24 ${time}'`;
    await engine.connection.run(
      `INSERT INTO d1_incidents VALUES ('${id}', '${type}', 'critical', '${level}', 8, 'ongoing', ${at}, ${at}, ${at}, NULL, '208.65.153.0/24', 1, 17557, 36561, 20, 'test')`,
    );
  }
  for (const view of viewsOf('d1', { incidents: true, minutes: true })) await engine.connection.run(view);
});

const ask = async (id: string, params = NO_PARAMS): Promise<Record<string, unknown>[]> => {
  const found = await engine.rows(questionOf(id)!.sql(params, TO_US - FROM_US));
  // Counts come as big integers.
  return found.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [key, typeof value === 'bigint' ? Number(value) : value]),
    ),
  );
};

const updates = (): ElemRow[] => rows.filter(({ kind }) => kind === 'announce' || kind === 'withdraw');
const announced = (): ElemRow[] => rows.filter(({ kind }) => kind === 'announce');

function countBy<T>(list: readonly T[], key: (one: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of list) counts.set(key(one), (counts.get(key(one)) ?? 0) + 1);
  return counts;
}

const origin = (row: ElemRow): string => /(?:^| )(\d+)$/.exec(row.path ?? '')?.[1] ?? '';

test('there is enough to count', () => {
  expect(updates().length).toBeGreaterThan(20_000);
});

test.each(QUESTIONS.map(({ id, sql }) => [id, sql] as const))(
  '%s is one statement that may run',
  (_id, sql) => {
    for (const params of [
      NO_PARAMS,
      { ...NO_PARAMS, fromUs: FROM_US, toUs: TO_US, prefix: "10.0.0.0/8, o'x" },
    ])
      expect(guardSql(sql(params, 0))).toHaveProperty('sql');
  },
);

test.each(SQL_EXAMPLES.map(({ title, sql }) => [title, sql]))('example "%s" runs', async (_title, sql) => {
  expect(guardSql(sql)).toHaveProperty('sql');
  await engine.rows(sql);
});

describe('answers are what counting by hand gives', () => {
  test('updates over time', async () => {
    const answer = await ask('updates', { ...NO_PARAMS, stepMin: 1 });
    const byMinute = countBy(announced(), ({ timeUs }) => String(Math.floor(timeUs / 60e6)));
    expect(answer.map(({ announcements }) => announcements)).toEqual([...byMinute.values()]);
    const total = answer.reduce((sum, row) => sum + (row['withdrawals'] as number), 0);
    expect(total).toBe(updates().length - announced().length);
  });

  test('busiest prefixes', async () => {
    const answer = await ask('prefixes');
    const counts = [...countBy(updates(), ({ prefix }) => prefix!)].sort(
      (a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1),
    );
    expect(answer.map(({ prefix, updates: n }) => [prefix, n])).toEqual(counts.slice(0, 20));
    const of = updates().filter(({ prefix }) => prefix === counts[0]![0]);
    expect(answer[0]).toMatchObject({
      vantages: new Set(of.map(({ peerAddress }) => peerAddress)).size,
      origins: new Set(of.map(origin).filter(Boolean)).size,
    });
  });

  test('busiest ASNs', async () => {
    const counts = [
      ...countBy(
        announced().filter((row) => origin(row) !== ''),
        origin,
      ),
    ].sort((a, b) => b[1] - a[1] || Number(a[0]) - Number(b[0]));
    const answer = await ask('asns', { ...NO_PARAMS, top: 10 });
    expect(answer.map(({ asn, announcements }) => [String(asn), announcements])).toEqual(counts.slice(0, 10));
  });

  test('busiest peers', async () => {
    const counts = countBy(updates(), ({ collector, peerAddress }) => `${collector} ${peerAddress}`);
    const answer = await ask('peers', { ...NO_PARAMS, top: 500 });
    const found = answer.map((row) => [
      row['vantage'],
      (row['announcements'] as number) + (row['withdrawals'] as number),
    ]);
    expect(new Map(found as [string, number][])).toEqual(counts);
  });

  test('MOAS over time', async () => {
    const [row] = await ask('moas', { ...NO_PARAMS, stepMin: 1440 });
    const origins = new Map<string, Set<string>>();
    for (const one of announced()) {
      if (origin(one) === '') continue;
      const set = origins.get(one.prefix!) ?? new Set<string>();
      origins.set(one.prefix!, set.add(origin(one)));
    }
    const moas = [...origins].filter(([, set]) => set.size > 1);
    expect(moas.length).toBeGreaterThan(0);
    expect(row).toMatchObject({
      moas_prefixes: moas.length,
      announced_prefixes: origins.size,
      most_origins: Math.max(...moas.map(([, set]) => set.size)),
    });
  });

  test('path length', async () => {
    const lengths = countBy(announced(), ({ path }) => String(new Set(path!.split(' ')).size));
    const answer = await ask('path-length');
    expect(
      new Map(answer.map(({ ases, ipv4, ipv6 }) => [String(ases), (ipv4 as number) + (ipv6 as number)])),
    ).toEqual(lengths);
  });

  test('updates by hour', async () => {
    expect(await ask('hours')).toMatchObject([{ hour: 18, updates: updates().length }]);
  });

  test('incident calendar', async () => {
    expect(await ask('calendar')).toMatchObject([{ incidents: 3, high: 1, medium: 1, low: 1 }]);
  });

  test('one prefix', async () => {
    const answer = await ask('prefix', { ...NO_PARAMS, prefix: '208.65.153.0/24' });
    const own = rows.filter(({ prefix }) => prefix === '208.65.153.0/24');
    expect(answer).toHaveLength(own.length);
    expect(answer[0]).toMatchObject({ kind: 'announce', origin: 'AS17557' });
    expect(await ask('prefix')).toEqual([]);
  });

  test('what goes together', async () => {
    const answer = await ask('correlation', { ...NO_PARAMS, stepMin: 1 });
    const perMinute = (list: readonly ElemRow[]): number[] => {
      const counts = countBy(list, ({ timeUs }) => String(Math.floor(timeUs / 60e6)));
      return Array.from({ length: 10 }, (_, i) => counts.get(String(FROM_US / 60e6 + i)) ?? 0);
    };
    const withdrawals = updates().filter(({ kind }) => kind === 'withdraw');
    const cell = (a: string, b: string): number =>
      answer.find((one) => one['row'] === a && one['column'] === b)!['r'] as number;
    expect(cell('announcements', 'withdrawals')).toBeCloseTo(
      pearson(perMinute(announced()), perMinute(withdrawals)),
      9,
    );
    expect(cell('announcements', 'announcements')).toBeCloseTo(1, 9);
    const hijacks = [0, 0, 1, 1, 0, 0, 0, 0, 0, 0];
    expect(cell('announcements', 'subprefix-hijack')).toBeCloseTo(
      pearson(perMinute(announced()), hijacks),
      9,
    );
    expect(cell('subprefix-hijack', 'announcements')).toBeCloseTo(
      cell('announcements', 'subprefix-hijack'),
      9,
    );
  });

  test('a window is from its beginning on, and before its end', async () => {
    const second = rows[100]!.timeUs;
    const params = { ...NO_PARAMS, fromUs: second, toUs: second + 1, top: 500 };
    const answer = await ask('prefixes', params);
    const total = answer.reduce((sum, row) => sum + (row['updates'] as number), 0);
    expect(total).toBe(updates().filter(({ timeUs }) => timeUs === second).length);
  });
});

/** Pearson's correlation, as its definition says. */
function pearson(x: readonly number[], y: readonly number[]): number {
  const mean = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;
  const [mx, my] = [mean(x), mean(y)];
  const product = x.reduce((sum, value, i) => sum + (value - mx) * (y[i]! - my), 0);
  const square = (list: readonly number[], m: number): number =>
    list.reduce((sum, v) => sum + (v - m) ** 2, 0);
  return product / Math.sqrt(square(x, mx) * square(y, my));
}

test.each([
  [0, 1],
  [3 * 3600e6, 1],
  [4 * 3600e6, 5],
  [30 * 86_400e6, 360],
  [5000 * 86_400e6, 1440],
])('a span of %i microseconds is cut into steps of %i minutes', (spanUs, stepMin) => {
  expect(stepOf(NO_PARAMS, spanUs)).toBe(stepMin);
  expect(stepOf({ ...NO_PARAMS, stepMin: 7 }, spanUs)).toBe(7);
});

test('times keep their microseconds', () => {
  expect(timestampSql(1_203_878_877_000_001)).toBe("TIMESTAMP '2008-02-24 18:47:57.000001'");
});
