import { describe, expect, test } from 'vitest';
import type { ElemRow } from '../elem/row.ts';
import { elemRows } from '../elem/row.ts';
import { BatchBuilder } from '../elem/builder.ts';
import type { UpdateContext } from './update.ts';
import { UpdateDecoder } from './update.ts';

/** Hex, white space ignored. */
function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/\s/g, '').match(/../g) ?? [], (octet) => parseInt(octet, 16));
}

const u16 = (value: number): string => value.toString(16).padStart(4, '0');
/** One attribute from flags, type and value in hex. */
const attribute = (flags: string, type: number, value: string): string => {
  const bytes = value.replace(/\s/g, '').length / 2;
  return `${flags}${type.toString(16).padStart(2, '0')}${bytes.toString(16).padStart(2, '0')}${value}`;
};
/** UPDATE body from the hex of its three parts. */
const body = (withdrawn: string, attributes: string, nlri: string): Uint8Array => {
  const bytes = (text: string): string => u16(text.replace(/\s/g, '').length / 2);
  return hex(`${bytes(withdrawn)}${withdrawn}${bytes(attributes)}${attributes}${nlri}`);
};

const ORIGIN = attribute('40', 1, '00');
const PATH = attribute('40', 2, '0202 0000fde9 0000fdea');
const NEXT_HOP = attribute('40', 3, 'c0000201');
const GOOD = ORIGIN + PATH + NEXT_HOP;
const NLRI = '18 c63364';

const REST = { as4: true, addPath: false, internal: false };

function decode(bytes: Uint8Array, context: Partial<UpdateContext> = {}, multicast = false) {
  const builder = new BatchBuilder();
  const vantage = builder.vantages.intern(
    'rrc00',
    builder.addresses.intern(false, 0xc0000209, 0, 0, 0),
    65001,
  );
  const decoder = new UpdateDecoder(builder, { multicast });
  decoder.decodeBody(bytes, 0, bytes.length, { timeUs: 1e15, vantage, flags: 0, ...REST, ...context });
  return { rows: elemRows(builder.take()), stats: decoder.stats };
}

/** What matters of a row in most tables here. */
const brief = (row: ElemRow): string =>
  `${row.kind} ${row.prefix}${row.treatAsWithdraw ? ' (malformed)' : ''}`;

describe('a plain UPDATE (RFC 4271)', () => {
  test('withdrawals come first, announcements share the attributes', () => {
    const { rows } = decode(body('10 0a01', GOOD + attribute('80', 4, '00000064'), '18 c63364 00'));
    expect(rows.map(brief)).toEqual([
      'withdraw 10.1.0.0/16',
      'announce 198.51.100.0/24',
      'announce 0.0.0.0/0',
    ]);
    expect(rows[1]).toMatchObject({ path: '65001 65002', origin: 'igp', nextHop: '192.0.2.1', med: 100 });
  });

  test('host bits are masked, so that equal prefixes are equal', () => {
    const { rows } = decode(body('', GOOD, '14 c633ff 0a 7fff'));
    expect(rows.map((row) => row.prefix)).toEqual(['198.51.240.0/20', '127.192.0.0/10']);
  });

  test('sets and confederation segments keep their kind', () => {
    const path = attribute('40', 2, '0301 0000ff00 0201 0000fde9 0102 0000fdea 0000fdeb 0401 0000ff01');
    expect(decode(body('', ORIGIN + path + NEXT_HOP, NLRI)).rows[0]?.path).toBe(
      '(65280) 65001 {65002,65003} [65281]',
    );
  });

  test('a segment longer than 255 ASNs never arises: two follow each other', () => {
    const asns = '0000fde9'.repeat(255);
    const bytes = (2 * (2 + 255 * 4)).toString(16).padStart(4, '0');
    const { rows } = decode(body('', `${ORIGIN}5002${bytes}02ff${asns}02ff${asns}${NEXT_HOP}`, NLRI));
    expect(rows[0]?.path?.split(' ')).toHaveLength(510);
  });

  test.each([
    ['empty UPDATE', ''],
    ['empty MP_UNREACH, IPv6 unicast', attribute('80', 15, '000201')],
    ['empty MP_UNREACH, VPN-IPv4', attribute('80', 15, '000180')],
  ])('End-of-RIB (RFC 4724): %s', (_name, attributes) => {
    const { rows, stats } = decode(body('', attributes, ''));
    expect(rows).toEqual([]);
    expect(stats.endOfRib).toBe(1);
  });
});

