import { expect, test } from 'vitest';
import { stepText, withGaps } from './gaps.ts';

const MIN = 60e6;

test('a line is broken where minutes are missing, and nowhere else', () => {
  const { timeUs, values, stepUs } = withGaps(
    [0, MIN, 2 * MIN, 10 * MIN, 11 * MIN],
    [
      [1, 2, 3, 4, 5],
      [5, 4, 3, 2, 1],
    ],
  );
  expect(stepUs).toBe(MIN);
  expect(timeUs).toEqual([0, MIN, 2 * MIN, 3 * MIN, 10 * MIN, 11 * MIN]);
  expect(values).toEqual([
    [1, 2, 3, NaN, 4, 5],
    [5, 4, 3, NaN, 2, 1],
  ]);
});

test('one moment, or none, has no step and no gap', () => {
  expect(withGaps([], [[]])).toEqual({ timeUs: [], values: [[]], stepUs: null });
  expect(withGaps([7], [[1]])).toEqual({ timeUs: [7], values: [[1]], stepUs: null });
});

test.each<[number | null, string]>([
  [null, 'step'],
  [MIN, 'minute'],
  [5 * MIN, '5 minutes'],
  [60 * MIN, 'hour'],
  [360 * MIN, '6 hours'],
  [1440 * MIN, 'day'],
])('per %s', (us, text) => {
  expect(stepText(us)).toBe(text);
});
