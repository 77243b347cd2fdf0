import { expect, test } from 'vitest';
import { joinedRanges } from './commit.ts';
import { partitionOf, partitionStartUs } from './schema.ts';
import { steadyClock } from './retention.ts';
import { SeqSet } from './seq-set.ts';
import { encodeRecord, readRecords } from './spool-record.ts';

test('a set of seqs counts what is there, twice and missing, over pages', () => {
  const set = new SeqSet();
  set.addRange(1, 3_000_000);
  set.add(7);
  set.addRange(3_000_011, 3_000_020);
  expect({ size: set.size, repeated: set.repeated }).toEqual({ size: 3_000_010, repeated: 1 });
  expect(set.missing(3_000_020)).toEqual({ count: 10, sum: 30_000_055n, first: 3_000_001 });
  expect(set.missing(10_000_000).count).toBe(6_999_990);
  expect(new SeqSet().missing(0)).toEqual({ count: 0, sum: 0n, first: null });
});

test('ranges are joined', () => {
  expect(
    joinedRanges([
      [5, 9],
      [1, 2],
      [3, 4],
      [20, 21],
      [8, 12],
    ]),
  ).toEqual([
    [1, 12],
    [20, 21],
  ]);
});

test('the clock of retention does not follow one that jumps ahead', () => {
  let wall = 1000;
  let elapsed = 0;
  const clock = steadyClock(
    () => wall,
    () => elapsed,
  );
  wall = 1000 + 10 * 365 * 86_400_000;
  elapsed = 60;
  expect(clock()).toBe(1060);
  wall = 500;
  expect(clock()).toBe(500);
});

test.each([
  [0, 'date=1970-01-01/hour=00'],
  [1_203_878_877e6, 'date=2008-02-24/hour=18'],
  [253_402_300_800e6, 'date=+010000-01-01/hour=00'],
])('%d is in %s', (timeUs, partition) => {
  expect(partitionOf(timeUs)).toBe(partition);
  expect(partitionStartUs(partition)).toBe(Math.floor(timeUs / 3600e6) * 3600e6);
});

test('records are found again after any damage, and nothing else is', () => {
  const records = Array.from({ length: 5 }, (_, i) => ({
    type: 0,
    elems: 10,
    firstSeq: 1 + i * 10,
    payload: Uint8Array.from({ length: 50 }, (_, b) => (b * 7 + i) & 0xff),
  }));
  const bytes = Uint8Array.from(Buffer.concat(records.map(encodeRecord)));
  expect(readRecords(bytes)).toMatchObject({ records, badBytes: 0, isDamaged: false });
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Uint8Array.from(bytes);
    damaged[at]! ^= 0x55;
    const hit = Math.floor(at / 74);
    expect(readRecords(damaged).records).toEqual(records.filter((_, i) => i !== hit));
    expect(readRecords(bytes.subarray(0, at)).records).toEqual(records.slice(0, hit));
  }
});
