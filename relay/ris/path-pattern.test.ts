import { describe, expect, test } from 'vitest';
import { PathReader } from '#core/elem/path-reader.ts';
import { WordListTable } from '#core/elem/tables.ts';
import { matchesPath, parsePathPattern } from './path-pattern.ts';

function matches(pattern: unknown, path: readonly unknown[]): boolean | null {
  const parsed = parsePathPattern(pattern);
  if (!parsed) return null;
  const table = new WordListTable();
  const index = new PathReader().array(path, table);
  return matchesPath(parsed, table.take(), index);
}

const PATH = [123, 456, 789, [10111, 789]];

describe('path patterns of the RIS Live manual', () => {
  test.each<[unknown, readonly unknown[], boolean, string]>([
    [789, [1, 789, 2], true, 'an ASN anywhere'],
    ['456,789', PATH, true, 'consecutive ASNs'],
    ['123,789', PATH, false, 'not consecutive'],
    ['789$', [1, 2, 789], true, 'the origin'],
    ['789$', [1, 789, 2], false, 'not the origin'],
    ['^123', PATH, true, "the collector's peer"],
    ['^456', PATH, false, 'not first'],
    ['^123,456,789,[789,10111]$', PATH, true, 'the whole path, the AS_SET in any order'],
    ['^123,456,789$', PATH, false, 'an AS_SET is a step of its own'],
    ['[789,10111]', PATH, true, 'an AS_SET'],
    ['10111', PATH, false, 'a member of an AS_SET is no step'],
    ['!6666$', [1, 2, 789], true, 'inverted'],
    ['!6666$', [1, 6666], false, 'inverted, and it is there'],
    ['!^3333', [3333, 1], false, 'inverted at the start'],
    ['57330,57330', [1, 57330, 57330, 57330], true, 'prepends are kept'],
    ['^1,2,3', [1, 2], false, 'longer than the path'],
    ['1', [], false, 'a withdrawal has no path'],
    ['!1', [], false, 'a withdrawal has no path, inverted neither'],
  ])('%s on %j: %s (%s)', (pattern, path, want) => {
    expect(matches(pattern, path)).toBe(want);
  });

  test.each([
    [''],
    ['^$'],
    ['a'],
    ['1,,2'],
    ['1 | 2'],
    ['.*'],
    ['[1'],
    ['99999999999'],
    [true],
    [null],
    [[1]],
    [1.5],
    [-1],
  ])('%j is no pattern', (pattern) => expect(parsePathPattern(pattern)).toBeNull());
});
