import { describe, expect, test } from 'vitest';
import { ELEM_FLAG, KIND, NONE } from './batch.ts';
import { BgpdumpLines, formatBgpdump } from './bgpdump.ts';
import { BatchBuilder } from './builder.ts';
import type { ElemRow } from './row.ts';
import { elemRow } from './row.ts';

/** Expected lines are what Debian's bgpdump 1.6.2 printed with -m for records made with these values. */
const row: ElemRow = {
  kind: 'announce',
  timeUs: 1600000000_000000,
  collector: 'rrc00',
  peerAddress: '192.0.2.1',
  peerAsn: 64500,
  table: 'ipv4',
  prefix: '203.0.113.0/24',
  path: '64500 3356',
  origin: 'igp',
  nextHop: '192.0.2.1',
};
const { path: _path, origin: _origin, nextHop: _nextHop, ...bare } = row;

describe('announcements', () => {
  test.each([
    ['plain', {}, 'BGP4MP|1600000000|A|192.0.2.1|64500|203.0.113.0/24|64500 3356|IGP|192.0.2.1|0|0||NAG||'],
    [
      'well-known communities by bgpdump’s names',
      { communities: ['65535:65281', '65535:65282', '65535:65283', '65535:65284', '65535:666', '64500:1'] },
      'BGP4MP|1600000000|A|192.0.2.1|64500|203.0.113.0/24|64500 3356|IGP|192.0.2.1|0|0|no-export no-advertise local-AS 65535:65284 65535:666 64500:1|NAG||',
    ],
    [
      'BGP4MP_ET with local preference, MED and aggregator',
      {
        timeUs: 1600000000_000042,
        extendedTime: true,
        localPref: 200,
        med: 50,
        atomicAggregate: true,
        aggregator: { asn: 64501, address: '10.0.0.1' },
      },
      'BGP4MP_ET|1600000000.000042|A|192.0.2.1|64500|203.0.113.0/24|64500 3356|IGP|192.0.2.1|200|50||AG|64501 10.0.0.1|',
    ],
    [
      'BGP4MP_ET on the full second',
      { extendedTime: true },
      'BGP4MP_ET|1600000000.000000|A|192.0.2.1|64500|203.0.113.0/24|64500 3356|IGP|192.0.2.1|0|0||NAG||',
    ],
    [
      'no large or extended communities, no OTC',
      { largeCommunities: ['64500:1:2'], extCommunities: ['rt:65000:100'], otc: 3356 },
      'BGP4MP|1600000000|A|192.0.2.1|64500|203.0.113.0/24|64500 3356|IGP|192.0.2.1|0|0||NAG||',
    ],
    [
      'ADD-PATH',
      { pathId: 0 },
      'BGP4MP_AP|1600000000|A|192.0.2.1|64500|203.0.113.0/24|0|64500 3356|IGP|192.0.2.1|0|0||NAG||',
    ],
    [
      'ADD-PATH with microseconds',
      { pathId: 7, timeUs: 1600000000_000005, extendedTime: true },
      'BGP4MP_ET_AP|1600000000.000005|A|192.0.2.1|64500|203.0.113.0/24|7|64500 3356|IGP|192.0.2.1|0|0||NAG||',
    ],
    [
      'an empty path, EGP',
      { path: '', origin: 'egp' },
      'BGP4MP|1600000000|A|192.0.2.1|64500|203.0.113.0/24||EGP|192.0.2.1|0|0||NAG||',
    ],
    [
      'no ORIGIN, no next hop',
      { origin: undefined, nextHop: undefined },
      'BGP4MP|1600000000|A|192.0.2.1|64500|203.0.113.0/24|64500 3356|INCOMPLETE|255.255.255.255|0|0||NAG||',
    ],
    [
      'milliseconds of RIS Live, which has no record type',
      { timeUs: 1600000000_670000 },
      'BGP4MP_ET|1600000000.670000|A|192.0.2.1|64500|203.0.113.0/24|64500 3356|IGP|192.0.2.1|0|0||NAG||',
    ],
  ])('%s', (_name, members, want) => {
    expect(formatBgpdump({ ...row, ...(members as Partial<ElemRow>) })).toBe(want);
  });
});

