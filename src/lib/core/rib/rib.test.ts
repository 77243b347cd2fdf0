import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mrtBatches, recording } from '../../../../tests/fixtures/mrt-batches.ts';
import { SlowRib } from '../../../../tests/fixtures/slow-rib.ts';
import type { TestElem } from '../../../../tests/fixtures/elem-batch.ts';
import { elemBatch } from '../../../../tests/fixtures/elem-batch.ts';
import { ELEM_FLAG } from '../elem/batch.ts';
import { OUTCOME } from './outcome.ts';
import { DROP_WORDS, Rib } from './rib.ts';

const NAMES = Object.fromEntries(Object.entries(OUTCOME).map(([name, value]) => [value, name]));
const outcomes = (rib: Rib, elems: readonly TestElem[]): (string | undefined)[] =>
  [...rib.step(elemBatch(elems)).outcomes].map((outcome) => NAMES[outcome]);

const A: TestElem = { kind: 'A' };
const W: TestElem = { kind: 'W' };

test.each<[string, TestElem[], string[]]>([
  ['first announcement', [A], ['fresh']],
  ['the same again', [A, A], ['fresh', 'duplicate']],
  ['another path is an implicit withdrawal', [A, { kind: 'A', path: [65_001, 1, 2] }], ['fresh', 'changed']],
  ['another MED', [A, { kind: 'A', med: 0 }], ['fresh', 'changed']],
  [
    'MED 5 for MED 6',
    [
      { kind: 'A', med: 5 },
      { kind: 'A', med: 6 },
    ],
    ['fresh', 'changed'],
  ],
  ['withdrawn and announced again', [A, W, A], ['fresh', 'withdrawn', 'fresh']],
  ['withdrawn twice', [A, W, W], ['fresh', 'withdrawn', 'spurious']],
  ['withdrawn and never announced', [W], ['spurious']],
  [
    'another peer has its own route',
    [A, { kind: 'A', peer: 2 }, { kind: 'W', peer: 2 }, A],
    ['fresh', 'fresh', 'withdrawn', 'duplicate'],
  ],
  ['the same peer at another collector', [A, { kind: 'A', collector: 'rrc01' }], ['fresh', 'fresh']],
  ['a shorter prefix is another', [A, { kind: 'A', prefix: '192.0.2.0/23' }], ['fresh', 'fresh']],
  [
    'IPv6',
    [
      { kind: 'A', prefix: '2001:db8::/32' },
      { kind: 'W', prefix: '2001:db8::/33' },
      { kind: 'W', prefix: '2001:db8::/32' },
    ],
    ['fresh', 'spurious', 'withdrawn'],
  ],
  [
    'ADD-PATH ids are part of the key',
    [
      { kind: 'A', pathId: 1 },
      { kind: 'A', pathId: 2 },
      { kind: 'W', pathId: 1 },
      { kind: 'A', pathId: 2 },
    ],
    ['fresh', 'fresh', 'withdrawn', 'duplicate'],
  ],
  [
    'route distinguishers are part of the key',
    [{ kind: 'A', rd: 1 }, { kind: 'A', rd: 2 }, A],
    ['fresh', 'fresh', 'fresh'],
  ],
  [
    'labels are part of the route',
    [
      { kind: 'A', rd: 1, label: 16 },
      { kind: 'A', rd: 1, label: 17 },
    ],
    ['fresh', 'changed'],
  ],
  [
    'a withdrawal needs no label',
    [
      { kind: 'A', rd: 1, label: 16 },
      { kind: 'W', rd: 1 },
    ],
    ['fresh', 'withdrawn'],
  ],
  ['a table dump holds routes too', [{ kind: 'R' }, A, W], ['fresh', 'duplicate', 'withdrawn']],
  ['a session going down clears its peer', [A, { kind: 'S' }, W], ['fresh', 'none', 'spurious']],
  [
    'and no other',
    [{ kind: 'A', peer: 2 }, { kind: 'S' }, { kind: 'A', peer: 2 }],
    ['fresh', 'none', 'duplicate'],
  ],
  ['coming up clears nothing', [A, { kind: 'S', state: 'established' }, A], ['fresh', 'none', 'duplicate']],
  [
    'multicast routes are not mixed in',
    [{ kind: 'A', flags: ELEM_FLAG.multicast }, W],
    ['unheld', 'spurious'],
  ],
])('%s', (_name, elems, wanted) => {
  expect(outcomes(new Rib(), elems)).toEqual(wanted);
  const oneByOne = new Rib();
  expect(elems.flatMap((elem) => outcomes(oneByOne, [elem]))).toEqual(wanted);
});

