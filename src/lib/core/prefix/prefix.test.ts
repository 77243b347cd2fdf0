import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TABLE } from '../elem/batch.ts';
import { formatPrefix, formatTablePrefix, maskWord, parsePrefix, tryParsePrefix } from './prefix.ts';
import { formatRd } from './rd.ts';

const reformat = (text: string): string => {
  const { isV6, bits, words } = parsePrefix(text);
  return formatPrefix(isV6, bits, words);
};

test.each([
  ['a prefix', '192.0.2.0/24', '192.0.2.0/24'],
  ['host bits are masked', '192.0.2.129/25', '192.0.2.128/25'],
  ['everything', '255.255.255.255/0', '0.0.0.0/0'],
  ['a bare address is a host', '192.0.2.1', '192.0.2.1/32'],
  ['IPv6', '2001:DB8::/32', '2001:db8::/32'],
  ['IPv6 written out (RIS Live withdrawals)', '2a12:ca42:0:0:0:0:0:0/32', '2a12:ca42::/32'],
  ['IPv6 host bits across words', '2001:db8:ffff:ffff:ffff::1/65', '2001:db8:ffff:ffff:8000::/65'],
  ['IPv6 everything', 'ffff::/0', '::/0'],
  ['an IPv6 host', '::1', '::1/128'],
])('%s: %s is %s', (_name, text, want) => {
  expect(reformat(text)).toBe(want);
});

test.each([
  ['nothing', ''],
  ['only a length', '/24'],
  ['no length', '192.0.2.0/'],
  ['IPv4 over 32', '192.0.2.0/33'],
  ['IPv6 over 128', '2001:db8::/129'],
  ['a negative length', '192.0.2.0/-1'],
  ['a fractional length', '192.0.2.0/24.0'],
  ['two lengths', '192.0.2.0/24/25'],
  ['a netmask', '192.0.2.0/255.255.255.0'],
  ['a blank', '192.0.2.0/24 '],
  ['exponent notation', '192.0.2.0/1e1'],
])('refuses %s', (_name, text) => {
  expect(tryParsePrefix(text)).toBeNull();
  expect(() => parsePrefix(text)).toThrow(expect.objectContaining({ code: 'PREFIX_BAD' }));
});

test('text of any prefix reads back as itself', () => {
  const word = fc.nat(0xffff_ffff);
  fc.assert(
    fc.property(fc.boolean(), fc.tuple(word, word, word, word), fc.nat(128), (isV6, words, length) => {
      const bits = isV6 ? length : length % 33;
      const text = formatPrefix(isV6, bits, isV6 ? words : [words[0], 0, 0, 0]);
      const once = parsePrefix(text);
      expect(parsePrefix(formatPrefix(once.isV6, once.bits, once.words))).toEqual(once);
      expect(once.bits).toBe(bits);
      once.words.slice(0, isV6 ? 4 : 1).forEach((one, w) => {
        expect(one).toBe((words[w]! & maskWord(bits - w * 32)) >>> 0);
      });
    }),
    { seed: 5952 },
  );
});

describe('route distinguishers, RFC 4364 §4.2', () => {
  test.each([
    ['type 0, two-octet ASN', 0x0000_fde8, 100, '65000:100'],
    ['type 0, a large number', 0x0000_fde8, 0xffff_ffff, '65000:4294967295'],
    ['type 1, address', 0x0001_c000, 0x0201_0005, '192.0.2.1:5'],
    ['type 2, four-octet ASN', 0x0002_0001, 0x0000_0007, '65536:7'],
    ['type 2, an ASN of two octets', 0x0002_0000, 0xfde8_0007, '65000L:7'],
    ['an unknown type', 0x1234_0000, 1, '0x1234000000000001'],
  ])('%s', (_name, high, low, want) => {
    expect(formatRd(high, low)).toBe(want);
  });

  test('stand before VPN prefixes only', () => {
    const words = [0x0a01_0000, 0, 0, 0];
    expect(formatTablePrefix(TABLE.vpnv4, 16, words, 0x0000_fde9, 100)).toBe('65001:100:10.1.0.0/16');
    expect(formatTablePrefix(TABLE.ipv4, 16, words, 0x0000_fde9, 100)).toBe('10.1.0.0/16');
  });
});
