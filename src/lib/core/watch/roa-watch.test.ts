import fc from 'fast-check';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parsePrefix } from '../prefix/prefix.ts';
import { RpkiJsonReader } from '../rpki/json-reader.ts';
import type { VrpSet } from '../rpki/vrp-set.ts';
import { applyVrpDelta, eachVrp, VrpBuilder } from '../rpki/vrp-set.ts';
import { readWatchList } from './read.ts';
import { RoaExpiries } from './roa-expiries.ts';
import { viewOfSet, viewOfVrps } from './roa-view.ts';
import type { WatchedVrp } from './roa-watch.ts';
import { WatchIndex } from './watch-index.ts';
import { Watcher } from './watcher.ts';

const ROOT = new URL('../../../..', import.meta.url).pathname;
const DATA = process.env['ROUTESCOPE_DATA'] ?? join(ROOT, '../shared/data');
const ROUTINATOR = join(DATA, 'rpki/routinator-shape-20250720T0931.json.gz');

/** `192.0.2.0/24-24 64496 ripe` */
function setOf(rows: readonly string[]): VrpSet {
  const builder = new VrpBuilder();
  for (const row of rows) {
    const [prefix, maxLength, asn, anchor] = row.split(/[- ]/);
    builder.add(parsePrefix(prefix!), Number(maxLength), Number(asn), builder.trustAnchor(anchor ?? ''));
  }
  return builder.build();
}

/** Every VRP of a set made an object: what the look-up must agree with. */
function* everyVrp(set: VrpSet): Generator<WatchedVrp> {
  for (const { prefix, ...vrp } of eachVrp(set))
    yield { ...vrp, prefix: parsePrefix(prefix), expiresS: null };
}

const ANCHORS = ['ripe', 'arin', 'apnic'];
/** `count` VRPs of each trust anchor, away from the prefixes of the tests. */
const crowd = (count: number, anchors = ANCHORS): string[] =>
  anchors.flatMap((anchor, a) => Array.from({ length: count }, (_, i) => `10.${a}.${i}.0/24-24 7 ${anchor}`));

const LIST = {
  watch: 1,
  prefixes: [{ prefixes: ['192.0.2.0/24', '2001:db8::/32'], origins: [64496] }],
  asns: [{ asn: 64500 }],
};

/** A watcher told one set after the other, twenty minutes apart. @returns what it said to each. */
function told(sets: readonly (readonly string[])[], list: unknown = LIST): string[][] {
  const watcher = new Watcher(readWatchList(list));
  return sets.map((rows, i) => {
    watcher.stepVrpSet(setOf(rows), 1_753_000_000 + i * 1200);
    return watcher.takeRoaAlerts().map(({ affected, summary }) => `${affected}: ${summary}`);
  });
}

describe('what is looked up in a set is what looking at every VRP finds', () => {
  const bits = fc.integer({ min: 0, max: 32 });
  const prefix = fc.tuple(fc.integer({ min: 0, max: 15 }), bits, fc.boolean()).map(([n, length, isV6]) =>
    // Few addresses, so that prefixes overlap.
    isV6 ? `${(n << 12).toString(16)}:${n}::/${length * 2}` : `${n * 16}.${n}.0.0/${length}`,
  );
  const vrp = fc.tuple(prefix, fc.integer({ min: 1, max: 9 })).map(([text, asn]) => {
    const length = text.split('/')[1]!;
    return `${text}-${length} ${asn} ${ANCHORS[asn % 3]!}`;
  });
  const operator = fc.constantFrom('', '^-', '^+', '^24-24');
  const watched = fc.tuple(prefix, operator).map(([text, op]) => {
    // A full-length prefix has no more-specifics, and one longer than /24 none of /24.
    return Number(text.split('/')[1]) < 24 ? text + op : text;
  });

  test('any set, any list', () => {
    const lists = fc.record({
      prefixes: fc.array(watched, { minLength: 1, maxLength: 6 }),
      asns: fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 2 }),
    });
    fc.assert(
      fc.property(fc.array(vrp, { maxLength: 60 }), lists, (rows, { prefixes, asns }) => {
        const rules = prefixes.map((text) => ({ prefixes: [text], origins: [1] }));
        const index = new WatchIndex(
          readWatchList({ watch: 1, prefixes: rules, asns: asns.map((asn) => ({ asn })) }),
        );
        const options = { index, soonS: 0, maxRelevant: 1000 };
        const set = setOf(rows);
        const [want, got] = [viewOfVrps(everyVrp(set), options), viewOfSet(set, null, options)];
        expect(got.vrps).toEqual(want.vrps);
        expect(new Map(got.anchors)).toEqual(new Map(want.anchors));
      }),
    );
  });

  test.skipIf(!existsSync(ROUTINATOR))(`the real set of July 2025 (${ROUTINATOR})`, () => {
    const reader = new RpkiJsonReader();
    reader.push(gunzipSync(readFileSync(ROUTINATOR)));
    const { vrps: set } = reader.endSnapshot();
    const prefixes = ['193.0.0.0/16', '1.1.1.0/24', '2001:67c::/32', '2a00::/16', '8.8.8.0/24^-'];
    const index = new WatchIndex(
      readWatchList({
        watch: 1,
        prefixes: prefixes.map((text) => ({ prefixes: [text], origins: [1] })),
        asns: [{ asn: 3333 }],
      }),
    );
    const options = { index, soonS: 0, maxRelevant: 100_000 };
    const [want, got] = [viewOfVrps(everyVrp(set), options), viewOfSet(set, null, options)];
    expect(got.vrps).toEqual(want.vrps);
    expect(got.vrps.length).toBeGreaterThan(1000);
    expect([...got.anchors.keys()].sort()).toEqual(['afrinic', 'apnic', 'arin', 'lacnic', 'ripe']);
    expect(new Map(got.anchors)).toEqual(new Map(want.anchors));
  });
});

