import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePrefix } from '../prefix/prefix.ts';
import type { VrpSet } from './vrp-set.ts';
import { applyVrpDelta, diffVrps, eachVrp, VrpBuilder, vrpCount, vrpDigest } from './vrp-set.ts';

/** Few enough to collide. */
const vrp = fc.tuple(
  fc.constantFrom(
    '10.0.0.0/8',
    '10.0.0.0/9',
    '10.1.0.0/16',
    '10.1.2.0/24',
    '2001:db8::/32',
    '2001:db8::/64',
    '::/0',
  ),
  fc.nat({ max: 3 }),
  fc.integer({ min: 0, max: 4 }),
);
type Row = readonly [string, number, number];

function setOf(rows: readonly Row[], anchor = ''): VrpSet {
  const builder = new VrpBuilder();
  const number = builder.trustAnchor(anchor);
  for (const [text, extra, asn] of rows) {
    const prefix = parsePrefix(text);
    builder.add(prefix, prefix.bits + extra, asn, number);
  }
  return builder.build();
}

const names = (set: VrpSet): string[] => [...eachVrp(set)].map((v) => `${v.prefix} ${v.maxLength} ${v.asn}`);

test('the order of arrival does not matter, nor do repetitions', () => {
  fc.assert(
    fc.property(fc.array(vrp), fc.array(vrp), (a, b) => {
      const one = setOf([...a, ...b]);
      const other = setOf([...b, ...a, ...a]);
      expect(names(other)).toEqual(names(one));
      expect(vrpDigest(other)).toBe(vrpDigest(one));
      expect(new Set(names(one)).size).toBe(vrpCount(one));
    }),
  );
});

test('a difference applied to the one gives the other, and fits', () => {
  fc.assert(
    fc.property(fc.array(vrp), fc.array(vrp), (a, b) => {
      const [before, after] = [setOf(a, 'ripe'), setOf(b, 'arin')];
      const { set, duplicates, missing } = applyVrpDelta(before, diffVrps(before, after));
      expect(names(set)).toEqual(names(after));
      expect(vrpDigest(set)).toBe(vrpDigest(after));
      expect([duplicates, missing]).toEqual([0, 0]);
    }),
  );
});

test('what does not fit is counted and does no harm', () => {
  fc.assert(
    fc.property(fc.array(vrp), fc.array(vrp), fc.array(vrp), (base, plus, minus) => {
      const [set, announced, withdrawn] = [setOf(base), setOf(plus), setOf(minus)];
      const change = applyVrpDelta(set, { announced, withdrawn });
      const kept = new Set(names(set).filter((name) => !names(withdrawn).includes(name)));
      for (const name of names(announced)) kept.add(name);
      expect(names(change.set).sort()).toEqual([...kept].sort());
      const there = new Set(names(set));
      expect(change.missing).toBe(names(withdrawn).filter((name) => !there.has(name)).length);
      const again = names(announced).filter((name) => there.has(name) && !names(withdrawn).includes(name));
      expect(change.duplicates).toBe(again.length);
    }),
  );
});

test('trust anchors survive a delta', () => {
  const before = setOf([['10.0.0.0/8', 0, 1]], 'ripe');
  const announced = setOf([['10.1.0.0/16', 0, 1]], 'arin');
  const { set } = applyVrpDelta(before, { announced, withdrawn: setOf([]) });
  expect([...eachVrp(set)].map((v) => v.trustAnchor)).toEqual(['ripe', 'arin']);
});

test('many unsorted VRPs come out in numeric order', () => {
  const builder = new VrpBuilder();
  let seed = 12345;
  const next = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0);
  for (let i = 0; i < 5000; i++) builder.v6.push(next(), next(), 0, 0, 64, 64 + (next() % 8), next(), 0);
  const { v6 } = builder.build();
  for (let group = 1; group < v6.groups; group++) {
    const order = v6.head[group]! - v6.head[group - 1]! || v6.tail[group * 3]! - v6.tail[group * 3 - 3]!;
    expect(order).toBeGreaterThan(0);
  }
  expect(v6.length).toBe(5000);
});