describe('communities and other optional attributes', () => {
  test.each([
    [
      'COMMUNITIES (RFC 1997)',
      attribute('c0', 8, 'fde90001 ffffff01'),
      { communities: ['65001:1', '65535:65281'] },
    ],
    [
      'EXTENDED COMMUNITIES (RFC 4360)',
      attribute('c0', 16, '0002fde900000064'),
      { extCommunities: ['rt:65001:100'] },
    ],
    [
      'LARGE_COMMUNITY (RFC 8092)',
      attribute('c0', 32, '0000fde9 00000001 00000002'),
      { largeCommunities: ['65001:1:2'] },
    ],
    ['OTC (RFC 9234)', attribute('c0', 35, '0000fde9'), { otc: 65001 }],
    ['LOCAL_PREF', attribute('40', 5, '000000c8'), { localPref: 200 }],
    ['ATOMIC_AGGREGATE', attribute('40', 6, ''), { atomicAggregate: true }],
    [
      'AGGREGATOR',
      attribute('c0', 7, '0000fde9 c0000263'),
      { aggregator: { asn: 65001, address: '192.0.2.99' } },
    ],
    ['an attribute nobody knows', attribute('c0', 99, 'dead'), { path: '65001 65002' }],
    ['extended length though short', '50050004000000c8', { localPref: 200 }],
  ])('%s', (_name, extra, want) => {
    const { rows, stats } = decode(body('', GOOD + extra, NLRI));
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ kind: 'announce', ...want });
    expect(stats.treatAsWithdraw + stats.attributesDiscarded).toBe(0);
  });

  test('IPv6 address specific extended communities (RFC 5701) are counted', () => {
    const { stats } = decode(body('', GOOD + attribute('c0', 25, '00'.repeat(20)), NLRI));
    expect(stats.ipv6ExtCommunities).toBe(1);
  });
});

