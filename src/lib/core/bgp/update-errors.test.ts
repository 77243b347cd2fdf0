import { describe, expect, test } from 'vitest';
import { BatchBuilder } from '../elem/builder.ts';
import {
  attribute,
  body,
  brief,
  decode,
  GOOD,
  hex,
  NEXT_HOP,
  NLRI,
  ORIGIN,
  PATH,
  REST,
} from './update.fixture.ts';
import { UpdateDecoder } from './update.ts';

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
