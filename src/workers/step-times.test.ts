import { expect, test } from 'vitest';
import { StepTimes } from './step-times.ts';

test('the last step that was over before a moment, not the one the moment falls into', () => {
  const times = new StepTimes();
  expect(times.before(100)).toBe(-1);
  for (const [step, timeUs] of [
    [7, 10],
    [8, 20],
    [9, 20],
    [10, 30],
  ] as const)
    times.note(step, timeUs);
  expect(times.before(10)).toBe(-1);
  expect(times.before(11)).toBe(7);
  expect(times.before(20)).toBe(7);
  expect(times.before(21)).toBe(9);
  expect(times.before(Infinity)).toBe(10);
  times.clear();
  expect(times.before(Infinity)).toBe(-1);
});

test('when full it grows coarser, errs on the early side, and says so', () => {
  const times = new StepTimes(8);
  for (let step = 1; step <= 100; step++) times.note(step, step * 10);
  expect(times.thinned).toBeGreaterThan(0);
  for (let step = 2; step <= 100; step++) {
    expect(times.before(step * 10 + 1)).toBeLessThanOrEqual(step);
  }
  expect(times.before(1001)).toBe(100);
});
