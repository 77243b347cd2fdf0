import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NORMALISER_PARAMS, StreamNormaliser } from './normaliser.ts';

const PARAMS = { ...NORMALISER_PARAMS, spanMinutes: 120, lagMinutes: 10, minRows: 20, fullRows: 100 };

/** Counts of a stream with a daily rhythm and some noise, from a seed. */
function counts(seed: number, minutes: number): number[] {
  let state = seed;
  return Array.from({ length: minutes }, (_, i) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.round(50 + 30 * Math.sin(i / 200) + (state / 2 ** 32) * 20);
  });
}

const run = (values: readonly number[], params = PARAMS): (number | null)[] => {
  const normaliser = new StreamNormaliser(params, 1);
  return values.map((value, minute) => normaliser.push(minute, [value])?.z[0] ?? null);
};

test('nothing of the future changes what was said', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 30, max: 280 }),
      fc.nat(1e6),
      (seed, cut, spike) => {
        const values = counts(seed, 300);
        const other = values.map((value, i) => (i > cut ? spike : value));
        expect(run(other).slice(0, cut + 1)).toEqual(run(values).slice(0, cut + 1));
      },
    ),
  );
});

test('what happens within the lag does not change the measure of now', () => {
  const values = counts(7, 200);
  const other = values.map((value, i) => (i > 199 - PARAMS.lagMinutes && i < 199 ? 100_000 : value));
  expect(run(other).at(-1)).toBe(run(values).at(-1));
});

test('z is log1p against median and inter-quartile range of the span', () => {
  const normaliser = new StreamNormaliser({ ...PARAMS, minSpread: 0.01 }, 1);
  const past = [10, 20, 30, 40, 50];
  for (let minute = 0; minute < 100; minute++) normaliser.push(minute, [past[minute % 5]!]);
  const row = normaliser.push(110, [300])!;
  const logs = past.map((value) => Math.log1p(value));
  const spread = logs[3]! - logs[1]!;
  expect(row.z[0]).toBeCloseTo((Math.log1p(300) - logs[2]!) / spread, 2);
  expect(row.lift[0]).toBeCloseTo(Math.log1p(300) - logs[2]!, 2);
});

describe('streams that are not as one wishes', () => {
  test('a column that never moves does not turn one message into an anomaly', () => {
    const values = Array.from({ length: 100 }, () => 0);
    expect(run([...values, 1]).at(-1)).toBeCloseTo(Math.log1p(1) / PARAMS.minSpread, 5);
  });

  test('too little past: nothing is said, and trust grows from nothing to one', () => {
    const normaliser = new StreamNormaliser(PARAMS, 1);
    const rows = counts(3, 400).map((value, minute) => {
      const { isWarm, trust, z } = normaliser.push(minute, [value])!;
      return { isWarm, trust, z: z[0]! };
    });
    const first = rows.findIndex(({ isWarm }) => isWarm);
    expect(first).toBe(PARAMS.lagMinutes + PARAMS.minRows - 1);
    expect(rows.slice(0, first).every(({ z }) => z === 0)).toBe(true);
    expect(rows[0]!.trust).toBe(0);
    expect(rows.at(-1)!.trust).toBe(1);
    expect(rows.every(({ trust }, i) => i === 0 || trust >= rows[i - 1]!.trust)).toBe(true);
  });

  test('an hour of nothing leaves the measure as it was', () => {
    const normaliser = new StreamNormaliser({ ...PARAMS, spanMinutes: 600 }, 1);
    for (const [minute, value] of counts(5, 400).entries()) normaliser.push(minute, [value]);
    const row = normaliser.push(460, [50])!;
    expect(row.isWarm).toBe(true);
    expect(Math.abs(row.z[0]!)).toBeLessThan(3);
  });

  test.each([
    ['not a number', NaN, 0],
    ['infinite', Infinity, 1],
    ['negative', -5, 1],
  ])('a value that is %s is unknown: z 0, and it enters no measure', (_name, value, badEntries) => {
    const normaliser = new StreamNormaliser(PARAMS, 1);
    for (const [minute, count] of counts(5, 200).entries()) {
      const row = normaliser.push(minute, [minute % 3 === 1 ? value : count])!;
      if (minute % 3 !== 1) continue;
      expect(row.z[0]).toBe(0);
      expect(row.badEntries).toBe(badEntries);
    }
    expect(normaliser.push(200, [60])!.z.every(Number.isFinite)).toBe(true);
  });

  test('a minute that does not ascend is refused and not remembered', () => {
    const normaliser = new StreamNormaliser(PARAMS, 1);
    expect(normaliser.push(10, [1])).not.toBeNull();
    expect(normaliser.push(10, [1])).toBeNull();
    expect(normaliser.push(9, [1])).toBeNull();
    expect(normaliser.push(NaN, [1])).toBeNull();
    expect(normaliser.push(11, [1])).not.toBeNull();
  });
});
