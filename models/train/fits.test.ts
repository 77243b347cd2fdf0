import { describe, expect, test } from 'vitest';
import { growRandomForest, randomForestScore } from '../baseline/random-forest.ts';
import { decodeRandomForest, encodeRandomForest } from '../baseline/random-forest-file.ts';
import { linearScore } from '../../src/lib/ml/linear.ts';
import { isolationScore } from '../../src/lib/ml/isolation.ts';
import { growForest } from './isolation.ts';
import { fitLogistic } from './logistic.ts';
import { sampleIndices, seededRandom } from './random.ts';
import type { LabelledRows } from './rows.ts';

/** Rows of noise in four columns; label 1 where the second is high, which the others know nothing of. */
function rows(seed: number, count = 4000): LabelledRows {
  const random = seededRandom(seed);
  const values = new Float32Array(count * 4);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = random() < 0.1 ? 1 : 0;
    for (let column = 0; column < 4; column++) values[i * 4 + column] = random();
    if (labels[i]) values[i * 4 + 1]! += 1.5;
  }
  return { width: 4, count, values, labels, weights: new Float64Array(count).fill(10 / count) };
}

const training = rows(1);
const other = rows(2, 500);

/** Share of pairs of a labelled and a regular row in the right order. */
function ranking(score: (at: number) => number): number {
  const scores = Array.from({ length: other.count }, (_, i) => score(i * 4));
  const [high, low] = [1, 0].map((label) => scores.filter((_, i) => other.labels[i] === label)) as [
    number[],
    number[],
  ];
  const wins = high.reduce((sum, a) => sum + low.filter((b) => a > b).length, 0);
  return wins / high.length / low.length;
}

describe('isolation forest', () => {
  const grow = (seed: number) => growForest(training, seededRandom(seed), { trees: 50, rows: 256 });

  test('the same seed gives the same trees, another seed others', () => {
    expect(grow(1)).toEqual(grow(1));
    expect(grow(1).threshold).not.toEqual(grow(2).threshold);
  });

  test('Math.random is given back, even when growing fails', () => {
    const own = Math.random;
    grow(1);
    expect(Math.random).toBe(own);
    expect(() => growForest({ width: 4, count: 0, values: new Float32Array(0) }, seededRandom(1))).toThrow();
    expect(Math.random).toBe(own);
  });

  test('rows far from all others score higher', () => {
    const forest = grow(1);
    expect(isolationScore(forest, [0.5, 9, 0.5, 0.5])).toBeGreaterThan(
      isolationScore(forest, [0.5, 0.5, 0.5, 0.5]),
    );
  });

  test('columns that never change are passed over and cost no depth', () => {
    const values = Float32Array.from(training.values, (value, i) => (i % 4 === 3 ? 7 : value));
    const { column, right, size } = growForest({ ...training, values }, seededRandom(1), {
      trees: 20,
      rows: 256,
    });
    expect(column.includes(3)).toBe(false);
    expect(right.length).toBe(size.length);
  });

  test('fewer rows than a subsample are all used', () => {
    expect(growForest(rows(3, 40), seededRandom(1), { trees: 5, rows: 256 }).rows).toBe(40);
  });

  test('rows that are all the same give the average score', () => {
    const forest = growForest(
      { width: 2, count: 64, values: new Float32Array(128).fill(3) },
      seededRandom(1),
      { trees: 5, rows: 64 },
    );
    expect(isolationScore(forest, [3, 3])).toBeCloseTo(0.5, 12);
  });
});

describe('regression', () => {
  const model = fitLogistic(training);

  test('finds the column that tells, and little in the others', () => {
    expect(ranking((at) => linearScore(model, other.values, at))).toBeGreaterThan(0.99);
    const [a, b, c, d] = [...model.weights].map(Math.abs) as [number, number, number, number];
    expect(b).toBeGreaterThan(5 * Math.max(a, c, d));
  });

  test('the gradient of what it minimises is zero there', () => {
    const { values, labels, weights, count } = training;
    const sums = new Float64Array(2);
    for (let i = 0; i < count; i++) {
      const residual = weights[i]! * (labels[i]! - 1 / (1 + Math.exp(-linearScore(model, values, i * 4))));
      sums[0]! += residual;
    }
    expect(Math.abs(sums[0]!)).toBeLessThan(1e-4);
  });

  test('is the same every time', () => {
    expect(fitLogistic(training)).toEqual(model);
  });
});

describe('random forest', () => {
  const forest = growRandomForest(training, seededRandom(1));

  test('tells labelled rows it has not seen', () => {
    expect(ranking((at) => randomForestScore(forest, other.values, at))).toBeGreaterThan(0.99);
  });

  test('is the same from the same seed, and from its file', () => {
    expect(growRandomForest(training, seededRandom(1))).toEqual(forest);
    const read = decodeRandomForest(encodeRandomForest(forest), 4);
    const scores = (of: typeof forest) =>
      Array.from({ length: other.count }, (_, i) => randomForestScore(of, other.values, i * 4));
    expect(scores(read)).toEqual(scores(forest));
  });

  test('a file cut anywhere but between trees is refused', () => {
    const bytes = encodeRandomForest(forest.slice(0, 1));
    for (let length = 1; length < bytes.length; length++) {
      expect(() => decodeRandomForest(bytes.subarray(0, length), 4)).toThrow(
        expect.objectContaining({ code: 'MODEL_BAD' }) as Error,
      );
    }
  });
});

test('samples are distinct and within the total', () => {
  const sample = sampleIndices(100, 30, seededRandom(4));
  expect(new Set(sample).size).toBe(30);
  expect(Math.max(...sample)).toBeLessThan(100);
  expect(sampleIndices(5, 30, seededRandom(4)).sort()).toEqual(Uint32Array.of(0, 1, 2, 3, 4));
});
