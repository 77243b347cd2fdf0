import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TrailingContext } from './context.ts';

test('means over the known minutes of each span, rises only', () => {
  const row = fc.record({
    pause: fc.integer({ min: 1, max: 9 }),
    values: fc.tuple(
      fc.double({ min: -3, max: 3, noNaN: true }),
      fc.double({ min: -3, max: 3, noNaN: true }),
    ),
  });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), (rows) => {
      const spans = [1, 4, 15];
      const context = new TrailingContext(2, spans);
      const seen: [number, readonly number[]][] = [];
      let minute = 0;
      for (const { pause, values } of rows) {
        minute += pause;
        seen.push([minute, values]);
        const is = context.push(minute, Float64Array.from(values));
        const want = spans.flatMap((span) => {
          const inside = seen.filter(([at]) => at > minute - span);
          return [0, 1].map((column) =>
            Math.max(0, inside.reduce((sum, [, of]) => sum + of[column]!, 0) / inside.length),
          );
        });
        want.forEach((value, i) => expect(is[i]).toBeCloseTo(value, 5));
      }
    }),
  );
});

test('after a pause nothing of before is left, not even rounding', () => {
  const context = new TrailingContext(1, [5]);
  for (let minute = 0; minute < 1000; minute++) context.push(minute, Float64Array.of(0.1 * (minute % 7)));
  expect(context.push(2000, Float64Array.of(0.3))[0]).toBe(Math.fround(0.3));
});
