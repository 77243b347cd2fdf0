import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PrefixKey } from '../prefix/prefix.ts';
import { formatPrefix, maskWord, parsePrefix } from '../prefix/prefix.ts';
import { explainOrigin, isStale, NO_ORIGIN, ROV, rovText, STALE_S, validateOrigin } from './rov.ts';
import type { VrpSet } from './vrp-set.ts';
import { coveringVrps, VrpBuilder } from './vrp-set.ts';

type Row = readonly [prefix: string, maxLength: number, asn: number];

function setOf(rows: readonly Row[]): VrpSet {
  const builder = new VrpBuilder();
  for (const [prefix, maxLength, asn] of rows) builder.add(parsePrefix(prefix), maxLength, asn);
  return builder.build();
}

function judge(set: VrpSet, prefix: string, origin: number): string {
  const key = parsePrefix(prefix);
  const { state, reason } = rovText(validateOrigin(set, key.isV6, key.bits, key.words, 0, origin));
  return reason === null ? `${state}` : `${state} ${reason}`;
}

describe('RFC 6811 §2 and RFC 6483', () => {
  const ROAS: readonly Row[] = [
    ['10.0.0.0/16', 16, 64496],
    ['192.0.2.0/24', 28, 64497],
    ['198.18.0.0/15', 32, 0],
    ['203.0.113.0/24', 24, 64498],
    ['203.0.113.0/24', 24, 64499],
    ['2001:db8::/32', 48, 64496],
    ['2001:db8:1::/48', 64, 64500],
    ['10.0.0.0/8', 8, 0],
  ];
  const set = setOf(ROAS);
  test.each([
    ['no covering VRP', '8.8.8.0/24', 64496, 'not-found'],
    ['less specific than any VRP (RFC 6483 §2: unknown)', '192.0.0.0/16', 64497, 'not-found'],
    ['exact match', '10.0.0.0/16', 64496, 'valid'],
    ['exact prefix, other AS', '10.0.0.0/16', 64511, 'invalid as'],
    ['more specific than maxLength, same AS', '10.0.1.0/24', 64496, 'invalid length'],
    ['more specific than maxLength, other AS', '10.0.1.0/24', 64511, 'invalid length'],
    ['within maxLength', '192.0.2.16/28', 64497, 'valid'],
    ['one bit beyond maxLength', '192.0.2.16/29', 64497, 'invalid length'],
    ['within maxLength, other AS', '192.0.2.0/25', 64496, 'invalid as'],
    ['one of two VRPs matches', '203.0.113.0/24', 64499, 'valid'],
    ['AS 0 VRP: nobody may originate (RFC 6483 §4)', '198.18.0.0/16', 64496, 'invalid as'],
    ['AS 0 VRP does not match AS 0 either', '198.18.0.0/15', 0, 'invalid as'],
    ['an AS 0 VRP does not spoil a more specific match', '10.0.0.0/16', 64496, 'valid'],
    ['IPv6 within maxLength', '2001:db8:2::/48', 64496, 'valid'],
    ['IPv6, two levels of covering VRPs: outer matches', '2001:db8:1::/48', 64496, 'valid'],
    ['IPv6, two levels of covering VRPs: inner matches', '2001:db8:1:2::/64', 64500, 'valid'],
    ['IPv6, beyond the outer maxLength, inner names another', '2001:db8:1:2::/64', 64496, 'invalid as'],
    ['AS_SET origin, covered (RFC 6907 §7.1.8)', '10.0.0.0/16', NO_ORIGIN, 'invalid as'],
    ['AS_SET origin, not covered (RFC 6907 §7.1.9)', '8.8.8.0/24', NO_ORIGIN, 'not-found'],
    ['IPv4 is not looked up among IPv6', '32.1.13.184/32', 64496, 'not-found'],
    ['the default route', '0.0.0.0/0', 64496, 'not-found'],
  ])('%s', (_name, prefix, origin, want) => {
    expect(judge(set, prefix, origin)).toBe(want);
  });

  test('the VRPs consulted are named, longest first, as Routinator sorts them', () => {
    const more = setOf([
      ...ROAS,
      ['192.0.2.0/24', 24, 64496],
      ['192.0.0.0/16', 18, 1],
      ['192.0.0.0/16', 24, 9],
    ]);
    const evidence = explainOrigin(more, parsePrefix('192.0.2.0/24'), 64497);
    const show = (vrps: typeof evidence.matched): string[] =>
      vrps.map((v) => `${v.prefix}-${v.maxLength} ${v.asn}`);
    expect(show(evidence.matched)).toEqual(['192.0.2.0/24-28 64497']);
    expect(show(evidence.unmatchedAs)).toEqual(['192.0.2.0/24-24 64496', '192.0.0.0/16-24 9']);
    expect(show(evidence.unmatchedLength)).toEqual(['192.0.0.0/16-18 1']);
  });
});

