import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ElemBatch } from '#core/elem/batch.ts';
import { batchOf } from '../../../../tests/fixtures/batches.ts';
import { PassCover } from './pass-cover.ts';

/** A recording of these times; the elem at index i is of prefix i. */
const recording = (times: readonly number[]): { timeUs: number; prefix: number }[] =>
  times.map((timeUs, prefix) => ({ timeUs, prefix }));

/** What the history would hold: prefixes by time. */
class Stored {
  rows: { timeUs: number; prefix: number }[] = [];

  put(cover: PassCover, batch: ElemBatch): void {
    const { rows, redoUs } = cover.take(batch);
    this.rows = this.rows.filter(({ timeUs }) => !redoUs.includes(timeUs));
    for (const i of rows ?? batch.timeUs.keys()) {
      const word = batch.prefixes.words[batch.prefix[i]! * 4]!;
      this.rows.push({ timeUs: batch.timeUs[i]!, prefix: (word - 0x0a00_0000) / 256 });
    }
  }

  /** Sorted, so that order does not matter. */
  list(): number[] {
    return this.rows.map(({ prefix }) => prefix).sort((a, b) => a - b);
  }
}

test('a second pass adds nothing, and takes nothing away', () => {
  const elems = recording([10, 10, 20, 30, 30, 40]);
  const cover = new PassCover();
  const stored = new Stored();
  for (let pass = 0; pass < 3; pass++) {
    cover.begin(true);
    stored.put(cover, batchOf(elems.slice(0, 3)));
    stored.put(cover, batchOf(elems.slice(3)));
  }
  expect(stored.list()).toEqual([0, 1, 2, 3, 4, 5]);
});

test('the first instant of a recording is whole: not done again', () => {
  const cover = new PassCover();
  cover.begin(true);
  cover.take(batchOf(recording([10, 10, 20])));
  const again = new PassCover(cover.list);
  again.begin(true);
  expect(again.take(batchOf(recording([10, 10])))).toEqual({ rows: new Uint32Array(0), redoUs: [] });
});

test('an instant that was cut is taken again whole by the next pass', () => {
  const elems = recording([10, 20, 20, 20, 30]);
  const stored = new Stored();
  const first = new PassCover();
  first.begin(true);
  stored.put(first, batchOf(elems.slice(0, 2)));
  const second = new PassCover(first.list);
  second.begin(true);
  stored.put(second, batchOf(elems.slice(0, 2)));
  stored.put(second, batchOf(elems.slice(2)));
  expect(stored.list()).toEqual([0, 1, 2, 3, 4]);
});

test('the instant in which listening begins is left to a later pass', () => {
  const elems = recording([10, 20, 20, 30]);
  const stored = new Stored();
  const cover = new PassCover();
  stored.put(cover, batchOf(elems.slice(2)));
  expect(stored.rows).toEqual([{ timeUs: 30, prefix: 3 }]);
  cover.begin(true);
  stored.put(cover, batchOf(elems));
  expect(stored.list()).toEqual([0, 1, 2, 3]);
});

test('a page that is opened anew goes on where the one before was', () => {
  const elems = recording([10, 20, 20, 20, 30]);
  const stored = new Stored();
  const first = new PassCover();
  first.begin(true);
  stored.put(first, batchOf(elems.slice(0, 2)));
  const second = new PassCover(first.list);
  second.resume(20);
  stored.put(second, batchOf(elems.slice(2)));
  expect(stored.list()).toEqual([0, 1, 2, 3, 4]);
});

test('a pass that ends within the instant in which another began leaves that instant to a later one', () => {
  const elems = recording([10, 18, 19, 19, 20]);
  const stored = new Stored();
  const first = new PassCover();
  for (const at of [1, 2, 3, 4]) stored.put(first, batchOf(elems.slice(at, at + 1)));
  const second = new PassCover(first.list);
  second.begin(true);
  for (const at of [0, 1, 2]) stored.put(second, batchOf(elems.slice(at, at + 1)));
  const third = new PassCover(second.list);
  third.begin(true);
  stored.put(third, batchOf(elems));
  expect(stored.list()).toEqual([0, 1, 2, 3, 4]);
});

test('however passes are cut, begun and resumed, each elem is stored once when one pass has gone through', () => {
  const times = fc
    .array(fc.nat(12), { minLength: 1, maxLength: 30 })
    .map((list) => list.sort((a, b) => a - b));
  const visits = fc.array(fc.tuple(fc.nat(30), fc.nat(30), fc.nat(5)), { maxLength: 6 });
  fc.assert(
    fc.property(times, visits, (list, cuts) => {
      const elems = recording(list.map((time) => 1000 + time));
      const stored = new Stored();
      let cover = new PassCover();
      const visit = (from: number, to: number, step: number): void => {
        cover = new PassCover(cover.list);
        cover.begin(from === 0);
        for (let at = from; at < Math.min(to, elems.length); at += step + 1) {
          stored.put(cover, batchOf(elems.slice(at, Math.min(at + step + 1, to))));
        }
      };
      for (const [a, b, step] of cuts) visit(Math.min(a, b), Math.max(a, b) + 1, step);
      visit(0, elems.length, 2);
      expect(stored.list()).toEqual(elems.map((_, i) => i));
    }),
    { numRuns: 2000 },
  );
});
