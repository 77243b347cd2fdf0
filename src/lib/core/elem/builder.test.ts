import { describe, expect, test } from 'vitest';
import {
  ATTR_FLAG,
  batchBuffers,
  ELEM_FLAG,
  KIND,
  NONE,
  ORIGIN,
  PEER_STATE,
  SEGMENT,
  TABLE,
} from './batch.ts';
import { BatchBuilder } from './builder.ts';
import { ElemCopier } from './copier.ts';
import { pathOrigin, pathSegments } from './path.ts';
import { elemRow, elemRows } from './row.ts';
import type { AttrRow } from './attr-table.ts';

const NO_ATTRS: AttrRow = {
  flags: 0,
  origin: ORIGIN.igp,
  path: 0,
  nextHop: 0,
  med: 0,
  localPref: 0,
  aggregatorAsn: 0,
  aggregatorAddress: 0,
  otc: 0,
  communities: 0,
  extCommunities: 0,
  largeCommunities: 0,
};

const words = (...values: number[]): Uint32Array => Uint32Array.from(values);
const intern = (table: BatchBuilder['paths'], ...values: number[]): number =>
  table.intern(words(...values), 0, values.length);

/** Three elems of two messages: a rich IPv4 announcement, a VPNv4 announcement with it, a session going down. */
function fill(builder: BatchBuilder): void {
  const address = builder.addresses.intern(false, 0xc0000201, 0, 0, 0);
  const vantage = builder.vantages.intern('rrc00', address, 64496);
  const attrs = builder.attrSets.intern({
    ...NO_ATTRS,
    flags: ATTR_FLAG.med | ATTR_FLAG.aggregator | ATTR_FLAG.otc,
    path: intern(builder.paths, (SEGMENT.sequence << 8) | 2, 64496, 64497, (SEGMENT.set << 8) | 2, 1, 2),
    nextHop: builder.addresses.intern(true, 0x20010db8, 0, 0, 1),
    med: 50,
    aggregatorAsn: 64499,
    aggregatorAddress: 0xc6336401,
    otc: 64500,
    communities: intern(builder.communities, (3257 << 16) | 3150),
    extCommunities: intern(builder.extCommunities, 0x0002fde8, 100),
    largeCommunities: intern(builder.largeCommunities, 64496, 1, 2),
  });
  const prefix = builder.prefixes.intern(TABLE.ipv4, 24, 0xcb007100, 0, 0, 0);
  const vpn = builder.prefixes.internVpn(TABLE.vpnv4, 16, 0x0a010000, 0, 0, 0, 0x0000fde9, 100);
  builder.push(KIND.announce, ELEM_FLAG.first, 1_000_001, vantage, prefix, attrs, 0, 0);
  builder.push(
    KIND.announce,
    ELEM_FLAG.addPath,
    1_000_001,
    vantage,
    vpn,
    attrs,
    7,
    intern(builder.labelStacks, 1100),
  );
  builder.pushState(ELEM_FLAG.first, 2_000_000, vantage, PEER_STATE.established, PEER_STATE.idle);
}

const EXPECTED = [
  {
    kind: 'announce',
    timeUs: 1_000_001,
    collector: 'rrc00',
    peerAddress: '192.0.2.1',
    peerAsn: 64496,
    table: 'ipv4',
    prefix: '203.0.113.0/24',
    path: '64496 64497 {1,2}',
    origin: 'igp',
    nextHop: '2001:db8::1',
    med: 50,
    aggregator: { asn: 64499, address: '198.51.100.1' },
    otc: 64500,
    communities: ['3257:3150'],
    extCommunities: ['rt:65000:100'],
    largeCommunities: ['64496:1:2'],
  },
  { table: 'vpnv4', prefix: '65001:100:10.1.0.0/16', pathId: 7, labels: [1100] },
  { kind: 'state', timeUs: 2_000_000, oldState: 'established', newState: 'idle' },
];

