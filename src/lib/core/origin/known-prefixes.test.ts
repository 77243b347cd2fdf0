import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TABLE } from '../elem/batch.ts';
import { BatchBuilder } from '../elem/builder.ts';
import { formatPrefix, parsePrefix } from '../prefix/prefix.ts';
import { KnownPrefixes } from './known-prefixes.ts';

function add(known: KnownPrefixes, text: string): number {
  const { isV6, bits, words } = parsePrefix(text);
  const builder = new BatchBuilder(1);
  builder.prefixes.intern(isV6 ? TABLE.ipv6 : TABLE.ipv4, bits, ...words);
  const table = builder.take().prefixes;
  const found = known.find(table, 0);
  return found === -1 ? known.add(table, 0, 100) : found;
}

test('covering is the most specific one that is accepted', () => {
  const known = new KnownPrefixes(100);
  const [all, wide, near, inside] = ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.0/23', '10.1.2.0/24'].map((text) =>
    add(known, text),
  );
  expect(known.covering(inside!, () => true)).toBe(near);
  expect(known.covering(inside!, (id) => id !== near)).toBe(wide);
  expect(known.covering(all!, () => true)).toBe(-1);
});

test('removed prefixes are forgotten and their room is used again', () => {
  const known = new KnownPrefixes(2);
  const first = add(known, '10.0.0.0/8');
  add(known, '11.0.0.0/8');
  expect(add(known, '12.0.0.0/8')).toBe(-1);
  expect(known.refused).toBe(1);
  known.remove(first);
  expect(add(known, '12.0.0.0/8')).toBe(first);
  expect(known.text(first)).toBe('12.0.0.0/8');
});

test('agrees with comparing every prefix', () => {
  const prefix = fc
    .tuple(fc.boolean(), fc.integer({ min: 1, max: 64 }), fc.nat(7), fc.nat(7))
    .map(([isV6, length, high, low]) => {
      const bits = isV6 ? length : (length % 32) + 1;
      return formatPrefix(
        isV6,
        bits,
        parsePrefix(formatPrefix(isV6, bits, [(high << 29) >>> 0, (low << 29) >>> 0, 0, 0])).words,
      );
    });
  fc.assert(
    fc.property(fc.array(prefix, { maxLength: 20 }), (texts) => {
      const known = new KnownPrefixes(1000);
      const ids = new Map(texts.map((text) => [text, add(known, text)]));
      expect(known.length).toBe(ids.size);
      for (const [text, id] of ids) {
        const want = [...ids]
          .filter(([other, otherId]) => other !== text && known.isCoveredBy(id, otherId))
          .sort(([a], [b]) => parsePrefix(b).bits - parsePrefix(a).bits)[0];
        expect(known.covering(id, () => true)).toBe(want?.[1] ?? -1);
      }
    }),
    { numRuns: 200 },
  );
});