test('counts what a session going down took with it', () => {
  const rib = new Rib();
  rib.step(elemBatch([1, 2, 3].map((n) => ({ kind: 'A', prefix: `10.${n}.0.0/16` }))));
  rib.step(
    elemBatch([
      { kind: 'A', peer: 2 },
      { kind: 'S', state: 'active' },
    ]),
  );
  expect(rib.stats()).toMatchObject({ routes: 1, prefixes: 1, paths: 1, clearedRoutes: 3 });
  expect([rib.vantageRoutes(0), rib.vantageRoutes(1)]).toEqual([0, 1]);
});

test('tells the routes of a prefix with their origins', () => {
  const rib = new Rib();
  const batch = elemBatch([
    { kind: 'A', peer: 1, path: [65_001, 36_561] },
    { kind: 'A', peer: 2, path: [65_002, 3491, 17_557] },
    { kind: 'A', peer: 3, path: [] },
    { kind: 'A', peer: 4, prefix: '10.0.0.0/8' },
  ]);
  rib.step(batch);
  const routes: [number, number][] = [];
  rib.eachRoute(batch, 0, (vantage, origin) => routes.push([vantage, origin]));
  expect(routes.sort()).toEqual([
    [0, 36_561],
    [1, 17_557],
    [2, -1],
  ]);
});

const arbitraryElem = fc.record({
  kind: fc.constantFrom<TestElem['kind']>('A', 'A', 'A', 'W', 'W', 'S', 'R'),
  peer: fc.integer({ min: 1, max: 4 }),
  prefix: fc.constantFrom('10.0.0.0/8', '10.0.0.0/9', '192.0.2.0/24', '2001:db8::/32', '2001:db8::/48'),
  path: fc.array(fc.constantFrom(1, 2, 3, 4_200_000_000), { maxLength: 4 }),
  med: fc.option(fc.nat(2), { nil: undefined }),
  pathId: fc.option(fc.nat(2), { nil: undefined }),
  rd: fc.option(fc.nat(1), { nil: undefined }),
  state: fc.constantFrom<'idle' | 'established'>('idle', 'established'),
});

test('agrees with the obvious implementation on anything', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(arbitraryElem, { minLength: 1, maxLength: 30 }), { maxLength: 8 }),
      (rounds) => {
        const rib = new Rib();
        const slow = new SlowRib();
        for (const round of rounds) {
          const batch = elemBatch(round);
          expect([...rib.step(batch).outcomes]).toEqual(slow.step(batch));
        }
        expect(rib.stats().routes).toBe(slow.routes);
      },
    ),
    { numRuns: 200 },
  );
});

/** `count` prefixes from number `from` on, each with a path of its own. */
const distinct = (from: number, count: number): TestElem[] =>
  Array.from({ length: count }, (_, k) => ({
    kind: 'A' as const,
    prefix: `10.${((from + k) >> 8) & 255}.${(from + k) & 255}.0/24`,
    path: [65_001, from + k],
  }));

