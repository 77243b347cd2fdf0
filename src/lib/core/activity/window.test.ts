import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DistinctCounter } from './distinct.ts';
import { asnHash, asnHash2 } from './keys.ts';
import { WindowCounts } from './window-counts.ts';
import { WindowPairs } from './window-pairs.ts';

const STEPS = 4;
const action = fc.record({
  key: fc.nat(6),
  /** Steps the window moves on before the elem. */
  move: fc.constantFrom(0, 0, 0, 0, 1, 1, 2, 9),
  /** How late the elem is. */
  late: fc.constantFrom(0, 0, 1, 3),
  isWithdraw: fc.boolean(),
  partner: fc.nat(3),
});

test('counts and partners are those of a list of everything in the window', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
      const counts = new WindowCounts(64, STEPS);
      const pairs = new WindowPairs(64);
      let seen: { key: number; step: number; isWithdraw: boolean; partner: number }[] = [];
      let head = 100;
      counts.advance(head);
      for (const { key, move, late, isWithdraw, partner } of actions) {
        head += move;
        if (move > 0) {
          pairs.expire(head - STEPS + 1);
          counts.advance(head);
        }
        seen = seen.filter((one) => one.step > head - STEPS);
        counts.reserve(1);
        const entry = counts.acquire(key & 1, key); // two hashes for seven keys: collisions
        counts.add(entry, head - late, isWithdraw);
        pairs.see(entry, partner, head - late);
        seen.push({ key, step: head - late, isWithdraw, partner });
        const mine = seen.filter((one) => one.key === key);
        expect(counts.withdrawn(entry)).toBe(mine.filter((one) => one.isWithdraw).length);
        expect(counts.announced(entry)).toBe(mine.filter((one) => !one.isWithdraw).length);
        expect(pairs.count(entry)).toBe(new Set(mine.map((one) => one.partner)).size);
        const spark = Array.from(
          { length: STEPS },
          (_, i) => mine.filter((one) => one.step === head - STEPS + 1 + i).length,
        );
        expect([...counts.spark(entry, false)]).toEqual(spark);
      }
      const busiest = counts.top(3, (entry) => counts.announced(entry) + counts.withdrawn(entry));
      const totals = [...new Set(seen.map((one) => one.key))].map(
        (key) => seen.filter((one) => one.key === key).length,
      );
      expect(busiest.map((entry) => counts.announced(entry) + counts.withdrawn(entry))).toEqual(
        totals.sort((a, b) => b - a).slice(0, 3),
      );
      expect(counts.uncertainty).toBe(0);
    }),
    { numRuns: 300 },
  );
});

describe('more keys than the limit', () => {
  test('the busy ones stay exact, the error of the others is stated and leaves with the window', () => {
    const counts = new WindowCounts(100, STEPS);
    counts.advance(10);
    const dropped = new Map<number, number>();
    for (let round = 0; round < 50; round++) {
      counts.reserve(11);
      for (let n = 0; n < 10; n++)
        counts.add(counts.acquire(asnHash(1000 + round * 10 + n), round * 10 + n), 10, false);
      const busy = counts.acquire(asnHash(7), 7_000_000);
      for (let n = 0; n < 5; n++) counts.add(busy, 10, false);
      dropped.set(round, counts.length);
    }
    expect(Math.max(...dropped.values())).toBeLessThanOrEqual(100);
    const [best] = counts.top(1, (entry) => counts.announced(entry));
    expect(counts.keyB(best!)).toBe(7_000_000);
    expect(counts.announced(best!)).toBe(250);
    expect(counts.uncertainty).toBeGreaterThan(0);
    counts.advance(10 + STEPS);
    expect(counts.uncertainty).toBe(0);
    expect(counts.length).toBe(0);
  });

  test('no room for all of a batch: the rest gets no entry', () => {
    const counts = new WindowCounts(4, STEPS);
    counts.advance(10);
    counts.reserve(6);
    const entries = [1, 2, 3, 4, 5, 6].map((key) => counts.acquire(key, key));
    expect(entries).toEqual([0, 1, 2, 3, -1, -1]);
  });

  test('pairs beyond the limit are refused and counted; dropped entries take theirs along', () => {
    const pairs = new WindowPairs(3);
    for (const partner of [1, 2, 3, 4, 4]) pairs.see(0, partner, 10);
    expect([pairs.count(0), pairs.refused]).toEqual([3, 2]);
    pairs.drop(Uint8Array.of(1));
    expect([pairs.count(0), pairs.length]).toEqual([0, 0]);
    pairs.see(1, 2, 10);
    pairs.dropPartners(Uint8Array.of(0, 0, 1));
    expect(pairs.count(1)).toBe(0);
  });
});

describe('distinct keys', () => {
  test('exact up to the limit, an estimate within 3 % beyond', () => {
    const counter = new DistinctCounter(10_000);
    for (let asn = 0; asn < 10_000; asn++) {
      counter.add(asnHash(asn), asnHash2(asn));
      counter.add(asnHash(asn >> 1), asnHash2(asn >> 1));
    }
    expect([counter.count(), counter.isEstimate]).toEqual([10_000, false]);
    for (const upTo of [20_000, 100_000, 400_000]) {
      for (let asn = 10_000; asn < upTo; asn++) counter.add(asnHash(asn), asnHash2(asn));
      expect(counter.isEstimate).toBe(true);
      expect(Math.abs(counter.count() / upTo - 1)).toBeLessThan(0.03);
    }
  });

  test('equal first hashes are told apart', () => {
    const counter = new DistinctCounter(10_000);
    for (let i = 0; i < 2000; i++) counter.add(i % 3, i);
    expect(counter.count()).toBe(2000);
  });
});
