import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePattern, matchesPattern } from './pattern.ts';

const matches = (pattern: string, text: string): boolean => matchesPattern(compilePattern(pattern), text);

test.each([
  ['.*2914$', '1,2,3,4321,5060,2914', true],
  ['.*2915$', '1,2,3,2914', false],
  ['^1,2', '1,2,3', true],
  ['^2', '1,2,3', false],
  ['\\b5060\\b', '1,5060,2914', true],
  ['\\b506\\b', '1,5060,2914', false],
  ['(^|,)(64512|64513)(,|$)', '1,64513', true],
  ['^(\\d+,){2}\\d+$', '1,2,3', true],
  ['^(\\d+,){2}\\d+$', '1,2,3,4', false],
  ['[^,]{4,5}', '12,345,6789', true],
  ['a{2,}', 'caab', true],
  ['', 'anything', true],
  ['x|', '', true],
] as const)('%s on %s: %s', (pattern, text, want) => {
  expect(matches(pattern, text)).toBe(want);
});

test.each([
  '(',
  ')',
  'a**',
  '*a',
  '(?=a)',
  '(a)\\1',
  '[1',
  'a{300}',
  'a{5,2}',
  '\\',
  '[9-1]',
  '((((a{99}){99})))',
  'a'.repeat(300),
])('refuses %s', (pattern) => {
  expect(() => compilePattern(pattern)).toThrow(expect.objectContaining({ code: 'WATCH_BAD' }));
});

test('patterns that make backtracking explode take no longer than others', () => {
  expect(matches('^(\\d+)+$', `${'1'.repeat(5000)},`)).toBe(false);
  expect(matches('^(a|a?)+$', `${'a'.repeat(2000)}b`)).toBe(false);
});

test('says what RegExp says, for patterns both know', () => {
  const atom = fc.constantFrom('1', '2', ',', '.', '\\d', '[12]', '[^,]', '(1|,2)', '(?:12)', '\\b');
  const piece = fc
    .tuple(atom, fc.constantFrom('', '*', '+', '?', '{2}', '{1,3}'))
    .map(([a, q]) => (a === '\\b' ? a : a + q));
  const pattern = fc
    .tuple(fc.constantFrom('', '^'), fc.array(piece, { maxLength: 5 }), fc.constantFrom('', '$', '|2$'))
    .map(([a, b, c]) => a + b.join('') + c);
  const text = fc.array(fc.constantFrom('1', '2', ','), { maxLength: 8 }).map((marks) => marks.join(''));
  fc.assert(
    fc.property(pattern, text, (source, subject) => {
      expect(matches(source, subject)).toBe(new RegExp(source).test(subject));
    }),
    { numRuns: 3000 },
  );
});
