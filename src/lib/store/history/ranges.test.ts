import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Ranges } from './ranges.ts';

test('neighbours join, holes stay', () => {
  const ranges = new Ranges();
  for (const value of [5, 1, 2, 9, 4, 3]) ranges.add(value, value);
  expect(ranges.list).toEqual([
    [1, 5],
    [9, 9],
  ]);
  expect([0, 1, 5, 6, 9, 10].map((value) => ranges.has(value))).toEqual([
    false,
    true,
    true,
    false,
    true,
    false,
  ]);
  expect(ranges.find(3)).toEqual([1, 5]);
  expect(ranges.find(7)).toBeNull();
});

test('has what was added and nothing else, in few ranges', () => {
  const pair = fc.tuple(fc.nat(200), fc.nat(10));
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 40 }), (pairs) => {
      const ranges = new Ranges();
      const all = new Set<number>();
      for (const [from, length] of pairs) {
        ranges.add(from, from + length);
        for (let value = from; value <= from + length; value++) all.add(value);
      }
      for (let value = 0; value <= 215; value++) expect(ranges.has(value)).toBe(all.has(value));
      for (let i = 1; i < ranges.list.length; i++)
        expect(ranges.list[i]![0]).toBeGreaterThan(ranges.list[i - 1]![1] + 1);
    }),
  );
});

test('is bounded: the smallest hole is closed', () => {
  const ranges = new Ranges([], 3);
  for (const value of [0, 100, 103, 200]) ranges.add(value, value);
  expect(ranges.list).toEqual([
    [0, 0],
    [100, 103],
    [200, 200],
  ]);
});

test('a range loses its first value, and a range of one value goes', () => {
  const ranges = new Ranges([
    [1, 1],
    [5, 9],
  ]);
  for (const value of [1, 5, 8, 20]) ranges.cutStart(value);
  expect(ranges.list).toEqual([[6, 9]]);
});
