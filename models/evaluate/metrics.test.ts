import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { f1Curve, mean, median, pointMetrics, rankMetrics } from './metrics.ts';

describe('ranking', () => {
  // Values of scikit-learn 1.2.1: average_precision_score and roc_auc_score.
  test.each([
    ['without ties', [0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], 0.8333333333333333, 0.75],
    ['with ties', [0.5, 0.5, 0.2, 0.9, 0.9, 0.1], [1, 0, 0, 1, 0, 1], 0.5, 0.4444444444444444],
    ['all tied', [1, 1, 1, 1], [1, 0, 0, 0], 0.25, 0.5],
    ['perfect', [3, 2, 1, 0], [1, 1, 0, 0], 1, 1],
  ])('%s', (_name, scores, labels, prAuc, rocAuc) => {
    const is = rankMetrics(scores, labels);
    expect(is.prAuc).toBeCloseTo(prAuc, 12);
    expect(is.rocAuc).toBeCloseTo(rocAuc, 12);
  });

  test('the best F1 is that of some threshold, and none is better', () => {
    const pair = fc.record({ score: fc.integer({ min: 0, max: 9 }), label: fc.integer({ min: 0, max: 1 }) });
    fc.assert(
      fc.property(fc.array(pair, { minLength: 2, maxLength: 40 }), (pairs) => {
        const scores = pairs.map(({ score }) => score);
        const labels = pairs.map(({ label }) => label);
        fc.pre(labels.includes(0) && labels.includes(1));
        const all = [...new Set(scores)].map((threshold) => pointMetrics(scores, labels, threshold).f1);
        expect(rankMetrics(scores, labels).oracleF1).toBeCloseTo(Math.max(...all), 12);
      }),
    );
  });

  test('one class only says nothing', () => {
    expect(rankMetrics([1, 2], [0, 0]).prAuc).toBeNaN();
    expect(rankMetrics([], []).rocAuc).toBeNaN();
  });
});

test('a curve of F1 is pointMetrics at each threshold', () => {
  const scores = Float64Array.of(3, 1, 4, 1, 5, 9, 2, 6);
  const labels = [0, 0, 1, 0, 1, 1, 0, 0];
  const thresholds = Float64Array.of(0, 1, 2.5, 4, 6, 100);
  const want = [...thresholds].map((threshold) => pointMetrics(scores, labels, threshold).f1);
  expect([...f1Curve(scores, labels, thresholds)]).toEqual(want);
});

test('precision, recall and F1 at a threshold', () => {
  expect(pointMetrics([1, 2, 3, 4], [0, 1, 0, 1], 3)).toEqual({ f1: 0.5, precision: 0.5, recall: 0.5 });
  expect(pointMetrics([1, 2], [1, 1], 5)).toEqual({ f1: 0, precision: 0, recall: 0 });
});

test('means leave out what there is no figure of; medians of an even number are in between', () => {
  expect(mean([1, NaN, 3])).toBe(2);
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});
