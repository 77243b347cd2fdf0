import { describe, expect, test } from 'vitest';
import { alarmGround, episodeMetrics } from './episodes.ts';

/** A day of quiet minutes with an event in 600..699; `over` minutes score 1, all others 0. */
function judgeDay(
  over: readonly (readonly [number, number])[],
  masked: readonly (readonly [number, number])[] = [],
) {
  const minutes = 1440;
  const inside = (spans: readonly (readonly [number, number])[], i: number): boolean =>
    spans.some(([from, to]) => i >= from && i <= to);
  const scores = Float64Array.from({ length: minutes }, (_, i) => (inside(over, i) ? 1 : 0));
  const label = Uint8Array.from({ length: minutes }, (_, i) => (i >= 600 && i < 700 ? 1 : 0));
  const isScored = Uint8Array.from({ length: minutes }, (_, i) => (inside(masked, i) ? 0 : 1));
  return episodeMetrics(scores, alarmGround(label, isScored), 0.5);
}

describe('false episodes', () => {
  test.each([
    ['two minutes raise no alarm', [[100, 101]], 0],
    ['three minutes are one episode', [[100, 102]], 1],
    [
      'two that are near are one',
      [
        [100, 104],
        [120, 124],
      ],
      1,
    ],
    [
      'two that are far apart are two',
      [
        [100, 104],
        [200, 204],
      ],
      2,
    ],
    ['within an hour of the label’s end it is the event’s', [[720, 730]], 0],
    ['later it is not', [[800, 810]], 1],
    ['before the label it is false', [[500, 510]], 1],
    ['one that runs into the label is not', [[590, 620]], 0],
    [
      'one that is merged with the event’s is not',
      [
        [590, 594],
        [605, 640],
      ],
      0,
    ],
  ] as [string, [number, number][], number][])('%s', (_name, over, want) => {
    expect(judgeDay(over).falseEpisodes).toBe(want);
  });

  test('are told per day of minutes outside the label', () => {
    const { falsePerDay, quietDays } = judgeDay([[100, 110]]);
    expect(quietDays).toBeCloseTo(1340 / 1440, 12);
    expect(falsePerDay).toBeCloseTo(1440 / 1340, 12);
  });
});

describe('detection', () => {
  test.each([
    ['in the third minute of the label', [[600, 610]], 1, 2],
    ['at once when the alarm was running', [[590, 610]], 1, 0],
    ['late', [[650, 660]], 1, 52],
    ['not at all', [[710, 720]], 0, NaN],
  ] as [string, [number, number][], number, number][])('%s', (_name, over, detected, delay) => {
    const is = judgeDay(over);
    expect(is.detected).toBe(detected);
    expect(is.delayMinutes).toEqual(delay);
  });

  test('masked minutes neither raise nor clear', () => {
    expect(
      judgeDay(
        [
          [600, 601],
          [612, 620],
        ],
        [[602, 611]],
      ).delayMinutes,
    ).toBe(12);
  });

  test('without a label there is nothing to detect', () => {
    const is = episodeMetrics(
      new Float64Array(10),
      alarmGround(new Uint8Array(10), new Uint8Array(10).fill(1)),
      0.5,
    );
    expect([is.detected, is.delayMinutes]).toEqual([NaN, NaN]);
  });
});
