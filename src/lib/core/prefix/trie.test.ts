import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PrefixKey } from './prefix.ts';
import { formatPrefix, parsePrefix } from './prefix.ts';
import { PrefixTrie } from './trie.ts';

/** The obvious, slow way: a list of prefixes and comparison bit by bit. */
class Model {
  readonly entries = new Map<string, { key: PrefixKey; value: number }>();

  bitsOf({ isV6, bits, words }: PrefixKey): string {
    const all = words.slice(0, isV6 ? 4 : 1).map((word) => word.toString(2).padStart(32, '0'));
    return all.join('').slice(0, bits);
  }

  name(key: PrefixKey): string {
    return formatPrefix(key.isV6, key.bits, key.words);
  }

  covering(key: PrefixKey): number[] {
    const mine = this.bitsOf(key);
    return [...this.entries.values()]
      .filter((entry) => entry.key.isV6 === key.isV6 && mine.startsWith(this.bitsOf(entry.key)))
      .sort((a, b) => a.key.bits - b.key.bits)
      .map(({ value }) => value);
  }

  covered(key: PrefixKey): number[] {
    const mine = this.bitsOf(key);
    return [...this.entries.values()]
      .filter((entry) => entry.key.isV6 === key.isV6 && this.bitsOf(entry.key).startsWith(mine))
      .sort((a, b) => (this.bitsOf(a.key) < this.bitsOf(b.key) ? -1 : 1))
      .map(({ value }) => value);
  }
}

/** Few distinct bits, so that prefixes nest and fork. */
const key = fc
  .tuple(
    fc.boolean(),
    fc.constantFrom(0, 1, 2, 3, 5, 8, 9, 24, 25, 31, 32, 33, 48, 64, 96, 127, 128),
    fc.nat(15),
    fc.nat(3),
  )
  .map(([isV6, bits, high, low]) => {
    const first = high * 0x1000_0000 + low;
    return isV6
      ? parsePrefix(
          `${first
            .toString(16)
            .padStart(8, '0')
            .replace(/^(.{4})/, '$1:')}::${low}/${bits}`,
        )
      : parsePrefix(`${first >>> 24}.0.0.${low}/${Math.min(bits, 32)}`);
  });
const step = fc.record({ isDelete: fc.boolean(), key, value: fc.nat(0xffff_ffff) });

describe('against a list searched bit by bit', () => {
  test('every lookup agrees after any inserts and deletes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.array(key, { maxLength: 20 }), (steps, probes) => {
        const trie = new PrefixTrie();
        const model = new Model();
        for (const { isDelete, key: at, value } of steps) {
          const name = model.name(at);
          if (isDelete) {
            expect(trie.delete(at)).toBe(model.entries.delete(name));
          } else {
            expect(trie.insert(at, value)).toBe(model.entries.has(name) ? 'replaced' : 'new');
            model.entries.set(name, { key: at, value });
          }
        }
        expect(trie.size).toBe(model.entries.size);
        for (const probe of [...probes, ...steps.map((one) => one.key)]) {
          const covering = model.covering(probe);
          expect(trie.exact(probe)).toBe(model.entries.get(model.name(probe))?.value);
          expect(trie.covering(probe)).toEqual(covering);
          expect(trie.longest(probe)).toBe(covering.at(-1));
          expect(trie.covered(probe)).toEqual(model.covered(probe));
        }
      }),
      { seed: 20080224, numRuns: 400 },
    );
  });

  test('deleting everything leaves nothing behind and memory is used again', () => {
    const trie = new PrefixTrie();
    const keys = Array.from({ length: 5000 }, (_, i) => parsePrefix(`10.${i >> 8}.${i & 255}.0/24`));
    keys.forEach((one, i) => trie.insert(one, i));
    const { bytes } = trie;
    for (let round = 0; round < 5; round++) {
      keys.forEach((one) => trie.delete(one));
      expect(trie.size).toBe(0);
      expect(trie.covered(parsePrefix('0.0.0.0/0'))).toEqual([]);
      keys.forEach((one, i) => trie.insert(one, i));
    }
    expect(trie.covered(parsePrefix('10.0.0.0/8'))).toEqual(keys.map((_, i) => i));
    expect(trie.bytes).toBe(bytes);
  });
});

describe('the YouTube prefixes of February 2008', () => {
  const trie = new PrefixTrie();
  const names = [
    '208.65.152.0/22',
    '208.65.153.0/24',
    '208.65.153.128/25',
    '0.0.0.0/0',
    '::/0',
    '2001:db8::/32',
  ];
  names.forEach((name, i) => trie.insert(parsePrefix(name), i));
  const text = (values: number[]): (string | undefined)[] => values.map((value) => names[value]);

  test.each([
    ['208.65.153.238', '208.65.153.128/25'],
    ['208.65.153.1', '208.65.153.0/24'],
    ['208.65.154.1', '208.65.152.0/22'],
    ['8.8.8.8', '0.0.0.0/0'],
    ['2001:db8::1', '2001:db8::/32'],
    ['2001:db9::1', '::/0'],
  ])('%s goes to %s', (address, want) => {
    expect(names[trie.longest(parsePrefix(address)) ?? -1]).toBe(want);
  });

  test('covering and covered', () => {
    expect(text(trie.covering(parsePrefix('208.65.153.0/24')))).toEqual([
      '0.0.0.0/0',
      '208.65.152.0/22',
      '208.65.153.0/24',
    ]);
    expect(text(trie.covered(parsePrefix('208.65.152.0/22')))).toEqual([
      '208.65.152.0/22',
      '208.65.153.0/24',
      '208.65.153.128/25',
    ]);
    expect(trie.covered(parsePrefix('208.65.160.0/20'))).toEqual([]);
  });
});

describe('VPNs', () => {
  test('do not see each other or the global table', () => {
    const trie = new PrefixTrie();
    const red = { ...parsePrefix('10.0.0.0/8'), rd: { high: 65000, low: 1 } };
    const blue = { ...parsePrefix('10.0.0.0/8'), rd: { high: 65000, low: 2 } };
    trie.insert(red, 1);
    trie.insert(blue, 2);
    expect(trie.exact(red)).toBe(1);
    expect(trie.longest({ ...parsePrefix('10.1.0.0/16'), rd: blue.rd })).toBe(2);
    expect(trie.longest(parsePrefix('10.1.0.0/16'))).toBeUndefined();
    expect(trie.delete(red)).toBe(true);
    expect([trie.size, trie.exact(red), trie.exact(blue)]).toEqual([1, undefined, 2]);
  });
});

test('a full trie refuses new prefixes, counts them, and still takes new values', () => {
  const trie = new PrefixTrie(1);
  expect(trie.insert(parsePrefix('10.0.0.0/8'), 1)).toBe('new');
  expect(trie.insert(parsePrefix('11.0.0.0/8'), 2)).toBe('full');
  expect(trie.insert(parsePrefix('10.0.0.0/8'), 3)).toBe('replaced');
  expect([trie.size, trie.refused, trie.exact(parsePrefix('10.0.0.0/8'))]).toEqual([1, 1, 3]);
});
