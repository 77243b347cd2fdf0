import { expect, test } from 'vitest';
import {
  formatAgo,
  formatClock,
  formatDay,
  formatDuration,
  formatMoment,
  formatRowTime,
  formatSpan,
} from './time.ts';

const HIJACK_US = Date.UTC(2008, 1, 24, 18, 47, 57) * 1000;
const plain = (text: string): string => text.replaceAll('\u2009', ' ');

test('absolute times are UTC', () => {
  expect(formatClock(HIJACK_US)).toBe('18:47:57Z');
  expect(formatDay(HIJACK_US)).toBe('2008-02-24');
  expect(formatMoment(HIJACK_US)).toBe('2008-02-24 18:47:57Z');
  expect(formatMoment(HIJACK_US + 120_500)).toBe('2008-02-24 18:47:57.1205Z');
});

test('rows show milliseconds only where there are some', () => {
  expect(formatRowTime(HIJACK_US)).toBe('18:47:57');
  expect(formatRowTime(HIJACK_US + 204_000)).toBe('18:47:57.204');
});

test('spans name the day once', () => {
  const hourUs = 3600e6;
  expect(formatSpan(HIJACK_US, HIJACK_US + 2 * hourUs)).toBe('2008-02-24 18:47 to 20:47 UTC');
  expect(formatSpan(HIJACK_US, HIJACK_US + 8 * hourUs)).toBe('2008-02-24 18:47 to 2008-02-25 02:47 UTC');
});

test('a time no calendar knows is not an exception', () => {
  expect(formatClock(1e30)).toBe('--:--:--Z');
});

test.each([
  [800, '0.8 s'],
  [42_000, '42 s'],
  [59_900, '1 min'],
  [3_600_000, '1 h'],
  [7_500_000, '2 h 5 min'],
  [356_400_000, '4 d 3 h'],
])('%i ms is %s', (ms, want) => expect(plain(formatDuration(ms))).toBe(want));

test('relative times say relative to what', () => {
  expect(plain(formatAgo(HIJACK_US, HIJACK_US + 4_000_000))).toBe('4.0 s before the newest data');
  expect(formatAgo(HIJACK_US, null)).toBe('');
});
