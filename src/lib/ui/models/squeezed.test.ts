import { expect, test } from 'vitest';
import { squeezed } from './squeezed.ts';

test('few scores stay as they are, of many the highest of each cell', () => {
  const scores = Float32Array.of(1, NaN, 3, 2, NaN, NaN, 0.5);
  expect(squeezed(scores, 7)).toBe(scores);
  expect(squeezed(scores, 4)).toEqual(Float32Array.of(1, 3, NaN, 0.5));
  expect(squeezed(scores, 1)).toEqual(Float32Array.of(3));
  expect(squeezed(new Float32Array(), 4)).toHaveLength(0);
});
