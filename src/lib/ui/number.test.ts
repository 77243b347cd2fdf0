import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatCountOf,
  formatRate,
  formatShare,
  formatShort,
  formatTick,
} from './number.ts';

const plain = (text: string): string => text.replaceAll('\u2009', ' ');

test.each([
  ['zero', 0, '0'],
  ['no group', 999, '999'],
  ['one group', 1000, '1 000'],
  ['two groups', 1234567, '1 234 567'],
  ['negative', -12345, '−12 345'],
  ['not a number', NaN, '–'],
])('count: %s', (_name, value, want) => expect(plain(formatCount(value))).toBe(want));

test('counted things agree in number', () => {
  expect(formatCountOf(1, 'page')).toBe('1 page');
  expect(formatCountOf(0, 'page')).toBe('0 pages');
  expect(plain(formatCountOf(1200, 'match', 'matches'))).toBe('1 200 matches');
});

test.each([
  ['zero', 0, '0'],
  ['a fraction keeps one decimal', 0.83, '0.8'],
  ['small integer', 7, '7'],
  ['tens are integral', 42.4, '42'],
  ['just below the step', 999.4, '999'],
  ['rounds up into the step', 999.6, '1.00 k'],
  ['thousands', 1234, '1.23 k'],
  ['tens of thousands', 45_678, '45.7 k'],
  ['millions', 12_680_000, '12.7 M'],
  ['hundreds of millions', 123_400_000, '123 M'],
])('short: %s', (_name, value, want) => expect(plain(formatShort(value))).toBe(want));

test.each([
  [0, '0'],
  [-250, '250'],
  [1000, '1 k'],
  [2500, '2.5 k'],
  [10_000, '10 k'],
  [100_000, '100 k'],
])('tick %i is %s', (value, want) => expect(plain(formatTick(value))).toBe(want));

test('units are set off by a thin space', () => {
  expect(plain(formatBytes(512))).toBe('512 B');
  expect(plain(formatBytes(48_000_000))).toBe('48.0 MB');
  expect(formatRate(12)).toBe('12/s');
  expect(plain(formatRate(20_000))).toBe('20.0 k/s');
  expect(plain(formatShare(0.004))).toBe('<1 %');
  expect(plain(formatShare(0.42))).toBe('42 %');
});
