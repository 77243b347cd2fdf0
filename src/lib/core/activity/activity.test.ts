import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { TestElem } from '../../../../tests/fixtures/elem-batch.ts';
import { elemBatch, START_S } from '../../../../tests/fixtures/elem-batch.ts';
import { mrtBatches, recording } from '../../../../tests/fixtures/mrt-batches.ts';
import type { ElemBatch } from '../elem/batch.ts';
import { ELEM_FLAG } from '../elem/batch.ts';
import type { ElemFilter } from '../elem/filter.ts';
import { compileFilter } from '../elem/filter.ts';
import { elemRows } from '../elem/row.ts';
import { OUTCOME } from '../rib/outcome.ts';
import { Rib } from '../rib/rib.ts';
import type { ActivityView } from './activity.ts';
import { Activity } from './activity.ts';
import { collectorHealth, Health } from './health.ts';
import { olderElems } from './recent.ts';
import type { TrackedBatch } from './tracked.ts';
import { RetainedBatches } from './tracked.ts';

/** Batches as the worker tracks them. */
function track(rib: Rib, batches: readonly ElemBatch[], firstId = 1): TrackedBatch[] {
  return batches.map((batch) => {
    const tracked = { ...rib.step(batch), batch, firstId, isAfterGap: false };
    firstId += batch.length;
    return tracked;
  });
}

function view(batches: readonly ElemBatch[], filter: ElemFilter | null = null, stepS = 1): ActivityView {
  const rib = new Rib();
  const health = new Health(rib.vantages);
  const activity = new Activity({ stepS, matcher: filter && compileFilter(filter) });
  for (const tracked of track(rib, batches)) {
    activity.step(tracked);
    health.step(tracked, activity.nowUs);
  }
  return activity.snapshot({
    isUp: (id) => health.isUp(id),
    collector: (id) => rib.vantages.name(id).collector,
  });
}

const ELEMS: TestElem[] = [
  { kind: 'A', peer: 1, prefix: '10.0.0.0/8', path: [65_001, 3356, 7] },
  { kind: 'A', peer: 1, prefix: '11.0.0.0/8', path: [65_001, 3356, 7], isSame: true },
  { kind: 'A', peer: 2, prefix: '10.0.0.0/8', path: [65_002, 8], collector: 'rrc01' },
  { kind: 'A', peer: 1, prefix: '10.0.0.0/8', path: [65_001, 3356, 8] },
  { kind: 'W', peer: 1, prefix: '11.0.0.0/8' },
  { kind: 'S', peer: 2, collector: 'rrc01' },
  { kind: 'R', peer: 1, prefix: '12.0.0.0/8', path: [65_001, 9] },
  { kind: 'A', peer: 1, prefix: '10.0.0.0/8', path: [65_001, 3356, 8], atS: 2 },
];

