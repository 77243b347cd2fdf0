import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TrailingQuantiles } from './trailing.ts';

/** The definition, slowly: values of minutes in (now - lag - span, now - lag], rounded as fixed point does. */
function slowQuantile(
  rows: readonly (readonly [number, number])[],
  now: number,
  span: number,
  lag: number,
  share: number,
): number {
  const inside = rows
    .filter(([minute, value]) => minute <= now - lag && minute > now - lag - span && value >= 0)
    .map(([, value]) => Math.min(0xfffe, Math.round(value * 2048)) / 2048)
    .sort((a, b) => a - b);
  if (inside.length === 0) return NaN;
  const rank = (inside.length - 1) * share;
  const low = inside[Math.floor(rank)]!;
  const high = inside[Math.min(inside.length - 1, Math.floor(rank) + 1)]!;
  return low + (high - low) * (rank - Math.floor(rank));
}

test('quantiles are those of the span, whatever gaps and unknown values there are', () => {
  const step = fc.record({
    pause: fc.integer({ min: 1, max: 40 }),
    value: fc.oneof(fc.double({ min: 0, max: 31 }), fc.constant(NaN)),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 120 }),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 20 }),
      (steps, span, lag) => {
        const past = new TrailingQuantiles(1, span, lag);
        const rows: [number, number][] = [];
        let minute = 1000;
        for (const { pause, value } of steps) {
          minute += pause;
          past.advance(minute);
          for (const share of [0.25, 0.5, 0.99]) {
            const want = slowQuantile(rows, minute, span, lag, share);
            const is = past.quantile(0, share);
            if (Number.isNaN(want)) expect(is).toBeNaN();
            else expect(is).toBeCloseTo(want, 9);
          }
          past.push(minute, Float64Array.of(value));
          rows.push([minute, value]);
        }
      },
    ),
  );
});

test('columns are independent, and one may be unknown where another is not', () => {
  const past = new TrailingQuantiles(2, 10, 1);
  for (let minute = 1; minute <= 5; minute++) {
    past.advance(minute);
    past.push(minute, Float64Array.of(minute, minute % 2 === 0 ? NaN : 7));
  }
  past.advance(6);
  expect(past.rowCount).toBe(5);
  expect([past.count(0), past.count(1)]).toEqual([5, 3]);
  expect([past.quantile(0, 0.5), past.quantile(1, 0.5)]).toEqual([3, 7]);
});

test('a pause longer than everything empties it', () => {
  const past = new TrailingQuantiles(1, 60, 5);
  for (let minute = 0; minute < 100; minute++) {
    past.advance(minute);
    past.push(minute, Float64Array.of(1));
  }
  past.advance(10_000);
  expect(past.rowCount).toBe(0);
  expect(past.quantile(0, 0.5)).toBeNaN();
});
