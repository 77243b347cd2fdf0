import { expect, test } from 'vitest';
import { isOneEditAway, v4Typos } from './edit-distance.ts';

test.each([
  [265790, 265791, true, 'a digit changed'],
  [62041, 62014, true, 'two swapped'],
  [12345, 1234, true, 'one left out'],
  [1234, 12234, true, 'one added'],
  [12345, 12345, false, 'the same'],
  [12345, 54321, false, 'reversed'],
  [12345, 12367, false, 'two changed'],
  [701, 702, false, 'too short to mean anything'],
])('%i and %i: %s (%s)', (a, b, want) => {
  expect(isOneEditAway(a, b)).toBe(want);
  expect(isOneEditAway(b, a)).toBe(want);
});

test('prefix typos stay in one octet and leave out the neighbours', () => {
  const typos = v4Typos(0x0a01_4700); // 10.1.71.0
  expect(typos).toContain(0x0a01_0700); // 10.1.7.0
  expect(typos).toContain(0x0a01_1100); // 10.1.17.0
  expect(typos).not.toContain(0x0a01_4800); // 10.1.72.0, next door
  expect(typos).not.toContain(0x0a01_4700);
  expect(new Set(typos.map((word) => word >>> 24))).not.toContain(200);
});
