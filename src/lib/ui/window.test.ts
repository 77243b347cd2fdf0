import { expect, test } from 'vitest';
import { scrollFor, visibleRows } from './window.ts';

test.each([
  ['at the top', 0, 240, 100, { first: 0, end: 16 }],
  ['in the middle', 1200, 240, 100, { first: 44, end: 66 }],
  ['at the end', 2160, 240, 100, { first: 84, end: 100 }],
  ['scrolled beyond a list that shrank', 2160, 240, 5, { first: 5, end: 5 }],
  ['empty', 0, 240, 0, { first: 0, end: 0 }],
])('rows drawn %s', (_name, scrollPx, viewPx, count, want) => {
  expect(visibleRows(scrollPx, viewPx, 24, count)).toEqual(want);
});

test.each([
  ['already visible', 5, 100, 100],
  ['above', 2, 100, 48],
  ['below', 20, 100, 264],
])('scrolling to a row that is %s', (_name, index, scrollPx, want) => {
  expect(scrollFor(index, scrollPx, 240, 24)).toBe(want);
});
