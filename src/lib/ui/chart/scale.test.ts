import { expect, test } from 'vitest';
import { drawable, niceCeiling, peakWithin, sparkPath } from './scale.ts';

test.each([
  [0, 1],
  [NaN, 1],
  [1, 1],
  [1.2, 2],
  [2.1, 4],
  [99, 100],
  [100, 100],
  [101, 200],
  [4200, 6000],
])('the axis for a peak of %f ends at %f', (value, want) => expect(niceCeiling(value)).toBe(want));

test('steps in which nothing was heard are gaps, not zeros', () => {
  expect(drawable(new Float64Array([1, NaN, 0]), 1)).toEqual([1, null, 0]);
  expect(drawable(new Float64Array([3, NaN]), -1)).toEqual([-3, null]);
});

test('the peak is that of the window', () => {
  const timeS = new Float64Array([10, 11, 12, 13]);
  const values = new Float64Array([9, 2, NaN, 7]);
  expect(peakWithin(timeS, values, 11, 13)).toBe(7);
  expect(peakWithin(timeS, values, 11, 12)).toBe(2);
  expect(peakWithin(timeS, values, 20, 30)).toBe(0);
});

test('a sparkline keeps to its box and shows the smallest step', () => {
  expect(sparkPath(new Float32Array([0, 1, 100]), 100, 30, 16)).toBe(
    'M0 16V16.0H10.0V15.0H20.0V0.0H30.0V16Z',
  );
  expect(sparkPath(new Float32Array([]), 1, 30, 16)).toBe('');
  expect(sparkPath(new Float32Array([200]), 100, 30, 16)).toBe('M0 16V0.0H30.0V16Z');
});