describe('under a budget', () => {
  const budgetBytes = 1 << 18;

  test('evicts the least recently announced, counts them and stays below', () => {
    const rib = new Rib({ budgetBytes });
    const total = 20_000;
    for (let from = 0; from < total; from += 100) {
      rib.step(elemBatch(distinct(from, 100)));
      // One prefix is announced again with every batch: it must never be the oldest.
      rib.step(elemBatch(distinct(0, 1)));
      expect(rib.bytes).toBeLessThanOrEqual(budgetBytes);
    }
    const { routes, evictedRoutes, unheldElems } = rib.stats();
    expect(unheldElems).toBe(0);
    expect(routes + evictedRoutes).toBe(total);
    expect(routes).toBeGreaterThan(1000);
    expect(outcomes(rib, distinct(0, 1))).toEqual(['duplicate']);
    expect(outcomes(rib, distinct(total - 100, 100))).toEqual(Array(100).fill('duplicate'));
    expect(outcomes(rib, distinct(1, 1))).toEqual(['fresh']);
  });

  test('takes what fits and says what does not', () => {
    const rib = new Rib({ budgetBytes });
    const result = outcomes(rib, distinct(0, 20_000));
    expect(new Set(result)).toEqual(new Set(['unheld']));
    expect(rib.stats()).toMatchObject({ routes: 0, unheldElems: 20_000 });
    expect(outcomes(rib, distinct(0, 10))).toEqual(Array(10).fill('fresh'));
  });

  test('long paths that come and go leave no room lost', () => {
    const rib = new Rib({ budgetBytes });
    for (let round = 0; round < 200; round++) {
      const long = Array.from({ length: 200 }, (_, k) => round * 1000 + k);
      expect(outcomes(rib, [{ kind: 'A', path: long }])).toEqual([round === 0 ? 'fresh' : 'changed']);
    }
    expect(rib.stats()).toMatchObject({ routes: 1, paths: 1, evictedRoutes: 0 });
  });

  test('more vantages than it can number are counted, not mixed up', () => {
    const rib = new Rib({ maxVantages: 2 });
    expect(
      outcomes(
        rib,
        [1, 2, 3, 1].map((peer) => ({ kind: 'A', peer })),
      ),
    ).toEqual(['fresh', 'fresh', 'unheld', 'duplicate']);
    expect(rib.vantages.refused).toBe(1);
  });
});

const file = recording('mrt/youtube-pakistan-20080224/updates.20080224.1839.bz2');
test.skipIf(file === null)(
  'agrees with the obvious implementation on a real quarter of an hour (needs ROUTESCOPE_DATA)',
  () => {
    const rib = new Rib();
    const small = new Rib({ budgetBytes: 1 << 20 });
    const slow = new SlowRib();
    for (const batch of mrtBatches(file!)) {
      expect([...rib.step(batch).outcomes]).toEqual(slow.step(batch));
      small.step(batch);
    }
    expect(rib.stats()).toMatchObject({ routes: slow.routes, evictedRoutes: 0, unheldElems: 0 });
    expect(small.stats().bytes).toBeLessThanOrEqual(1 << 20);
    expect(small.stats().evictedRoutes).toBeGreaterThan(0);
  },
);

test('a first batch larger than all the tables is held whole', () => {
  const path = (i: number): number[] => [65_001, 3356, 100_000 + i, 200_000 + i, 300_000 + i];
  const elems = Array.from({ length: 20_000 }, (_, i): TestElem => ({
    kind: 'R',
    prefix: `10.${i >> 8}.${i & 255}.0/24`,
    path: path(i),
  }));
  const rib = new Rib();
  const { outcomes } = rib.step(elemBatch(elems));
  expect(outcomes.every((outcome) => outcome === OUTCOME.fresh)).toBe(true);
  expect(rib.stats()).toMatchObject({ routes: 20_000, unheldElems: 0 });
});

test('routes of a session that went down are told with the elem it went down with; evicted ones too', () => {
  const rib = new Rib({ trackDrops: true });
  const { drops } = rib.step(
    elemBatch([
      { kind: 'A', prefix: '10.0.0.0/24' },
      { kind: 'A', prefix: '10.0.1.0/24', peer: 2 },
      { kind: 'S' },
      { kind: 'S', peer: 2 },
    ]),
  );
  expect(drops).toHaveLength(2 * DROP_WORDS);
  expect([drops[0], drops[DROP_WORDS]]).toEqual([2, 3]);
  const small = new Rib({ trackDrops: true, budgetBytes: 1 << 18 });
  let told = 0;
  for (let n = 0; n < 20; n++) {
    const elems = Array.from({ length: 500 }, (_, i): TestElem => ({
      kind: 'A',
      prefix: `10.${n}.${i >> 3}.${(i & 7) * 32}/27`,
    }));
    told += small.step(elemBatch(elems)).drops.length / DROP_WORDS;
  }
  expect(small.stats().evictedRoutes).toBeGreaterThan(0);
  expect(told).toBe(small.stats().evictedRoutes);
});