test.each([
  ['an hour old', 3600, false],
  ['two hours old to the second', STALE_S, false],
  ['a second more', STALE_S + 1, true],
  ['newer than the route', -86_400, false],
])('data %s', (_name, ageS, want) => {
  expect(isStale(1_753_003_893, (1_753_003_893 + ageS) * 1e6)).toBe(want);
});

test('data of unknown age are not stale', () => {
  expect(isStale(0, 1_753_003_893e6)).toBe(false);
});

/** Prefixes near each other, so that they nest and repeat. */
const prefixes = fc
  .tuple(
    fc.boolean(),
    fc.integer({ min: 0, max: 128 }),
    fc.array(fc.nat({ max: 3 }), { minLength: 4, maxLength: 4 }),
  )
  .map(([isV6, length, parts]): PrefixKey => {
    const bits = isV6 ? length : length % 33;
    const word = (w: number): number => {
      const value = (parts[w]! * 0x4000_0000 + parts[(w + 1) % 4]! * 0x0100_0001) >>> 0;
      return isV6 || w === 0 ? (value & maskWord(bits - w * 32)) >>> 0 : 0;
    };
    return { isV6, bits, words: [word(0), word(1), word(2), word(3)] };
  });

test('agrees with looking at every VRP', () => {
  const rows = fc.array(fc.tuple(prefixes, fc.nat({ max: 128 }), fc.nat({ max: 3 })), { maxLength: 60 });
  fc.assert(
    fc.property(rows, prefixes, fc.nat({ max: 3 }), (list, route, origin) => {
      const builder = new VrpBuilder();
      const vrps = list.map(([prefix, extra, asn]) => {
        const maxLength = Math.min(prefix.isV6 ? 128 : 32, prefix.bits + (extra % 9));
        builder.add(prefix, maxLength, asn);
        return { prefix, maxLength, asn };
      });
      const set = builder.build();
      const covering = vrps.filter(
        ({ prefix }) =>
          prefix.isV6 === route.isV6 &&
          prefix.bits <= route.bits &&
          prefix.words.every((word, w) => ((word ^ route.words[w]!) & maskWord(prefix.bits - w * 32)) === 0),
      );
      const long = covering.filter((vrp) => vrp.maxLength >= route.bits);
      const want =
        covering.length === 0
          ? ROV.notFound
          : long.some((vrp) => vrp.asn === origin && origin !== 0)
            ? ROV.valid
            : long.length > 0
              ? ROV.invalidAs
              : ROV.invalidLength;
      expect(validateOrigin(set, route.isV6, route.bits, route.words, 0, origin)).toBe(want);
      const name = (v: { prefix: string; maxLength: number; asn: number }): string =>
        `${v.prefix} ${v.maxLength} ${v.asn}`;
      const wanted = covering.map((v) =>
        name({ ...v, prefix: formatPrefix(v.prefix.isV6, v.prefix.bits, v.prefix.words) }),
      );
      expect(coveringVrps(set, route).map(name).sort()).toEqual([...new Set(wanted)].sort());
    }),
    { numRuns: 500 },
  );
});