describe('RFC 7606: what a malformed attribute does', () => {
  const internal = { internal: true };
  test.each([
    ['§7.1 ORIGIN of 2 octets', attribute('40', 1, '0000') + PATH + NEXT_HOP, {}],
    ['§7.1 ORIGIN 3', attribute('40', 1, '03') + PATH + NEXT_HOP, {}],
    ['§7.2 AS_PATH with segment type 5', ORIGIN + attribute('40', 2, '0501 0000fde9') + NEXT_HOP, {}],
    ['§7.2 AS_PATH segment overruns', ORIGIN + attribute('40', 2, '0202 0000fde9') + NEXT_HOP, {}],
    ['§7.2 AS_PATH with one octet left', ORIGIN + attribute('40', 2, '0201 0000fde9 02') + NEXT_HOP, {}],
    ['§7.2 AS_PATH segment of length 0', ORIGIN + attribute('40', 2, '0200') + NEXT_HOP, {}],
    ['§7.3 NEXT_HOP of 3 octets', ORIGIN + PATH + attribute('40', 3, 'c00002'), {}],
    ['§7.4 MED of 3 octets', GOOD + attribute('80', 4, '000064'), {}],
    ['§7.5 LOCAL_PREF of 3 octets, internal', GOOD + attribute('40', 5, '000064'), internal],
    ['§7.8 COMMUNITIES of 5 octets', GOOD + attribute('c0', 8, 'fde9000100'), {}],
    ['§7.8 COMMUNITIES of 0 octets', GOOD + attribute('c0', 8, ''), {}],
    ['§7.9 ORIGINATOR_ID of 3 octets, internal', GOOD + attribute('80', 9, '000000'), internal],
    ['§7.10 CLUSTER_LIST of 0 octets, internal', GOOD + attribute('80', 10, ''), internal],
    ['§7.14 EXTENDED COMMUNITIES of 7 octets', GOOD + attribute('c0', 16, '0002fde9000000'), {}],
    ['§7.15 IPv6 extended communities of 19 octets', GOOD + attribute('c0', 25, '00'.repeat(19)), {}],
    ['RFC 8092 §5 LARGE_COMMUNITY of 13 octets', GOOD + attribute('c0', 32, '00'.repeat(13)), {}],
    ['RFC 9234 §5 OTC of 3 octets', GOOD + attribute('c0', 35, '000001'), {}],
    ['§3c ORIGIN flagged optional', attribute('c0', 1, '00') + PATH + NEXT_HOP, {}],
    ['§3c COMMUNITIES flagged non-transitive', GOOD + attribute('80', 8, 'fde90001'), {}],
    ['§3d no ORIGIN', PATH + NEXT_HOP, {}],
    ['§3d no AS_PATH', ORIGIN + NEXT_HOP, {}],
    ['§3d no NEXT_HOP', ORIGIN + PATH, {}],
    ['§4 last attribute overruns', `${GOOD}c00808fde90001`, {}],
    ['§4 two octets left', `${GOOD}c008`, {}],
  ])('treat-as-withdraw: %s', (_name, attributes, context) => {
    const { rows, stats } = decode(body('10 0a01', attributes, NLRI), context);
    expect(rows.map(brief)).toEqual(['withdraw 10.1.0.0/16', 'withdraw 198.51.100.0/24 (malformed)']);
    expect(stats.treatAsWithdraw).toBe(1);
  });

  test.each([
    ['§7.5 LOCAL_PREF of 3 octets, external', attribute('40', 5, '000064')],
    ['§7.6 ATOMIC_AGGREGATE of 1 octet', attribute('40', 6, '00')],
    ['§7.7 AGGREGATOR of 6 octets on a four-octet session', attribute('c0', 7, 'fde9 c0000263')],
    ['§7.9 ORIGINATOR_ID of 3 octets, external', attribute('80', 9, '000000')],
    ['§7.10 CLUSTER_LIST of 5 octets, external', attribute('80', 10, '0000000000')],
    ['§3g ORIGIN again', attribute('40', 1, '02')],
    ['RFC 6793 §4.1 AS4_PATH on a four-octet session', attribute('c0', 17, '0201 0000fde9')],
    ['§3c ATOMIC_AGGREGATE flagged optional', attribute('c0', 6, '')],
  ])('attribute discard: %s', (_name, extra) => {
    const { rows, stats } = decode(body('', GOOD + extra, NLRI));
    expect(rows.map(brief)).toEqual(['announce 198.51.100.0/24']);
    expect(rows[0]).not.toHaveProperty('localPref');
    expect(rows[0]).not.toHaveProperty('aggregator');
    expect(rows[0]).not.toHaveProperty('atomicAggregate');
    expect(rows[0]?.origin).toBe('igp');
    expect(stats.attributesDiscarded).toBe(1);
  });

  test.each([
    ['§5.3 IPv4 prefix of 33 bits', body('', GOOD, '21 c633640000'), 'BGP_BAD_NLRI'],
    ['§5.3 last prefix overruns', body('', GOOD, '18 c633'), 'BGP_BAD_NLRI'],
    ['withdrawn prefix overruns', body('18 c633', '', ''), 'BGP_BAD_NLRI'],
    [
      '§7.11 next hop of 5 octets',
      body('', attribute('80', 14, '000201 05 0000000000 00 00'), ''),
      'BGP_BAD_NLRI',
    ],
    ['§7.11 next hop overruns', body('', attribute('80', 14, '000201 10 2001'), ''), 'BGP_BAD_NLRI'],
    ['§7.12 MP_UNREACH of 2 octets', body('', attribute('80', 15, '0002'), ''), 'BGP_BAD_NLRI'],
    ['§3g MP_UNREACH twice', body('', attribute('80', 15, '000201').repeat(2), ''), 'BGP_BAD_ATTRIBUTE'],
    ['withdrawn length overruns', hex('0005 18c633'), 'BGP_BAD_LENGTH'],
    ['attribute length overruns', hex('0000 0010 400101'), 'BGP_BAD_LENGTH'],
    ['three octets', hex('000000'), 'BGP_BAD_LENGTH'],
  ])('nothing can be saved: %s', (_name, bytes, code) => {
    expect(() => decode(bytes)).toThrow(expect.objectContaining({ code }));
  });

  test('a bad NLRI field leaves no elem of its message behind', () => {
    const builder = new BatchBuilder();
    const decoder = new UpdateDecoder(builder);
    const bytes = body('10 0a01', GOOD, '21 c633640000');
    const context = { timeUs: 0, vantage: 0, flags: 0, ...REST };
    expect(() => decoder.decodeBody(bytes, 0, bytes.length, context)).toThrow();
    expect(builder.length).toBe(0);
  });
});

