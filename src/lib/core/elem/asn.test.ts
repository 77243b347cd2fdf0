import { expect, test } from 'vitest';
import { formatAsn, parseAsn } from './asn.ts';

test.each([
  ['3333', 3333],
  ['AS3333', 3333],
  ['as3333', 3333],
  ['0', 0],
  ['4294967295', 4294967295],
  ['1.0', 65536],
  ['AS65535.65535', 4294967295],
  ['0.3333', 3333],
])('%s is %i (RFC 5396)', (text, asn) => {
  expect(parseAsn(text)).toBe(asn);
});

test.each([
  '',
  'AS',
  '4294967296',
  '-1',
  '1.65536',
  '65536.0',
  '1.2.3',
  '3333 ',
  'A3333',
  '0x10',
  '1e3',
  '99999999999',
])('refuses "%s"', (text) => {
  expect(() => parseAsn(text)).toThrow(expect.objectContaining({ code: 'ASN_BAD' }));
});

test('is written asplain', () => {
  expect(formatAsn(4200000000)).toBe('AS4200000000');
});
