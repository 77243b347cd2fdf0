import { describe, expect, test } from 'vitest';
import { BatchBuilder } from '../elem/builder.ts';
import { elemRows } from '../elem/row.ts';
import { attribute, body, brief, decode, GOOD, hex, NEXT_HOP, NLRI, ORIGIN, REST } from './update.fixture.ts';
import { UpdateDecoder } from './update.ts';

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
