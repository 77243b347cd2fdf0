import { describe, expect, test } from 'vitest';
import { formatAddress, parseAddress, tryParseAddress } from './address.ts';

const reformat = (text: string): string => {
  const { isV6, words } = parseAddress(text);
  return formatAddress(isV6, words);
};

describe('IPv6 text', () => {
  test.each([
    ['§4.1 leading zeros go', '2001:0db8::0001', '2001:db8::1'],
    ['§4.2.1 shortened as far as it goes', '2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['§4.2.2 one group alone is not shortened', '2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['§4.2.2 also when it was given so', '2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['§4.2.3 the longest run is shortened', '2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['§4.2.3 the first of equals', '2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['§4.3 lower case', '2001:DB8::ABCD', '2001:db8::abcd'],
    ['§5 IPv4-mapped keeps the dotted quad', '::FFFF:C000:0201', '::ffff:192.0.2.1'],
    ['unspecified', '0:0:0:0:0:0:0:0', '::'],
    ['loopback', '0:0:0:0:0:0:0:1', '::1'],
    ['a run at the end', '2001:db8:1:1:1:1:0:0', '2001:db8:1:1:1:1::'],
    ['embedded IPv4 (RFC 4291 §2.2)', '64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['all ones', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ])('RFC 5952: %s', (_name, text, want) => {
    expect(reformat(text)).toBe(want);
    expect(reformat(want)).toBe(want);
  });

  test.each([
    ['2001:DB8:0:0:8:800:200C:417A', '2001:db8::8:800:200c:417a'],
    ['FF01:0:0:0:0:0:0:101', 'ff01::101'],
    ['0:0:0:0:0:FFFF:129.144.52.38', '::ffff:129.144.52.38'],
  ])('RFC 4291 §2.2: %s is %s', (text, want) => {
    expect(reformat(text)).toBe(want);
  });
});

test.each([
  ['0.0.0.0', 0],
  ['255.255.255.255', 0xffff_ffff],
  ['208.65.153.238', 0xd041_99ee],
  ['192.0.2.01', 0xc000_0201],
])('IPv4 %s', (text, word) => {
  expect(parseAddress(text)).toEqual({ isV6: false, words: [word, 0, 0, 0] });
});

test.each([
  ['empty', ''],
  ['three octets', '192.0.2'],
  ['five octets', '192.0.2.1.1'],
  ['an octet over 255', '192.0.2.256'],
  ['four digits', '192.0.2.0001'],
  ['a blank', '192.0.2. 1'],
  ['hexadecimal', '0xc0.0.2.1'],
  ['a sign', '-1.0.2.1'],
  ['a closing dot', '192.0.2.1.'],
  ['two double colons', '2001::db8::1'],
  ['seven groups', '1:2:3:4:5:6:7'],
  ['nine groups', '1:2:3:4:5:6:7:8:9'],
  ['eight groups and ::', '1:2:3:4:5:6:7::8'],
  ['five digits', '2001:db8::12345'],
  ['three colons', '2001:::1'],
  ['a lone colon at the start', ':1:2:3:4:5:6:7'],
  ['a lone colon at the end', '1:2:3:4:5:6:7:'],
  ['a zone', 'fe80::1%eth0'],
  ['IPv4 in the middle', '64:192.0.2.1::1'],
  ['a bad embedded IPv4', '::ffff:192.0.2.300'],
  ['no digits', 'cafe:babe::g'],
  ['very long', '1:'.repeat(10_000)],
])('refuses %s', (_name, text) => {
  expect(tryParseAddress(text)).toBeNull();
  expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'ADDRESS_BAD' }));
});
