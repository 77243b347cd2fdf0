import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WatchMistakes } from './mistakes.ts';
import { readWatchList } from './read.ts';
import { WatchIndex } from './watch-index.ts';
import type { WatchList } from './watch-list.ts';

function mistakes(value: unknown): string[] {
  try {
    readWatchList(value);
  } catch (error) {
    expect(error).toBeInstanceOf(WatchMistakes);
    expect(error).toMatchObject({ code: 'WATCH_BAD' });
    return (error as WatchMistakes).message.replace('WATCH_BAD: ', '').split('\n  ');
  }
  return [];
}

describe('hostile values', () => {
  /** What a YAML parser may hand over, with the members the readers look for at every level. */
  const names = fc.constantFrom(
    ...[
      'watch',
      'rules',
      'prefixes',
      'asns',
      'options',
      'monitorASns',
      'origin_asns',
      'neighbors',
      'policies',
    ],
    ...[
      'path',
      'match',
      'asn',
      'group',
      '192.0.2.0/24',
      '::/0^+',
      '1',
      '__proto__',
      'constructor',
      'minPeers',
    ],
  );
  const leaf = fc.oneof(
    fc.constantFrom(
      null,
      true,
      1,
      -1,
      4294967296,
      NaN,
      '*',
      '1-2',
      '10.0.0.0/8',
      '(',
      '((a+)+)+$',
      'no-export',
    ),
    fc.string({ maxLength: 12 }),
    fc.double(),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(names, tie('value'), { maxKeys: 5 }),
    ),
  }));

  test('give a list or WATCH_BAD, nothing else', () => {
    fc.assert(
      fc.property(value, (hostile) => {
        let list: WatchList | null = null;
        try {
          list = readWatchList(hostile);
        } catch (error) {
          expect(error).toBeInstanceOf(WatchMistakes);
        }
        if (list) new WatchIndex(list);
      }),
      { numRuns: 3000 },
    );
  });

  test('lists of lists that multiply are cut short', () => {
    let list: unknown = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    for (let depth = 0; depth < 12; depth++) list = [list, list, list, list, list, list, list, list, list];
    expect(mistakes({ rules: [{ prefixes: ['10.0.0.0/8'], origin_asns: list }] })[0]).toMatch(
      /too long|over 200000/,
    );
  });

  test('too many mistakes are counted, not all told', () => {
    const rules = Array.from({ length: 500 }, () => ({ prefixes: ['x'] }));
    expect(mistakes({ rules }).at(-1)).toBe('and 900 more');
  });
});
