import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PathHistory } from '../../../workers/api-replay.ts';
import { changeOf, PathWalk } from './path-walk.ts';

test.each([
  [null, [1, 2], 'announce'],
  [[1, 2], null, 'withdraw'],
  [null, null, 'withdraw'],
  [[1, 2], [1, 2], 're-announce'],
  [[1, 2], [1, 2, 2, 2], 'prepend change'],
  [[1, 1, 2], [1, 2], 'prepend change'],
  [[1, 2], [1, 3], 'path change'],
  [[1, 2], [1, 3, 2], 'path change'],
  [[1, 2, 1], [1, 2], 'path change'],
] as const)('from %j to %j is %s', (before, after, want) => expect(changeOf(before, after)).toBe(want));

const P = '208.65.153.0/24';
const vantages = [{ collector: 'rrc00', peerAddress: '192.0.2.1', peerAsn: 3333 }];
const history = (
  events: readonly (readonly [timeUs: number, path: readonly number[] | null])[],
  initial: readonly number[] | null = null,
): PathHistory => ({
  ok: true,
  vantages,
  initial: initial ? [{ vantage: 0, prefix: P, path: initial }] : [],
  events: events.map(([timeUs, path]) => ({ timeUs, vantage: 0, prefix: P, path })),
  leftOut: 0,
});

test('a route through a hijack and back', () => {
  const walk = new PathWalk(
    history(
      [
        [10, [3333, 17557]],
        [20, [3333, 17557]],
        [30, [3333, 17557, 17557]],
        [40, null],
        [50, [3333, 36561]],
      ],
      [3333, 36561],
    ),
  );
  expect(walk.events.map(({ change }) => change)).toEqual([
    'path change',
    're-announce',
    'prepend change',
    'withdraw',
    'announce',
  ]);
  expect(walk.at(9)).toEqual([{ vantage: 0, prefix: P, path: [3333, 36561], sinceUs: null, last: null }]);
  expect(walk.at(10)[0]).toMatchObject({ path: [3333, 17557], sinceUs: 10 });
  expect(walk.at(25)[0]).toMatchObject({ sinceUs: 10, last: { timeUs: 20, change: 're-announce' } });
  expect(walk.at(45)[0]).toMatchObject({ path: null, last: { change: 'withdraw' } });
  expect(walk.at(15)[0]).toMatchObject({ path: [3333, 17557], sinceUs: 10 });
});

test('whatever way one goes, a moment is the same', () => {
  const path = fc.option(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }));
  const events = fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), path), { maxLength: 30 });
  fc.assert(
    fc.property(events, fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 10 }), (given, visits) => {
      const all = history(given, [1, 2]);
      const walk = new PathWalk(all);
      for (const timeUs of visits) expect(walk.at(timeUs)).toEqual(new PathWalk(all).at(timeUs));
    }),
  );
});