test.each([
  ['withdrawal', { ...bare, kind: 'withdraw' }, 'BGP4MP|1600000000|W|192.0.2.1|64500|203.0.113.0/24'],
  [
    'withdrawal of a path',
    { ...bare, kind: 'withdraw', pathId: 7 },
    'BGP4MP_AP|1600000000|W|192.0.2.1|64500|203.0.113.0/24|7',
  ],
  [
    'state change',
    { ...bare, kind: 'state', oldState: 'established', newState: 'idle' },
    'BGP4MP|1600000000|STATE|192.0.2.1|64500|6|1',
  ],
  [
    'state change with microseconds',
    {
      ...bare,
      kind: 'state',
      timeUs: 1600000000_000099,
      extendedTime: true,
      oldState: 'established',
      newState: 'idle',
    },
    'BGP4MP_ET|1600000000.000099|STATE|192.0.2.1|64500|6|1',
  ],
  [
    'table entry',
    { ...row, kind: 'rib', communities: ['65535:65281'] },
    'TABLE_DUMP2|1600000000|B|192.0.2.1|64500|203.0.113.0/24|64500 3356|IGP|192.0.2.1|0|0|no-export|NAG||',
  ],
  [
    'table entry of TABLE_DUMP',
    { ...row, kind: 'rib', tableDumpV1: true },
    'TABLE_DUMP|1600000000|B|192.0.2.1|64500|203.0.113.0/24|64500 3356|IGP|192.0.2.1|0|0||NAG||',
  ],
  [
    'table entry of a path',
    { ...row, kind: 'rib', pathId: 77 },
    'TABLE_DUMP2_AP|1600000000|B|192.0.2.1|64500|203.0.113.0/24|77|64500 3356|IGP|192.0.2.1|0|0||NAG||',
  ],
  [
    'VPN announcement, our addition',
    {
      ...row,
      table: 'vpnv4',
      prefix: '172.16.0.1:11:10.1.0.0/24',
      labels: [299872, 3],
      extCommunities: ['rt:65000:1', 'soo:65000:1'],
    },
    'BGP4MP|1600000000|A|192.0.2.1|64500|172.16.0.1:11:10.1.0.0/24|64500 3356|IGP|192.0.2.1|0|0||NAG||299872/3|rt:65000:1 soo:65000:1|',
  ],
])('%s', (_name, members, want) => {
  expect(formatBgpdump(members as ElemRow)).toBe(want);
});

test.each([
  ['2001:db8:0:1:1:1:1:1/128', '2001:db8::1:1:1:1:1/128'],
  ['0:1:1:1:1:1:1:1/128', '::1:1:1:1:1:1:1/128'],
  ['1:1:1:1:1:1:1:0/128', '1:1:1:1:1:1:1::/128'],
  ['1:0:1:1:0:1:1:1/128', '1::1:1:0:1:1:1/128'],
  ['1:0:1::1:1:1/128', '1:0:1::1:1:1/128'],
  ['10:10:10:10:10:10:10:10/128', '10:10:10:10:10:10:10:10/128'],
  ['::c000:201/128', '::192.0.2.1/128'],
  ['::2:0/128', '::0.2.0.0/128'],
  ['::1/128', '::1/128'],
  ['::ffff:1.2.3.4/128', '::ffff:1.2.3.4/128'],
  ['64:ff9b::102:304/128', '64:ff9b::102:304/128'],
])('the prefix %s is written %s', (prefix, want) => {
  expect(formatBgpdump({ ...bare, kind: 'withdraw', table: 'ipv6', prefix })).toBe(
    `BGP4MP|1600000000|W|192.0.2.1|64500|${want}`,
  );
});

test('lines straight from a batch are the lines of its rows', () => {
  const builder = new BatchBuilder();
  const vantage = builder.vantages.intern(
    'rrc00',
    builder.addresses.intern(true, 0x2001_07f8, 0x30, 0x2_0001, 0x2100),
    8447,
  );
  const v4 = builder.prefixes.intern(0, 24, 0xcb00_7100, 0, 0, 0);
  const vpn = builder.prefixes.internVpn(2, 24, 0xcb00_7100, 0, 0, 0, 65000, 1);
  const path = builder.paths.intern(Uint32Array.of((2 << 8) | 2, 1, 2), 0, 3);
  const none = {
    flags: 0,
    origin: 0,
    nextHop: 0,
    med: 0,
    localPref: 0,
    aggregatorAsn: 0,
    aggregatorAddress: 0,
    otc: 0,
  };
  const lists = { communities: 0, extCommunities: 0, largeCommunities: 0 };
  const attrs = builder.attrSets.intern({ ...none, ...lists, path });
  builder.push(KIND.announce, ELEM_FLAG.first, 1e15, vantage, v4, attrs, 0, 0);
  builder.push(KIND.announce, ELEM_FLAG.addPath, 1e15 + 1, vantage, v4, attrs, 5, 0);
  builder.push(KIND.withdraw, ELEM_FLAG.extendedTime, 1e15, vantage, v4, NONE, 0, 0);
  builder.push(KIND.rib, ELEM_FLAG.tableDumpV1, 1e15, vantage, v4, attrs, 0, 0);
  builder.push(
    KIND.announce,
    0,
    1e15,
    vantage,
    vpn,
    attrs,
    0,
    builder.labelStacks.intern(Uint32Array.of(16), 0, 1),
  );
  builder.pushState(0, 1e15, vantage, 6, 1);
  const batch = builder.take();
  const lines = new BgpdumpLines();
  for (let i = 0; i < batch.length; i++) {
    expect(lines.line(batch, i)).toBe(formatBgpdump(elemRow(batch, i)));
  }
});