describe('changes', () => {
  const mine = '192.0.2.0/24-24 64496 ripe';

  test('of the prefix, more specific, covering it, and of an own AS; not of others', () => {
    const after = [
      ...crowd(50),
      '192.0.2.128/25-25 9 ripe',
      '192.0.0.0/16-16 0 arin',
      '203.0.113.0/24-24 64500 apnic',
      '203.0.112.0/24-24 9 apnic',
    ];
    expect(told([[...crowd(50), mine], after])).toEqual([
      [],
      [
        '192.0.2.0/24: ROAs change detected: removed <192.0.2.0/24, AS64496, 24, ripe>',
        '192.0.2.0/24: ROAs change detected: added <192.0.0.0/16, AS0, 16, arin>',
        '192.0.2.0/24: ROAs change detected: added <192.0.2.128/25, AS9, 25, ripe>',
        '64500: ROAs change detected: added <203.0.113.0/24, AS64500, 24, apnic>',
      ],
    ]);
  });

  test('nothing when nobody asks, or what is on the list is to be ignored', () => {
    const sets = [[...crowd(50), mine], crowd(2)];
    const list = (rule: object): unknown => ({
      watch: 1,
      prefixes: [{ prefixes: ['192.0.2.0/24'], origins: [64496], ...rule }],
    });
    expect(told(sets, list({ monitors: ['-roa'] }))).toEqual([[], []]);
    expect(told(sets, list({ ignore: true }))).toEqual([[], []]);
  });

  test('a trust anchor alone makes no other VRP, and one without a name has lost nothing', () => {
    const named = [...crowd(50), mine];
    const delta = { announced: setOf(['10.9.0.0/24-24 7', '192.0.2.0/24-24 64496']), withdrawn: setOf([]) };
    const watcher = new Watcher(readWatchList(LIST));
    watcher.stepVrpSet(setOf(named), 1_753_000_000);
    watcher.stepVrpSet(applyVrpDelta(setOf(named), delta).set, 1_753_000_600);
    watcher.stepVrpSet(setOf(named), 1_753_001_200);
    expect(watcher.takeRoaAlerts()).toEqual([]);
  });

  test('another list is no change', () => {
    const watcher = new Watcher(readWatchList(LIST));
    watcher.stepVrpSet(setOf([...crowd(50), mine]), 1_753_000_000);
    watcher.reload(readWatchList({ watch: 1, asns: [{ asn: 7 }] }));
    watcher.stepVrpSet(setOf([...crowd(50), mine]), 1_753_000_000);
    expect(watcher.takeRoaAlerts()).toEqual([]);
  });

  test('VRPs beyond the bound are counted', () => {
    const watcher = new Watcher(readWatchList({ watch: 1, asns: [{ asn: 7 }] }), {
      roa: { maxRelevant: 10 },
    });
    watcher.stepVrpSet(setOf(crowd(50)), 1_753_000_000);
    expect(watcher.stats().dropped).toBe(140);
  });
});

