import { beforeAll, describe, expect, test } from 'vitest';
import { tinyModels, tinyStream } from '../../../models/train/tiny-models.fixture.ts';
import { LSTM_CHANNELS } from './lstm-input.ts';
import { MODEL_WIDTH } from './columns.ts';
import type { Models } from './model-files.ts';
import type { ScoredMinute } from './stream-scorer.ts';
import { StreamScorer } from './stream-scorer.ts';

let models: Models;
beforeAll(async () => {
  models = await tinyModels();
});

const stream = tinyStream('surge', '64500', 5, 2000);
const valuesOf = (i: number): Float64Array => stream.values.slice(i * MODEL_WIDTH, (i + 1) * MODEL_WIDTH);

/** Score a stream's minutes; `change` may replace a minute's values, or null leave it out. */
function run(
  change: (values: Float64Array, i: number) => Float64Array | null = (values) => values,
  minutes = stream.minutes,
): ScoredMinute[] {
  const scorer = new StreamScorer(models, false);
  const scored: ScoredMinute[] = [];
  for (let i = 0; i < minutes; i++) {
    const values = change(valuesOf(i), i);
    const observed = values && scorer.observe(stream.firstMinute + i, values);
    if (observed) scored.push(scorer.conclude(observed, null));
  }
  return scored;
}

const onset = stream.label.indexOf(1);

test('a surge is over the threshold and an alarm, the quiet before is not', () => {
  const scored = run();
  const inside = scored.slice(onset + 15, onset + 80);
  expect(inside.filter(({ isAlarm }) => !isAlarm)).toEqual([]);
  expect(scored.slice(300, onset).some(({ isAlarm }) => isAlarm)).toBe(false);
});

test('the same past gives the same scores, every bit', () => {
  expect(run()).toEqual(run());
});

test('what comes later changes nothing of before', () => {
  const other = run((values, i) => (i > 1700 ? values.fill(1e6) : values));
  expect(other.slice(0, 1701)).toEqual(run().slice(0, 1701));
});

describe('streams that are not as one wishes', () => {
  test('a brand-new vantage says nothing for an hour and a half, then with little trust', () => {
    const scored = run();
    const first = scored.findIndex(({ score }) => !Number.isNaN(score));
    expect(first).toBe(89);
    expect(scored.slice(0, first).every(({ isAlarm, trust }) => !isAlarm && trust < 0.1)).toBe(true);
    expect(scored.at(-1)!.trust).toBe(1);
  });

  test('an hour of silence neither raises nor clears, and scores go on as before', () => {
    const scored = run((values, i) => (i >= 1300 && i < 1360 ? null : values));
    expect(scored).toHaveLength(stream.minutes - 60);
    expect(scored.slice(1300, 1400).some(({ isAlarm }) => isAlarm)).toBe(false);
    const inside = scored.slice(onset - 60 + 15, onset - 60 + 80);
    expect(inside.every(({ isAlarm }) => isAlarm)).toBe(true);
  });

  test('an alarm that stands is not ended by silence', () => {
    const scored = run((values, i) => (i >= onset + 30 && i < onset + 50 ? null : values));
    const after = scored.find(({ minute }) => minute === stream.firstMinute + onset + 50)!;
    expect(after.isAlarm).toBe(true);
  });

  test('values that are no numbers do not spread', () => {
    const scored = run((values, i) => (i % 50 === 7 ? values.fill(i % 100 === 7 ? NaN : Infinity) : values));
    expect(scored.slice(200).every(({ score }) => Number.isFinite(score))).toBe(true);
  });

  test('a minute that comes twice or late is refused', () => {
    const scorer = new StreamScorer(models, false);
    expect(scorer.observe(100, valuesOf(0))).not.toBeNull();
    expect(scorer.observe(100, valuesOf(0))).toBeNull();
    expect(scorer.observe(99, valuesOf(0))).toBeNull();
  });
});

test('with the network, its own calibration and score count', () => {
  const scorer = new StreamScorer(models, true);
  let last: ScoredMinute | undefined;
  for (let i = 0; i < 400; i++) {
    const observed = scorer.observe(stream.firstMinute + i, valuesOf(i));
    if (observed) last = scorer.conclude(observed, i === 399 ? 30 : 0);
  }
  expect(last!.members.lstm).toBe(30);
  expect(last!.score).toBeGreaterThan(3);
});

test('an explanation names each channel once, strongest first, and a surge is explained by rises', () => {
  const scorer = new StreamScorer(models, false);
  for (let i = 0; i <= onset + 20; i++) {
    const observed = scorer.observe(stream.firstMinute + i, valuesOf(i))!;
    if (i < onset + 20) continue;
    const parts = scorer.explain(observed);
    expect(parts.map(({ channel }) => channel).sort()).toEqual([...LSTM_CHANNELS].sort());
    const strengths = parts.map(({ forest, logistic }) => Math.abs(forest) + Math.abs(logistic));
    expect(strengths).toEqual([...strengths].sort((a, b) => b - a));
    expect(parts.every(({ logistic }) => logistic > 0)).toBe(true);
    const linear = parts.reduce((sum, { logistic }) => sum + logistic, 0);
    expect(linear + models.linear.bias).toBeCloseTo(observed.linear, 9);
  }
});
