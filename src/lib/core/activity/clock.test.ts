import { expect, test } from 'vitest';
import type { TestElem } from '../../../../tests/fixtures/elem-batch.ts';
import { elemBatch, START_S } from '../../../../tests/fixtures/elem-batch.ts';
import { DataClock } from './clock.ts';

const at = (...seconds: number[]): TestElem[] => seconds.map((atS) => ({ kind: 'A', atS }));
const HOUR = 3600;

test.each<[string, number[][], string[], number]>([
  ['starts at the newest', [[0, 1, 2]], ['start'], 2],
  ['goes on', [[0], [1], [60]], ['start', 'steady', 'steady'], 60],
  ['never back by a late batch', [[100], [40]], ['start', 'steady'], 100],
  ['is not moved by one peer an hour ahead', [[0], [1, 1, HOUR, 1, 1]], ['start', 'steady'], 1],
  ['nor by one from 1970', [[0], [1, -START_S, 1]], ['start', 'steady'], 1],
  ['nor at the start', [[0, HOUR * 24, 0]], ['start'], 0],
  ['a lonely elem far ahead is not believed', [[0], [HOUR], [1]], ['start', 'none', 'steady'], 1],
  [
    'nor are several that do not agree',
    [[0], ...Array.from({ length: 9 }, (_, i) => [HOUR * (i + 1)])],
    ['start', ...Array<string>(9).fill('none')],
    0,
  ],
  [
    'eight that agree are',
    [[0], ...Array.from({ length: 8 }, (_, i) => [HOUR + i])],
    ['start', ...Array<string>(7).fill('none'), 'jump'],
    HOUR + 7,
  ],
  ['a whole batch ahead is', [[0], Array.from({ length: 10 }, () => HOUR)], ['start', 'jump'], HOUR],
  [
    'a whole batch long ago too: another recording',
    [[HOUR], Array.from({ length: 10 }, () => 0)],
    ['start', 'jump'],
    0,
  ],
])('%s', (_name, batches, moves, nowS) => {
  const clock = new DataClock();
  expect(clock.nowUs).toBeNaN();
  expect(batches.map((seconds) => clock.step(elemBatch(at(...seconds))))).toEqual(moves);
  expect(clock.nowUs / 1e6 - START_S).toBeCloseTo(nowS, 3);
});
