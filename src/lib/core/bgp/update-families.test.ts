import { describe, expect, test } from 'vitest';
import { BatchBuilder } from '../elem/builder.ts';
import { attribute, body, brief, decode, GOOD, NLRI, ORIGIN, PATH, REST } from './update.fixture.ts';
import { UpdateDecoder } from './update.ts';

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
