import { describe, expect, test } from 'vitest';
import { BgpError } from '#core/error.ts';
import { decodeForest, encodeForest } from './isolation-file.ts';
import type { IsolationForest } from './isolation.ts';
import { LEAF, averagePathLength, checkForest, isolationContributions, isolationScore } from './isolation.ts';

/**
 * Two trees over two columns. The first: x0 < 1 -> leaf of 6; else x1 < 2 -> leaf of 1, leaf of 1. The second: x1 < 0.5 -> leaf of
 * 7, leaf of 1.
 */
const FOREST: IsolationForest = {
  width: 2,
  rows: 8,
  starts: Uint32Array.of(0, 5, 8),
  column: Uint8Array.of(0, LEAF, 1, LEAF, LEAF, 1, LEAF, LEAF),
  threshold: Float32Array.of(1, 0, 2, 0, 0, 0.5, 0, 0),
  right: Uint16Array.of(2, 0, 4, 0, 0, 2, 0, 0),
  size: Uint8Array.of(7, 5, 1, 0, 0, 7, 6, 0),
};

test.each([
  [0, 0],
  [1, 0],
  [2, 1],
  [3, 2 * (Math.log(2) + 0.5772156649015329) - 4 / 3],
  [256, 10.244770920119917],
])('c(%i)', (n, want) => {
  expect(averagePathLength(n)).toBeCloseTo(want, 12);
});

test('scores are 2^(-E[h] / c(rows)), a leaf of n rows counting c(n) more', () => {
  const c = averagePathLength;
  const want = (first: number, second: number): number => 2 ** (-(first + second) / 2 / c(8));
  expect(isolationScore(FOREST, [0, 0])).toBeCloseTo(want(1 + c(6), 1 + c(7)), 12);
  expect(isolationScore(FOREST, [1, 1])).toBeCloseTo(want(2, 1), 12);
  expect(isolationScore(FOREST, [1, 5])).toBeGreaterThan(isolationScore(FOREST, [0, 0]));
});

test('what columns contributed adds up to the path length saved', () => {
  for (const row of [
    [0, 0],
    [1, 1],
    [3, 3],
  ]) {
    const saved = isolationContributions(FOREST, row);
    const meanPath = -Math.log2(isolationScore(FOREST, row)) * averagePathLength(8);
    expect(saved[0]! + saved[1]!).toBeCloseTo(averagePathLength(8) - meanPath, 9);
  }
});

test('rows that are not numbers end somewhere and give a score', () => {
  expect(isolationScore(FOREST, [NaN, NaN])).toBeGreaterThan(0);
  expect(isolationScore(FOREST, [Infinity, -Infinity])).toBeGreaterThan(0);
});

describe('files', () => {
  const bytes = encodeForest(FOREST);

  test('come back as they were', () => {
    expect(decodeForest(bytes)).toEqual(FOREST);
  });

  test('cut at any byte are refused', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeForest(bytes.slice(0, length))).toThrow(BgpError);
    }
  });

  test('with any byte changed are refused, or still a forest whose walks end', () => {
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const damaged = bytes.slice();
        damaged[at]! ^= flip;
        try {
          const score = isolationScore(decodeForest(damaged), [0.7, 1.5]);
          expect(score >= 0 && score <= 1).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(BgpError);
        }
      }
    }
  });

  test('of another format say so', () => {
    const other = bytes.slice();
    other[4] = 9;
    expect(() => decodeForest(other)).toThrow(expect.objectContaining({ code: 'MODEL_VERSION' }) as Error);
  });
});

test.each([
  ['a child before its parent', { right: Uint16Array.of(2, 0, 0, 0, 0, 2, 0, 0) }],
  ['a child of another tree', { right: Uint16Array.of(2, 0, 6, 0, 0, 2, 0, 0) }],
  ['a column there is none of', { column: Uint8Array.of(0, LEAF, 2, LEAF, LEAF, 1, LEAF, LEAF) }],
  ['a threshold that is no number', { threshold: Float32Array.of(NaN, 0, 2, 0, 0, 0.5, 0, 0) }],
  ['trees that do not fill the nodes', { starts: Uint32Array.of(0, 5, 7) }],
])('%s is refused', (_name, change) => {
  expect(() => checkForest({ ...FOREST, ...change })).toThrow(
    expect.objectContaining({ code: 'MODEL_BAD' }) as Error,
  );
});