describe('four-octet ASNs on a two-octet session (RFC 6793 §4.2.3)', () => {
  const as2 = { as4: false };
  const aggregator = (asn: string): string => attribute('c0', 7, `${asn} c0000263`);
  const as4Aggregator = attribute('c0', 18, '00030000 c0000207');
  test.each([
    ['AS4_PATH replaces AS_TRANS', '0203 fde9 5ba0 5ba0', '0202 00030001 00030002', '65001 196609 196610'],
    ['AS4_PATH as long as AS_PATH', '0202 5ba0 5ba0', '0202 00030001 00030002', '196609 196610'],
    ['AS4_PATH longer than AS_PATH: ignored', '0201 5ba0', '0202 00030001 00030002', '23456'],
    [
      'a set counts as one',
      '0202 fde9 5ba0 0102 fdea fdeb',
      '0201 00030001 0102 0000fdea 0000fdeb',
      '65001 196609 {65002,65003}',
    ],
    [
      'confederations lead and do not count',
      '0301 ff00 0202 fde9 5ba0',
      '0201 00030001',
      '(65280) 65001 196609',
    ],
    [
      'confederations in AS4_PATH are dropped',
      '0202 fde9 5ba0',
      '0301 0000ff00 0201 00030001',
      '65001 196609',
    ],
    ['malformed AS4_PATH: discarded', '0202 fde9 5ba0', '0202 00030001', '65001 23456'],
  ])('%s', (_name, path, path4, want) => {
    const attributes = ORIGIN + attribute('40', 2, path) + NEXT_HOP + attribute('c0', 17, path4);
    expect(decode(body('', attributes, NLRI), as2).rows[0]?.path).toBe(want);
  });

  test.each([
    ['AGGREGATOR is AS_TRANS: AS4_AGGREGATOR counts', '5ba0', 196608, '65001 196609'],
    ['AGGREGATOR is a real AS: both AS4_ attributes are void', 'fdea', 65002, '65001 23456'],
  ])('%s', (_name, asn, wantAsn, wantPath) => {
    const path = attribute('40', 2, '0202 fde9 5ba0') + attribute('c0', 17, '0201 00030001');
    const { rows } = decode(body('', ORIGIN + path + NEXT_HOP + aggregator(asn) + as4Aggregator, NLRI), as2);
    expect(rows[0]?.aggregator?.asn).toBe(wantAsn);
    expect(rows[0]?.path).toBe(wantPath);
  });
});

