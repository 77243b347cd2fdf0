import { expect, test } from 'vitest';
import { BgpError } from '../error.ts';
import { parseAddress } from '../prefix/address.ts';
import { parsePrefix } from '../prefix/prefix.ts';
import type { ElemBatch } from './batch.ts';
import { ELEM_FLAG, KIND, NONE, SEGMENT } from './batch.ts';
import { BatchBuilder } from './builder.ts';
import { compileFilter, filterBatch, parseFilter } from './filter.ts';
import { elemRows } from './row.ts';

/** A message of three announcements and two withdrawals, one IPv6 announcement, one withdrawal, one state change. */
function sample(): ElemBatch {
  const builder = new BatchBuilder();
  const vantage = (collector: string, peer: string, asn: number) => {
    const { isV6, words } = parseAddress(peer);
    return builder.vantages.intern(collector, builder.addresses.intern(isV6, ...words), asn);
  };
  const prefix = (text: string) => {
    const { isV6, bits, words } = parsePrefix(text);
    return builder.prefixes.intern(isV6 ? 1 : 0, bits, ...words);
  };
  const attrs = (...asns: number[]) =>
    builder.attrSets.intern({
      flags: 0, origin: 0, nextHop: 0, med: 0, localPref: 0, aggregatorAsn: 0, aggregatorAddress: 0, otc: 0,
      path: builder.paths.intern(Uint32Array.of((SEGMENT.sequence << 8) | asns.length, ...asns), 0, asns.length + 1),
      communities: 0, extCommunities: 0, largeCommunities: 0,
    }); // prettier-ignore
  const a = vantage('rrc00', '192.0.2.1', 3333);
  const b = vantage('rrc01', '2001:db8::1', 6939);
  const path = attrs(3333, 3356, 17557);
  builder.push(KIND.withdraw, ELEM_FLAG.first, 1e6, a, prefix('10.0.0.0/8'), NONE, 0, 0);
  builder.push(KIND.withdraw, 0, 1e6, a, prefix('198.51.100.0/24'), NONE, 0, 0);
  builder.push(KIND.announce, 0, 1e6, a, prefix('10.1.0.0/16'), path, 0, 0);
  builder.push(KIND.announce, 0, 1e6, a, prefix('10.1.2.0/24'), path, 0, 0);
  builder.push(KIND.announce, 0, 1e6, a, prefix('203.0.113.0/24'), path, 0, 0);
  builder.push(KIND.announce, ELEM_FLAG.first, 2e6, b, prefix('2001:db8::/32'), attrs(6939, 64500), 0, 0);
  builder.push(KIND.withdraw, ELEM_FLAG.first, 3e6, b, prefix('10.1.2.0/24'), NONE, 0, 0);
  builder.pushState(ELEM_FLAG.first, 4e6, a, 6, 1);
  return builder.take();
}

test.each([
  ['an empty filter lets all through', {}, [0, 1, 2, 3, 4, 5, 6, 7]],
  ['a collector', { collectors: ['rrc01'] }, [5, 6]],
  ['a peer in another spelling', { peers: ['2001:DB8:0::0:1'] }, [5, 6]],
  ['a kind', { kinds: ['state'] }, [7]],
  ['a table drops state changes', { tables: ['ipv6'] }, [5]],
  ['a prefix and what it covers', { prefixes: ['10.1.0.0/16'] }, [2, 3, 6]],
  ['a prefix alone', { prefixes: ['10.1.0.0/16'], moreSpecific: false }, [2]],
  [
    'a prefix and what covers it',
    { prefixes: ['10.1.0.0/16'], moreSpecific: false, lessSpecific: true },
    [0, 2],
  ],
  ['a prefix with host bits', { prefixes: ['10.1.2.3/16'] }, [2, 3, 6]],
  ['an ASN on the path', { asns: [17557] }, [2, 3, 4]],
  ['an ASN as the peer keeps its withdrawals', { asns: [3333] }, [0, 1, 2, 3, 4, 7]],
  ['members are ANDed', { asns: [3333], prefixes: ['10.0.0.0/8'], kinds: ['announce'] }, [2, 3]],
  ['values are ORed', { prefixes: ['203.0.113.0/24', '2001:db8::/16'] }, [4, 5]],
  ['nothing', { collectors: ['rrc99'] }, []],
])('%s', (_name, filter, want) => {
  const batch = sample();
  const matcher = compileFilter(parseFilter(filter));
  const passing = Array.from({ length: batch.length }, (_, i) => i).filter((i) => matcher.matches(batch, i));
  expect(passing).toEqual(want);
  const rows = elemRows(batch);
  const kept = filterBatch(batch, matcher);
  expect(kept ? elemRows(kept) : []).toEqual(want.map((i) => rows[i]));
});

test('each message kept begins once', () => {
  const batch = sample();
  const kept = filterBatch(batch, compileFilter({ prefixes: ['10.0.0.0/8'] }));
  expect(Array.from(kept!.flags)).toEqual([1, 0, 0, 1]);
  const late = filterBatch(batch, compileFilter({ kinds: ['announce'] }));
  expect(Array.from(late!.flags)).toEqual([1, 0, 0, 1]);
});

test('answers are not carried from one batch to the next', () => {
  const matcher = compileFilter({ collectors: ['rrc01'] });
  const first = sample();
  const only = filterBatch(first, matcher)!;
  expect([matcher.matches(first, 0), matcher.matches(only, 0), matcher.matches(first, 0)]).toEqual([
    false,
    true,
    false,
  ]);
});

test('equal filters have equal JSON', () => {
  const one = { asns: [2, 1, 2], prefixes: ['2001:DB8::1/32', '10.0.0.0/8'], moreSpecific: true, peers: [] };
  const two = { prefixes: ['10.9.9.9/8', '2001:db8::/32'], lessSpecific: false, asns: [1, 2] };
  expect(JSON.stringify(parseFilter(one))).toBe(JSON.stringify(parseFilter(two)));
  expect(parseFilter(parseFilter(one))).toEqual(parseFilter(one));
  expect(parseFilter({ moreSpecific: false })).toEqual({});
});

test.each([
  ['null', null],
  ['a list', []],
  ['an unknown member', { prefix: ['10.0.0.0/8'] }],
  ['a bad prefix', { prefixes: ['10.0.0.0/33'] }],
  ['a prefix that is no text', { prefixes: [10] }],
  ['a list that is none', { asns: 3333 }],
  ['a bad ASN', { asns: [4294967296] }],
  ['an ASN as text', { asns: ['3333'] }],
  ['an unknown kind', { kinds: ['update'] }],
  ['an unknown table', { tables: ['evpn'] }],
  ['a flag that is none', { moreSpecific: 1 }],
  ['an endless name', { collectors: ['x'.repeat(256)] }],
  ['too many ASNs', { asns: Array.from({ length: 1001 }, (_, i) => i) }],
])('%s is refused', (_name, value) => {
  expect(() => parseFilter(value)).toThrow(BgpError);
  expect(() => parseFilter(value)).toThrow(/FILTER_BAD/);
});