describe('what a view counts', () => {
  const { totals, topPrefixes, topOrigins, rate, recent, dataTimeUs } = view([elemBatch(ELEMS)]);

  test('totals by kind and by what announcements did', () => {
    expect(totals).toEqual({
      sinceUs: START_S * 1e6,
      messages: 6,
      elems: 8,
      announcements: 5,
      withdrawals: 1,
      stateChanges: 1,
      newRoutes: 3,
      changedRoutes: 1,
      duplicates: 1,
      prefixes: 3,
      origins: 3,
      prefixesEstimated: false,
      originsEstimated: false,
      collectors: 2,
      vantages: 2,
      vantagesUp: 1,
    });
    expect(dataTimeUs).toBe((START_S + 2) * 1e6);
  });

  test('the busiest prefixes and origins; table-dump entries are no activity', () => {
    expect(topPrefixes.map(({ spark: _spark, ...row }) => row)).toEqual([
      { prefix: '10.0.0.0/8', table: 'ipv4', announcements: 4, withdrawals: 0, origins: [8, 7], vantages: 2 },
      { prefix: '11.0.0.0/8', table: 'ipv4', announcements: 1, withdrawals: 1, origins: [7], vantages: 1 },
    ]);
    expect(topOrigins.map(({ spark: _spark, ...row }) => row)).toEqual([
      { asn: 8, announcements: 3, prefixes: 1, vantages: 2 },
      { asn: 7, announcements: 2, prefixes: 2, vantages: 1 },
    ]);
    expect(topPrefixes[0]!.spark.at(-1)).toBe(4);
  });

  test('the rate of the steps that are over', () => {
    expect([...rate.timeS]).toEqual([START_S, START_S + 1]);
    expect([...rate.announce]).toEqual([4, 0]);
    expect([...rate.withdraw]).toEqual([1, 0]);
  });

  test('the newest elems, newest first', () => {
    expect(recent.map(({ id }) => id)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    expect(recent[4]).toMatchObject({ kind: 'announce', prefix: '10.0.0.0/8', path: '65001 3356 8' });
  });
});

test('a filter narrows everything, and messages count once', () => {
  const { totals, topOrigins, recent } = view([elemBatch(ELEMS)], {
    collectors: ['rrc00'],
    kinds: ['announce'],
  });
  expect(totals).toMatchObject({
    elems: 4,
    messages: 3,
    prefixes: 2,
    origins: 2,
    vantages: 1,
    changedRoutes: 1,
  });
  expect(topOrigins.map(({ asn }) => asn)).toEqual([7, 8]);
  expect(recent.map(({ id }) => id)).toEqual([8, 4, 2, 1]);
});

test('steps in which only others were heard are 0 within a filter', () => {
  const elems: TestElem[] = [0, 1, 2, 3].map((atS) => ({ kind: 'A', atS, peer: atS === 1 ? 2 : 1 }));
  const { rate } = view(
    elems.map((elem) => elemBatch([elem])),
    { peers: ['192.0.2.2'] },
  );
  expect([...rate.announce]).toEqual([0, 1, 0]);
});

test('elems far off the clock count, but are not placed in time', () => {
  const good = Array.from({ length: 20 }, (_, i): TestElem => ({
    kind: 'A',
    atS: i / 10,
    prefix: `10.${i}.0.0/16`,
  }));
  const { totals, rate, topPrefixes } = view([
    elemBatch([
      ...good,
      { kind: 'A', atS: 86_400, prefix: '99.0.0.0/8' },
      { kind: 'A', atS: -86_400, prefix: '98.0.0.0/8' },
    ]),
    elemBatch([{ kind: 'A', atS: 3 }]),
  ]);
  expect(totals.elems).toBe(23);
  expect([...rate.announce]).toEqual([10, 10, 0]);
  expect(topPrefixes.map(({ prefix }) => prefix)).not.toContain('99.0.0.0/8');
  expect(topPrefixes).toHaveLength(20);
});

test('the window slides: what is older than five minutes leaves the tables, not the totals', () => {
  const { totals, topPrefixes, topOrigins } = view([
    elemBatch([{ kind: 'A', prefix: '10.0.0.0/8', path: [1] }]),
    ...[100, 200, 299, 310].map((atS) => elemBatch([{ kind: 'A', atS, prefix: '11.0.0.0/8', path: [2] }])),
  ]);
  expect(topPrefixes.map((row) => [row.prefix, row.announcements])).toEqual([['11.0.0.0/8', 4]]);
  expect(topOrigins.map((row) => [row.asn, row.prefixes])).toEqual([[2, 1]]);
  expect(totals.prefixes).toBe(2);
});

test('a jump to another recording starts the windows over', () => {
  const batch = (atS: number, prefix: string): ElemBatch =>
    elemBatch(Array.from({ length: 10 }, (): TestElem => ({ kind: 'A', atS, prefix })));
  const { rate, topPrefixes, dataTimeUs } = view([
    batch(86_400, '10.0.0.0/8'),
    batch(0, '11.0.0.0/8'),
    batch(1, '11.0.0.0/8'),
  ]);
  expect(dataTimeUs).toBe((START_S + 1) * 1e6);
  expect([...rate.timeS]).toEqual([START_S]);
  expect(topPrefixes.map(({ prefix }) => prefix)).toEqual(['11.0.0.0/8']);
});

describe('health', () => {
  test('per vantage and per collector', () => {
    const rib = new Rib();
    const health = new Health(rib.vantages);
    const batch = elemBatch([
      ...Array.from({ length: 60 }, (_, atS): TestElem => ({
        kind: 'A',
        atS,
        peer: 1,
        prefix: `10.${atS}.0.0/16`,
      })),
      { kind: 'S', peer: 2, atS: 59 },
    ]);
    for (const tracked of track(rib, [batch])) health.step(tracked, (START_S + 59) * 1e6);
    const rows = health.vantages((START_S + 59) * 1e6, (id) => rib.vantageRoutes(id));
    expect(rows).toMatchObject([
      {
        collector: 'rrc00',
        peerAddress: '192.0.2.1',
        peerAsn: 65_001,
        elems: 60,
        routes: 60,
        state: 'unknown',
        stateChanges: 0,
      },
      { peerAddress: '192.0.2.2', elems: 1, routes: 0, state: 'idle', stateChanges: 1 },
    ]);
    expect(rows[0]!.rate).toBeGreaterThan(0.8);
    expect(rows[0]!.rate).toBeLessThan(1.2);
    expect(collectorHealth(rows)).toMatchObject([
      { collector: 'rrc00', vantages: 2, vantagesUp: 1, elems: 61 },
    ]);
  });

  test('a peer that announces again is up, heard of or not', () => {
    const rib = new Rib();
    const health = new Health(rib.vantages);
    for (const tracked of track(rib, [elemBatch([{ kind: 'S' }])])) health.step(tracked, START_S * 1e6);
    expect(health.isUp(0)).toBe(false);
    for (const tracked of track(rib, [elemBatch([{ kind: 'A' }])])) health.step(tracked, START_S * 1e6);
    expect(health.isUp(0)).toBe(true);
  });
});

describe('retained batches', () => {
  const rib = new Rib();
  const batches = Array.from({ length: 20 }, (_, n) =>
    elemBatch(Array.from({ length: 10 }, (_, i): TestElem => ({ kind: 'A', atS: n, peer: 1 + (i % 2) }))),
  );
  const tracked = track(rib, batches);

  test('keeps the newest within its budget and counts the rest', () => {
    const all = new RetainedBatches();
    tracked.forEach((one) => all.push(one));
    expect([all.length, all.elems, all.dropped]).toEqual([20, 200, 0]);
    const half = new RetainedBatches(all.bytes / 2);
    tracked.forEach((one) => half.push(one));
    expect([half.length, half.elems, half.dropped]).toEqual([10, 100, 10]);
    expect(half.bytes).toBeLessThanOrEqual(all.bytes / 2);
    expect(half.at(0)!.firstId).toBe(101);
    const tiny = new RetainedBatches(1);
    tracked.forEach((one) => tiny.push(one));
    expect([tiny.length, tiny.dropped]).toEqual([1, 19]);
  });

  test('scrolls back through them, with and without a filter', () => {
    const retained = new RetainedBatches();
    tracked.forEach((one) => retained.push(one));
    const ids = (matcher: Parameters<typeof olderElems>[1], before: number, count: number): number[] =>
      olderElems(retained, matcher, before, count).map(({ id }) => id);
    expect(ids(null, 101, 3)).toEqual([100, 99, 98]);
    expect(ids(null, 95, 3)).toEqual([94, 93, 92]);
    expect(ids(null, 1e9, 2)).toEqual([200, 199]);
    expect(ids(null, 3, 10)).toEqual([2, 1]);
    expect(ids(null, 1, 10)).toEqual([]);
    const even = compileFilter({ peers: ['192.0.2.2'] });
    expect(ids(even, 13, 4)).toEqual([12, 10, 8, 6]);
    expect(ids(compileFilter({ peers: ['192.0.2.9'] }), 1e9, 4)).toEqual([]);
  });
});

const file = recording('mrt/youtube-pakistan-20080224/updates.20080224.1839.bz2');
test.skipIf(file === null)(
  'a real quarter of an hour, against bgpdump and a plain count (needs ROUTESCOPE_DATA)',
  () => {
    const batches = mrtBatches(file!);
    const shown = view(batches);
    const lines = bgpdumpLines(file!);
    if (lines !== null) {
      const { totals } = view(mrtBatches(file!, 'route-views2', true));
      expect(totals.announcements).toBe(lines.A);
      expect(totals.withdrawals).toBe(lines.W);
      expect(totals.stateChanges).toBe(lines.STATE);
    }
    const rows = batches.flatMap((batch) => elemRows(batch));
    expect(shown.totals.elems).toBe(rows.length);
    expect(shown.totals.prefixes).toBe(new Set(rows.map(({ prefix }) => prefix).filter(Boolean)).size);
    expect(shown.totals.vantages).toBe(
      new Set(rows.map(({ peerAddress, peerAsn }) => `${peerAddress} ${peerAsn}`)).size,
    );
    const first = batches
      .flatMap((batch) => [...batch.flags])
      .filter((flags) => flags & ELEM_FLAG.first).length;
    expect(shown.totals.messages).toBe(first);
    const endS = Math.floor(shown.dataTimeUs! / 1e6);
    const whole = rows.filter(
      ({ kind, timeUs }) => kind === 'announce' && timeUs / 1e6 < endS && timeUs / 1e6 > endS - 900,
    ).length;
    expect(shown.rate.announce.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : value), 0)).toBe(
      whole,
    );
    // The table of prefixes is that of the last 30 ten-second steps.
    const windowS = (Math.floor(endS / 10) - 29) * 10;
    const count = new Map<string, number>();
    for (const { prefix, timeUs } of rows)
      if (prefix && timeUs / 1e6 >= windowS) count.set(prefix, (count.get(prefix) ?? 0) + 1);
    const wanted = [...count.values()].sort((a, b) => b - a).slice(0, 20);
    expect(shown.topPrefixes.map((row) => row.announcements + row.withdrawals)).toEqual(wanted);
    for (const { prefix, announcements, withdrawals } of shown.topPrefixes) {
      expect(announcements + withdrawals).toBe(count.get(prefix));
    }
  },
);

test('outcomes other than of announcements are not counted as theirs', () => {
  const { totals } = view([elemBatch([{ kind: 'R' }, { kind: 'R' }, { kind: 'W' }])]);
  expect(totals).toMatchObject({ newRoutes: 0, duplicates: 0, announcements: 0, withdrawals: 1 });
  expect(OUTCOME.none).toBe(0);
});

/** Lines of `bgpdump -m` by kind; null when bgpdump is not installed. */
function bgpdumpLines(path: string): Record<'A' | 'W' | 'STATE', number> | null {
  let text: string;
  try {
    text = execFileSync('bgpdump', ['-m', path], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return null;
  }
  const counts = { A: 0, W: 0, STATE: 0 };
  for (const line of text.split('\n')) {
    const kind = line.split('|')[2];
    if (kind === 'A' || kind === 'W' || kind === 'STATE') counts[kind]++;
  }
  return counts;
}