describe('multiprotocol NLRI (RFC 4760)', () => {
  const V6 = '20010db8000000000000000000000001';
  const LINK_LOCAL = 'fe800000000000000000000000000001';
  const reach = (value: string): string => ORIGIN + PATH + attribute('80', 14, value);

  test('IPv6 with a global and a link-local next hop keeps the global one', () => {
    const { rows } = decode(body('', reach(`000201 20 ${V6}${LINK_LOCAL} 00 30 20010db80001`), ''));
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ table: 'ipv6', prefix: '2001:db8:1::/48', nextHop: '2001:db8::1' });
  });

  test('IPv4 NLRI with an IPv6 next hop (RFC 8950)', () => {
    const { rows } = decode(body('', reach(`000101 10 ${V6} 00 ${NLRI}`), ''));
    expect(rows[0]).toMatchObject({ table: 'ipv4', prefix: '198.51.100.0/24', nextHop: '2001:db8::1' });
  });

  test('both kinds of NLRI in one message, each with its next hop; one message', () => {
    const { rows } = decode(
      body('', `${GOOD}${attribute('80', 14, `000201 10 ${V6} 00 20 20010db8`)}`, NLRI),
      {},
    );
    expect(rows.map((row) => [row.prefix, row.nextHop])).toEqual([
      ['198.51.100.0/24', '192.0.2.1'],
      ['2001:db8::/32', '2001:db8::1'],
    ]);
  });

  test('MP_REACH needs no NEXT_HOP but the other mandatory attributes', () => {
    const { rows } = decode(body('', ORIGIN + attribute('80', 14, `000201 10 ${V6} 00 20 20010db8`), ''));
    expect(rows.map(brief)).toEqual(['withdraw 2001:db8::/32 (malformed)']);
  });

  test.each([
    ['multicast IPv4', '000102 04 c0000201 00', 0x0102],
    ['EVPN', '001946 04 c0000201 00', 0x1946],
    ['flow specification', '000185 00 00', 0x0185],
  ])('%s is counted, not decoded', (_name, value, family) => {
    const { rows, stats } = decode(body('', reach(`${value} 18 c63364`), ''));
    expect(rows).toEqual([]);
    expect([...stats.unsupportedFamilies]).toEqual([[family, 1]]);
  });

  test('multicast on request, flagged apart from unicast', () => {
    const { rows } = decode(body('', reach(`000102 04 c0000201 00 ${NLRI}`), ''), {}, true);
    expect(rows.map(brief)).toEqual(['announce 198.51.100.0/24']);
  });

  test('counted families are bounded', () => {
    const builder = new BatchBuilder();
    const decoder = new UpdateDecoder(builder);
    for (let safi = 0; safi < 256; safi++) {
      const bytes = body('', attribute('80', 15, `4001${safi.toString(16).padStart(2, '0')}`), '');
      decoder.decodeBody(bytes, 0, bytes.length, { timeUs: 0, vantage: 0, flags: 0, ...REST });
    }
    expect(decoder.stats.unsupportedFamilies.size).toBe(65);
    expect(decoder.stats.unsupportedFamilies.get(-1)).toBe(192);
  });
});

describe('ADD-PATH (RFC 7911)', () => {
  test('path identifiers of both directions', () => {
    const { rows } = decode(body('00000007 10 0a01', GOOD, `0000002a ${NLRI}`), { addPath: true });
    expect(rows.map((row) => [row.prefix, row.pathId])).toEqual([
      ['10.1.0.0/16', 7],
      ['198.51.100.0/24', 42],
    ]);
  });

  test('path identifiers nobody announced: the reading that parses wins and is counted', () => {
    const { rows, stats } = decode(body('', GOOD, `ffffff01 ${NLRI}`));
    expect(rows[0]).toMatchObject({ prefix: '198.51.100.0/24', pathId: 0xffffff01 });
    expect(stats.addPathGuesses).toBe(1);
  });
});