describe('BatchBuilder', () => {
  test('takes a batch whose rows say what was pushed', () => {
    const builder = new BatchBuilder(3);
    fill(builder);
    expect(builder.isFull).toBe(true);
    expect(elemRows(builder.take())).toMatchObject(EXPECTED);
    expect(builder.length).toBe(0);
  });

  test('equal values share an index, and indexes start again after take()', () => {
    const builder = new BatchBuilder(8);
    const first = builder.prefixes.intern(TABLE.ipv6, 32, 0x20010db8, 0, 0, 0);
    expect(builder.prefixes.intern(TABLE.ipv6, 32, 0x20010db8, 0, 0, 0)).toBe(first);
    expect(builder.prefixes.intern(TABLE.ipv6, 33, 0x20010db8, 0, 0, 0)).not.toBe(first);
    const generation = builder.generation;
    builder.take();
    expect(builder.generation).not.toBe(generation);
    expect(builder.prefixes.intern(TABLE.ipv4, 8, 0x0a000000, 0, 0, 0)).toBe(0);
  });

  test('the same prefix under two route distinguishers is two keys', () => {
    const { prefixes } = new BatchBuilder(8);
    const one = prefixes.internVpn(TABLE.vpnv4, 16, 0x0a010000, 0, 0, 0, 1, 1);
    expect(prefixes.internVpn(TABLE.vpnv4, 16, 0x0a010000, 0, 0, 0, 1, 2)).not.toBe(one);
  });

  test('grows past its capacity for a message that does not fit, and past every table size', () => {
    const builder = new BatchBuilder(2);
    const vantage = builder.vantages.intern('c', 0, 1);
    for (let i = 0; i < 5000; i++) {
      const prefix = builder.prefixes.intern(TABLE.ipv4, 32, i, 0, 0, 0);
      const attrs = builder.attrSets.intern({ ...NO_ATTRS, path: intern(builder.paths, (2 << 8) | 1, i) });
      builder.push(KIND.announce, 0, i, vantage, prefix, attrs, 0, 0);
    }
    const batch = builder.take();
    expect(batch.length).toBe(5000);
    expect(batch.prefixes.length).toBe(5000);
    expect(elemRow(batch, 4999)).toMatchObject({ prefix: '0.0.19.135/32', path: '4999' });
    expect(elemRow(batch, 0)).toMatchObject({ prefix: '0.0.0.0/32', path: '0' });
  });

  test('a batch moves to another thread whole: every buffer is listed once', () => {
    const builder = new BatchBuilder(4);
    fill(builder);
    const batch = builder.take();
    const rows = elemRows(batch);
    const moved = structuredClone(batch, { transfer: batchBuffers(batch) });
    expect(batch.timeUs.length).toBe(0);
    expect(elemRows(moved)).toEqual(rows);
  });
});

describe('ElemCopier', () => {
  test('copies elems between batches, across a take() of the target', () => {
    const source = new BatchBuilder(3);
    fill(source);
    const batch = source.take();
    const target = new BatchBuilder(10);
    const copier = new ElemCopier(target);
    copier.copy(batch, 2);
    copier.copy(batch, 0, 0);
    const first = target.take();
    copier.copy(batch, 1);
    expect(elemRows(first)).toEqual([elemRow(batch, 2), elemRow(batch, 0)]);
    expect(first.flags[1]).toBe(0);
    expect(elemRows(target.take())).toEqual([elemRow(batch, 1)]);
  });
});

describe('paths', () => {
  const build = (...segments: [number, number[]][]) => {
    const builder = new BatchBuilder(1);
    const index = intern(
      builder.paths,
      ...segments.flatMap(([type, asns]) => [(type << 8) | asns.length, ...asns]),
    );
    return { paths: builder.take().paths, index };
  };
  test.each([
    ['a sequence', [[SEGMENT.sequence, [1, 2, 3]]], 3],
    [
      'a closing AS_SET has no single origin',
      [
        [SEGMENT.sequence, [1, 2]],
        [SEGMENT.set, [3, 4]],
      ],
      undefined,
    ],
    ['an empty path', [], undefined],
    ['four-byte ASNs', [[SEGMENT.sequence, [4_200_000_000]]], 4_200_000_000],
  ] as [string, [number, number[]][], number | undefined][])('origin of %s', (_name, segments, origin) => {
    const { paths, index } = build(...segments);
    expect(pathOrigin(paths, index)).toBe(origin);
    expect(pathSegments(paths, index)).toEqual(segments.map(([type, asns]) => ({ type, asns })));
  });
  test('NONE is no index a table can reach', () => {
    expect(NONE).toBe(2 ** 32 - 1);
  });
});
