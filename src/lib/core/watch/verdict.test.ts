import { describe, expect, test } from 'vitest';
import { parsePrefix } from '../prefix/prefix.ts';
import { readWatchList } from './read.ts';
import { judgePath } from './verdict.ts';
import { WatchIndex } from './watch-index.ts';
import { cleanPath, unrollPath } from './watch-path.ts';

const PREFIX = '192.0.2.0/24';
const RULE = { prefixes: [PREFIX], origin_asns: [10], neighbors: [20, 21] };
const NO_EXPORT = { ...RULE, policies: ['no-export'] };
const SEQUENCES = {
  prefixes: [PREFIX],
  origin_asns: [10],
  prepend_seq: [
    [30, 20],
    [10, 10, 20],
  ],
};

function judge(rules: object[], prefix: string, path: number[]): string {
  const match = new WatchIndex(readWatchList({ rules })).match(parsePrefix(prefix));
  if (!match) return 'not configured';
  const verdict = judgePath(match, path);
  return verdict ? `${verdict.notation} ${verdict.hijacker}` : 'fine';
}

const SUB = '192.0.2.128/25';

test.each([
  ['as configured', [RULE], PREFIX, [3, 20, 10], 'fine'],
  ['another neighbour, as configured', [RULE], PREFIX, [3, 21, 10], 'fine'],
  ['the origin itself is the vantage', [RULE], PREFIX, [10], 'fine'],
  ['an empty path', [RULE], PREFIX, [], 'fine'],
  ['foreign origin', [RULE], PREFIX, [3, 20, 66], 'E|0|-|- 66'],
  ['foreign origin, seen by the origin itself', [RULE], PREFIX, [66], 'E|0|-|- 66'],
  ['foreign origin on a more-specific', [RULE], SUB, [3, 20, 66], 'S|0|-|- 66'],
  ['foreign first hop', [RULE], PREFIX, [3, 66, 10], 'E|1|-|- 66'],
  ['foreign first hop on a more-specific', [RULE], SUB, [3, 66, 10], 'S|1|-|- 66'],
  ['more-specific with a right path', [RULE], SUB, [3, 20, 10], 'S|-|-|- -1'],
  ['more-specific with an empty path', [RULE], SUB, [], 'S|-|-|- -1'],
  ['less-specific', [RULE], '192.0.2.0/23', [3, 20, 66], 'not configured'],
  ['elsewhere', [RULE], '198.51.100.0/24', [3, 20, 66], 'not configured'],
  ['nobody may originate it', [{ prefixes: [PREFIX] }], PREFIX, [3, 66], 'Q|0|-|- 66'],
  ['nobody may originate it, more-specific', [{ prefixes: [PREFIX] }], SUB, [3, 66], 'Q|0|-|- 66'],
  [
    'nobody may, and passed on',
    [{ prefixes: [PREFIX], policies: ['no-export'] }],
    PREFIX,
    [1, 2, 3, 66],
    'Q|0|-|L 66',
  ],
  ['no-export, three hops', [NO_EXPORT], PREFIX, [3, 20, 10], 'fine'],
  ['no-export, four hops', [NO_EXPORT], PREFIX, [4, 3, 20, 10], 'E|-|-|L 20'],
  ['no-export, four hops by prepending only', [NO_EXPORT], PREFIX, [3, 20, 10, 10], 'fine'],
  ['no-export and foreign origin', [NO_EXPORT], PREFIX, [4, 3, 20, 66], 'E|0|-|L 66'],
  ['no-export and foreign first hop', [NO_EXPORT], PREFIX, [4, 3, 66, 10], 'E|1|-|L 66'],
  ['no-export on a more-specific', [NO_EXPORT], SUB, [4, 3, 20, 10], 'S|-|-|L 20'],
  ['no-export, more-specific, foreign origin', [NO_EXPORT], SUB, [4, 3, 20, 66], 'S|0|-|L 66'],
  ['no-export, more-specific, foreign first hop', [NO_EXPORT], SUB, [4, 3, 66, 10], 'S|1|-|L 66'],
  ['sequence kept', [SEQUENCES], PREFIX, [7, 30, 20, 10], 'fine'],
  ['sequence kept, prepends and all', [SEQUENCES], PREFIX, [7, 10, 10, 20, 10], 'fine'],
  ['first AS off the best fitting sequence', [SEQUENCES], PREFIX, [7, 66, 20, 10], 'E|P|-|- 66'],
  ['no sequence fits at all', [SEQUENCES], PREFIX, [7, 66, 10], 'E|P|-|- 66'],
  ['path too short for any sequence', [SEQUENCES], PREFIX, [20, 10], 'E|P|-|- 20'],
  ['sequence broken on a more-specific', [SEQUENCES], SUB, [7, 66, 20, 10], 'S|P|-|- 66'],
  ['any origin', [{ prefixes: [PREFIX], origin_asns: '*' }], PREFIX, [3, 66], 'fine'],
  ['any origin, more-specific', [{ prefixes: [PREFIX], origin_asns: '*' }], SUB, [3, 66], 'S|-|-|- -1'],
  ['any origin, foreign first hop', [{ ...RULE, origin_asns: ['*'] }], PREFIX, [3, 66, 99], 'E|1|-|- 66'],
  ['any neighbour', [{ ...RULE, neighbors: '*' }], PREFIX, [3, 66, 10], 'fine'],
  ['no neighbours named', [{ ...RULE, neighbors: [] }], PREFIX, [3, 66, 10], 'fine'],
  ['origin in a range', [{ prefixes: [PREFIX], origin_asns: ['8-12'] }], PREFIX, [3, 10], 'fine'],
  ['origin beyond a range', [{ prefixes: [PREFIX], origin_asns: ['8-12'] }], PREFIX, [3, 13], 'E|0|-|- 13'],
  ['a loop collapses onto the right path', [RULE], PREFIX, [4, 20, 10, 66, 20, 10], 'fine'],
  ['one benign rule clears', [RULE, { ...RULE, origin_asns: [66] }], PREFIX, [3, 20, 66], 'fine'],
  [
    'no rule clears: the last one names it',
    [RULE, { ...RULE, neighbors: [99] }],
    PREFIX,
    [3, 66, 10],
    'E|1|-|- 66',
  ],
  [
    'the best match decides, not the covering one',
    [RULE, { prefixes: [SUB], origin_asns: [66] }],
    SUB,
    [3, 20, 10],
    'E|0|-|- 10',
  ],
] as const)('%s', (_name, rules, prefix, path, want) => {
  expect(judge([...rules], prefix, [...path])).toBe(want);
});

