import { describe, expect, test } from 'vitest';
import type { CalibrationParams } from './calibration.ts';
import { StreamCalibration, combineScores } from './calibration.ts';

const PARAMS: CalibrationParams = {
  scorers: { forest: { median: 0.4, spread: 0.1 }, logistic: { median: -4, spread: 2 } },
  level: 1,
  cap: 2,
};

describe('together', () => {
  test('the mean of standardised scores', () => {
    expect(combineScores(PARAMS, { forest: 0.6, logistic: 0 })).toBeCloseTo((2 + 2) / 2, 12);
  });

  test.each([
    ['missing', {}],
    ['not a number', { logistic: NaN }],
    ['infinite', { logistic: Infinity }],
  ])('a scorer that is %s is left out', (_name, others) => {
    expect(combineScores(PARAMS, { forest: 0.5, ...others })).toBeCloseTo(1, 12);
  });

  test('without any there is no score', () => {
    expect(combineScores(PARAMS, {})).toBeNaN();
  });
});

describe('of one stream', () => {
  const run = (scores: readonly number[], firstMinute = 0): number[] => {
    const calibration = new StreamCalibration(PARAMS);
    return scores.map((score, i) => calibration.step(firstMinute + i, score));
  };
  const constant = (score: number, minutes: number): number[] => Array.from({ length: minutes }, () => score);

  test('a new one is measured by the common level: its scores stay as they are', () => {
    expect(run([0.3, 5])).toEqual([0.3, 5]);
  });

  test('one that is restless by nature has to be more than restless', () => {
    expect(run(constant(2, 3000)).at(-1)).toBeLessThan(1.5);
  });

  test('one that is calmer than others is taken more seriously, within bounds', () => {
    const last = run([...constant(0, 3000), 1]).at(-1)!;
    expect(last).toBeGreaterThan(1.5);
    expect(last).toBeLessThanOrEqual(1 + 0.7 * PARAMS.level);
  });

  test('an event of six hours does not excuse itself', () => {
    const scores = run([...constant(1, 2000), ...constant(9, 360)]);
    expect(scores.slice(2000).every((score) => score === scores[2000])).toBe(true);
  });

  test('however long and high it is, its own past counts no more than the cap', () => {
    expect(run([...constant(1, 100), ...constant(50, 4000)]).at(-1)).toBeGreaterThan(
      50 - 0.7 * (PARAMS.cap - PARAMS.level) - 0.01,
    );
  });

  test('nothing of the future changes what was said', () => {
    const past = Array.from({ length: 900 }, (_, i) => Math.sin(i) + 1);
    expect(run([...past, ...constant(9, 500)]).slice(0, 900)).toEqual(run(past));
  });
});