describe('VPN (RFC 4364, RFC 8277)', () => {
  const RD = '0000fde900000064';
  const NEXT = '0c 0000000000000000 0a0000ff 00';
  const announce = (nlri: string, family = '000180', nextHop = NEXT) =>
    decode(body('', ORIGIN + PATH + attribute('80', 14, `${family}${nextHop}${nlri}`), '')).rows[0];
  const withdraw = (nlri: string) => decode(body('', attribute('80', 15, `000180${nlri}`), '')).rows[0];

  test.each([
    ['one label', `68 00044d ${RD} 0a01`, [68]],
    ['two labels, bottom of stack last', `80 000440 000641 ${RD} 0a01`, [68, 100]],
    ['label 0x000000, as FRR sends it: unknown', `68 000000 ${RD} 0a01`, undefined],
    ['label 0x800000: unknown', `68 800000 ${RD} 0a01`, undefined],
  ])('announcement with %s', (_name, nlri, labels) => {
    const row = announce(nlri);
    expect(row).toMatchObject({ table: 'vpnv4', prefix: '65001:100:10.1.0.0/16', nextHop: '10.0.0.255' });
    expect(row?.labels).toEqual(labels);
  });

  test.each([
    ['0x800000 (RFC 8277 §2.4)', '800000'],
    ['0x000000, as FRR', '000000'],
    ['the real label, as GoBGP', '00044d'],
  ])('withdrawal with label %s has the same key', (_name, label) => {
    const row = withdraw(`68 ${label} ${RD} 0a01`);
    expect(row).toMatchObject({ kind: 'withdraw', prefix: '65001:100:10.1.0.0/16' });
    expect(row).not.toHaveProperty('labels');
  });

  test('VPN-IPv6, RD of type 1, next hop behind an RD', () => {
    const next = '18 0000000000000000 20010db80000000000000000000000ff 00';
    const row = announce('88 00044d 0001c00002010007 20010db80001', '000280', next);
    expect(row).toMatchObject({
      table: 'vpnv6',
      prefix: '192.0.2.1:7:2001:db8:1::/48',
      nextHop: '2001:db8::ff',
    });
  });

  test('VPN-IPv4 with an IPv6 next hop behind an RD (RFC 8950)', () => {
    const next = '18 0000000000000000 20010db80000000000000000000000ff 00';
    expect(announce(`68 00044d ${RD} 0a01`, '000180', next)?.nextHop).toBe('2001:db8::ff');
  });

  test.each([
    ['shorter than label and RD', '50 00044d 0000fde9000000'],
    ['labels that never end', `70 000440 ${'fe'.repeat(11)}`],
    ['prefix longer than 32 bits', `80 00044d ${RD} 0a01020304`],
  ])('NLRI %s: nothing can be saved', (_name, nlri) => {
    expect(() => withdraw(nlri)).toThrow(expect.objectContaining({ code: 'BGP_BAD_NLRI' }));
  });
});

describe('a whole message', () => {
  const decodeWhole = (bytes: Uint8Array) => {
    const builder = new BatchBuilder();
    const type = new UpdateDecoder(builder).decodeMessage(bytes, 0, bytes.length, {
      timeUs: 0,
      vantage: builder.vantages.intern('rrc00', 0, 65001),
      flags: 0,
      ...REST,
      addPath: true,
    });
    return { type, rows: elemRows(builder.take()) };
  };
  const MARKER = 'ff'.repeat(16);

  test('ExaBGP vector: AS_PATH empty, MED and LOCAL_PREF, one ADD-PATH prefix', () => {
    const text = `${MARKER}003C020000001C4001010040020040030465016501800404000000C840050400000064000000002001010101`;
    expect(decodeWhole(hex(text)).rows).toEqual([
      expect.objectContaining({
        prefix: '1.1.1.1/32',
        pathId: 0,
        med: 200,
        localPref: 100,
        nextHop: '101.1.101.1',
      }),
    ]);
  });

  test('KEEPALIVE gives its type and no elems', () => {
    expect(decodeWhole(hex(`${MARKER}001304`))).toEqual({ type: 4, rows: [] });
  });

  test.each([
    ['marker with a zero', `${'ff'.repeat(15)}00001304`, 'BGP_BAD_MARKER'],
    ['length over the bytes', `${MARKER}001404`, 'BGP_BAD_LENGTH'],
    ['length under the header', `${MARKER}001204`, 'BGP_BAD_LENGTH'],
    ['18 bytes', `${MARKER}0013`, 'BGP_BAD_LENGTH'],
  ])('%s', (_name, text, code) => {
    expect(() => decodeWhole(hex(text))).toThrow(expect.objectContaining({ code }));
  });
});