describe('range operators (RFC 2622 §2)', () => {
  test.each([
    ['^-', '10.0.0.0/16^-', '10.0.0.0/16', 'not configured'],
    ['^-', '10.0.0.0/16^-', '10.0.0.0/17', 'E|0|-|- 66'],
    ['^-', '10.0.0.0/16^-', '10.0.1.1/32', 'E|0|-|- 66'],
    ['^+', '10.0.0.0/16^+', '10.0.0.0/16', 'E|0|-|- 66'],
    ['^+', '10.0.0.0/16^+', '10.0.1.0/24', 'E|0|-|- 66'],
    ['^n', '10.0.0.0/16^24', '10.0.0.0/20', 'not configured'],
    ['^n', '10.0.0.0/16^24', '10.0.1.0/24', 'E|0|-|- 66'],
    ['^n', '10.0.0.0/16^24', '10.0.1.0/25', 'S|0|-|- 66'],
    ['^n-m', '2001:db8::/32^40-48', '2001:db8::/39', 'not configured'],
    ['^n-m', '2001:db8::/32^40-48', '2001:db8::/44', 'E|0|-|- 66'],
    ['^n-m', '2001:db8::/32^40-48', '2001:db8::/64', 'S|0|-|- 66'],
  ])('%s: %s and %s', (_operator, configured, prefix, want) => {
    expect(judge([{ prefixes: [configured], origin_asns: [10] }], prefix, [3, 66])).toBe(want);
  });

  test('the longest prefix of overlapping ranges is the best match', () => {
    const rules = [
      { prefixes: ['10.0.0.0/8^-'], origin_asns: [1] },
      { prefixes: ['10.0.0.0/16'], origin_asns: [2] },
    ];
    // All of 10/8 is spelled out by the first rule, so a /24 is configured exactly, whatever the /16 says.
    expect(judge(rules, '10.0.1.0/24', [3, 1])).toBe('fine');
    expect(judge(rules, '10.0.1.0/24', [3, 2])).toBe('E|0|-|- 2');
    expect(judge(rules, '10.0.0.0/16', [3, 2])).toBe('fine');
  });
});

test.each([
  [
    [4, 3, 2, 102, 3, 2, 102],
    [4, 3, 2, 102],
  ],
  [
    [1, 1, 2, 2, 2, 3],
    [1, 2, 3],
  ],
  [
    [1, 2, 1, 2, 3],
    [1, 2, 3],
  ],
  [[], []],
])('cleaning %j', (path, want) => {
  expect(cleanPath(path)).toEqual(want);
});

test('AS_SETs unroll to one path per choice, bounded', () => {
  expect(unrollPath([1, 2, [3, 4]])).toEqual([
    [1, 2, 3],
    [1, 2, 4],
  ]);
  expect(unrollPath([[1, 2], 5, [3, 4]])).toEqual([
    [1, 5, 3],
    [1, 5, 4],
    [2, 5, 3],
    [2, 5, 4],
  ]);
  const wide = Array.from({ length: 250 }, (_, i) => i);
  expect(unrollPath([wide, wide, wide])).toHaveLength(64);
});
