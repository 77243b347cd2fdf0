import { describe, expect, test } from 'vitest';
import { TABLE } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { parsePrefix } from '#core/prefix/prefix.ts';
import { Backoff } from './backoff.ts';
import { BEACON_SILENCE_MS, BeaconWatch } from './beacon.ts';
import { LagWatch } from './lag.ts';

describe('Backoff', () => {
  test('doubles from 1 s to 60 s, in the upper half of each step, and starts over after a good connection', () => {
    const lowest = new Backoff(() => 0);
    expect(Array.from({ length: 8 }, () => lowest.next())).toEqual([
      500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000,
    ]);
    lowest.reset();
    expect(lowest.next()).toBe(500);
    const highest = new Backoff(() => 0.999_999);
    for (let i = 0; i < 20; i++) expect(highest.next()).toBeLessThan(60_000);
  });
});

describe('LagWatch', () => {
  test('one message in time is enough: the stream as a whole is not behind', () => {
    const lag = new LagWatch(180_000, 10_000);
    lag.restart(0);
    for (let nowMs = 0; nowMs < 30_000; nowMs += 100) {
      lag.step(nowMs % 5000 === 0 ? 500 : 3_600_000, nowMs);
      expect(lag.isLagging(nowMs)).toBe(false);
    }
  });

  test('a window of nothing but late messages is lag; silence is not', () => {
    const lag = new LagWatch(180_000, 10_000);
    lag.restart(0);
    expect(lag.isLagging(60_000)).toBe(false);
    lag.step(180_001, 60_000);
    expect(lag.isLagging(60_000)).toBe(true);
    lag.restart(60_001);
    expect(lag.isLagging(70_002)).toBe(false);
  });
});

describe('BeaconWatch', () => {
  const seen = (prefix: string): boolean => {
    const watch = new BeaconWatch(0);
    const builder = new BatchBuilder();
    const { isV6, bits, words } = parsePrefix(prefix);
    builder.prefixes.intern(isV6 ? TABLE.ipv6 : TABLE.ipv4, bits, ...words);
    watch.step(builder.take(), 1000);
    return (
      watch.count === 1 &&
      !watch.isOverdue(1000 + BEACON_SILENCE_MS) &&
      watch.isOverdue(1001 + BEACON_SILENCE_MS)
    );
  };

  test.each([
    ['84.205.64.0/24', 'the beacon of rrc00', true],
    ['84.205.76.0/24', 'the beacon of rrc12', true],
    ['84.205.80.0/24', 'an anchor', false],
    ['84.205.64.0/20', 'something around beacons', false],
    ['2001:7fb:fe0c::/48', 'an IPv6 beacon', true],
    ['2001:7fb:ee05::/48', 'an IPv6 beacon of the newer block', true],
    ['2001:7fb:ff00::/48', 'an IPv6 anchor', false],
    ['193.0.0.0/21', 'any other prefix', false],
  ])('%s: %s', (prefix, _name, isBeacon) => {
    expect(seen(prefix)).toBe(isBeacon);
  });
});
