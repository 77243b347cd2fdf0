import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FeatureHistory } from './history.ts';
import { decodeHistory, encodeHistory, HistoryKeeper } from './history.ts';

const COLUMNS = ['announcements', 'withdrawals'];
const history = (values: readonly number[], name = 'rrc00 192.0.2.1 65001'): FeatureHistory => ({
  firstMinute: 20_064_000,
  minutes: values.length / COLUMNS.length,
  columns: COLUMNS,
  streams: [{ name, values: Float32Array.from(values) }],
});

describe('a feature history', () => {
  test('brings back counts, and what is not known', () => {
    const before = history([0, 1, 2, 3, 17, 250, NaN, 0]);
    expect(decodeHistory(encodeHistory(before))).toEqual(before);
  });

  test('brings back anything to a fifth of a percent', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 2, maxLength: 40 }),
        (values) => {
          const even = values.slice(0, values.length & ~1);
          const after = decodeHistory(encodeHistory(history(even))).streams[0]!.values;
          for (const [i, value] of even.entries())
            expect(Math.abs(after[i]! - value)).toBeLessThanOrEqual((1 + value) * 0.002);
        },
      ),
    );
  });

  test('names that are not ASCII come back', () => {
    const before = history([1, 2], 'collecteur-é 192.0.2.1 65001');
    expect(decodeHistory(encodeHistory(before)).streams[0]!.name).toBe('collecteur-é 192.0.2.1 65001');
  });

  test.each([0, 3, 11, 12, 40, -1])('cut at byte %i is refused', (at) => {
    const bytes = encodeHistory(history([1, 2, 3, 4]));
    expect(() => decodeHistory(bytes.subarray(0, at < 0 ? bytes.length + at : at))).toThrow(
      expect.objectContaining({ code: 'FEATURE_HISTORY_BAD' }),
    );
  });

  test('whatever bytes there are, it is a history or refused', () => {
    const good = encodeHistory(history([1, 2, 3, 4]));
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const bytes = good.slice();
        bytes[at] = byte;
        try {
          decodeHistory(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'FEATURE_HISTORY_BAD' });
        }
      }),
    );
  });
});

describe('keeping a history', () => {
  const keeper = (): HistoryKeeper => new HistoryKeeper(5, 2, ['withdrawals'], COLUMNS);
  const row = (withdrawals: number): Float64Array => Float64Array.of(99, withdrawals);
  const values = (kept: HistoryKeeper, name: string) => [
    ...kept.history().streams.find((stream) => stream.name === name)!.values,
  ];

  test('has the last minutes of each stream, with holes where nothing was said', () => {
    const kept = keeper();
    for (const minute of [100, 101, 103]) kept.note('a', minute, row(minute - 100));
    kept.note('b', 103, row(7));
    kept.note('a', 104, null);
    kept.note('a', 106, row(6));
    expect(kept.history()).toMatchObject({ firstMinute: 102, minutes: 5, columns: ['withdrawals'] });
    expect(values(kept, 'a')).toEqual([NaN, 3, NaN, NaN, 6]);
    expect(values(kept, 'b')).toEqual([NaN, 7, NaN, NaN, NaN]);
  });

  test('is bounded, and what is older than it makes room', () => {
    const kept = keeper();
    kept.note('a', 100, row(1));
    kept.note('b', 104, row(1));
    kept.note('c', 104, row(1));
    expect([kept.streams, kept.refused]).toEqual([2, 1]);
    kept.note('c', 105, row(3));
    expect(kept.history().streams.map(({ name }) => name)).toEqual(['b', 'c']);
  });
});