describe('a trust anchor that loses more than a fifth', () => {
  const mine = ['192.0.2.0/24-24 64496 ripe', '2001:db8::/32-32 64496 ripe'];
  const whole = [...crowd(98), ...mine];
  const without = crowd(98, ['x', 'arin', 'apnic']).filter((row) => !row.endsWith('x'));
  const alarm =
    'ripe: Possible trust anchor malfunction or incomplete VRPs: 100.00% of the ROAs disappeared from ripe';

  test('is told once, instead of what vanished with it; its return is none', () => {
    expect(told([whole, without, without, whole])).toEqual([[], [alarm], [], []]);
  });

  test('what has not returned with it is told then', () => {
    const most = whole.filter((row) => !row.startsWith('192'));
    const missing = '192.0.2.0/24: ROAs change detected: removed <192.0.2.0/24, AS64496, 24, ripe>';
    expect(told([whole, without, most, most])).toEqual([[], [alarm], [missing], []]);
  });

  test('what has not returned after a day is told', () => {
    const watcher = new Watcher(readWatchList(LIST));
    watcher.stepVrpSet(setOf(whole), 0);
    watcher.stepVrpSet(setOf(without), 1200);
    expect(watcher.takeRoaAlerts()).toHaveLength(1);
    watcher.stepVrpSet(setOf(without), 87_000);
    expect(watcher.takeRoaAlerts()).toEqual([]);
    watcher.stepVrpSet(setOf(without), 88_000);
    expect(watcher.takeRoaAlerts().map(({ affected }) => affected)).toEqual([
      '192.0.2.0/24',
      '2001:db8::/32',
    ]);
  });

  test('a fifth is still usual, half of afrinic too', () => {
    const before = crowd(10, ['ripe', 'afrinic']);
    const after = before.filter((row) => !/\.[01]\.0\/24-24 7 ripe|\.[0-4]\.0\/24-24 7 afrinic/.test(row));
    expect(after).toHaveLength(13);
    expect(told([before, after])).toEqual([[], []]);
  });
});

describe('expiry', () => {
  const soonS = 1_753_000_000;
  const body = (rows: readonly object[]): Buffer => Buffer.from(JSON.stringify({ roas: rows }));
  const alerts = (bytes: Buffer): string[] => {
    const watcher = new Watcher(readWatchList(LIST));
    const expiries = watcher.expiries();
    const reader = new RpkiJsonReader(undefined, expiries.take);
    reader.push(bytes);
    watcher.stepVrpSet(reader.endSnapshot().vrps, soonS, expiries);
    return watcher.takeRoaAlerts().map(({ affected, summary }) => `${affected}: ${summary}`);
  };
  const row = (prefix: string, inS: number | null, asn = 64496): object => ({
    ...{ asn, prefix, maxLength: 32, ta: 'ripe' },
    ...(inS === null ? {} : { expires: soonS + inS }),
  });
  const others = Array.from({ length: 20 }, (_, i) => row(`10.0.${i}.0/24`, 86_400, 7));

  test('within two hours is told, of what is watched', () => {
    const rows = [row('192.0.2.0/24', 7199), row('192.0.2.0/25', 7200), row('10.1.0.0/16', 5), ...others];
    expect(alerts(body(rows))).toEqual([
      '192.0.2.0/24: The following ROAs will expire in less than 2 hours: <192.0.2.0/24, AS64496, 32, ripe>',
    ]);
  });

  test('of two ROAs for the same the later one counts; Routinator says nothing', () => {
    const rows = [row('192.0.2.0/24', 60), row('192.0.2.0/24', 90_000), row('192.0.2.0/25', null), ...others];
    expect(alerts(body(rows))).toEqual([]);
  });

  test('a trust anchor of which too much runs out', () => {
    const rows = [...others, ...Array.from({ length: 6 }, (_, i) => row(`10.2.${i}.0/24`, 60, 7))];
    expect(alerts(body(rows))).toEqual([
      'ripe: Possible trust anchor malfunction or incomplete VRPs: 23.08% of the ROAs are expiring in ripe',
    ]);
  });

  test('only what is watched is kept', () => {
    const expiries = new RoaExpiries(new WatchIndex(readWatchList(LIST)));
    const reader = new RpkiJsonReader(undefined, expiries.take);
    reader.push(
      body([row('192.0.0.0/16', 60, 7), row('203.0.113.0/24', 60, 64500), row('8.0.0.0/8', 60, 7)]),
    );
    const expiresS = (prefix: string, asn: number): number | null =>
      expiries.expiresS({ prefix: parsePrefix(prefix), maxLength: 32, asn });
    expect(expiresS('192.0.0.0/16', 7)).toBe(soonS + 60);
    expect(expiresS('203.0.113.0/24', 64500)).toBe(soonS + 60);
    expect(expiresS('8.0.0.0/8', 7)).toBeNull();
    expect(expiries.expiring('ripe', soonS + 120)).toBe(3);
  });
});
