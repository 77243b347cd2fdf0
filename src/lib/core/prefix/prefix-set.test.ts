import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PrefixKey } from './prefix.ts';
import { formatPrefix, parsePrefix } from './prefix.ts';
import { PrefixSet } from './prefix-set.ts';

function ask(set: PrefixSet, text: string) {
  const { isV6, bits, words } = parsePrefix(text);
  const v6 = isV6 ? 1 : 0;
  return {
    has: set.has(v6, bits, words),
    covers: set.covers(v6, bits, words),
    around: set.isAround(v6, bits, words),
  };
}

test.each([
  ['a member', '10.1.0.0/16', { has: true, covers: true, around: true }],
  ['inside a member', '10.1.2.0/24', { has: false, covers: true, around: false }],
  ['around a member', '10.0.0.0/8', { has: false, covers: false, around: true }],
  ['beside the members', '10.2.0.0/16', { has: false, covers: false, around: false }],
  ['same address, longer', '10.1.0.0/24', { has: false, covers: true, around: false }],
  ['same address bits, shorter', '10.0.0.0/15', { has: false, covers: false, around: true }],
  ['an IPv6 member', '2001:db8::/32', { has: true, covers: true, around: true }],
  ['inside an IPv6 member', '2001:db8:0:0:1::/80', { has: false, covers: true, around: false }],
  ['all of IPv6', '::/0', { has: false, covers: false, around: true }],
  ['all of IPv4', '0.0.0.0/0', { has: false, covers: false, around: true }],
])('%s', (_name, text, want) => {
  const set = new PrefixSet(['10.1.0.0/16', '192.0.2.0/24', '2001:db8::/32']);
  expect(ask(set, text)).toEqual(want);
});

const prefix = fc
  .tuple(
    fc.boolean(),
    fc.integer({ min: 0, max: 128 }),
    fc.array(fc.nat(0x3), { minLength: 4, maxLength: 4 }),
  )
  .map(([isV6, length, words]) => {
    // Few distinct addresses, so that prefixes meet.
    const bits = isV6 ? length : length % 33;
    const spread = words.map((word) => (word << 30) >>> 0);
    return parsePrefix(formatPrefix(isV6, bits, spread));
  });

test('agrees with asking every member', () => {
  fc.assert(
    fc.property(fc.array(prefix, { maxLength: 12 }), prefix, (members, asked) => {
      const text = (p: PrefixKey) => formatPrefix(p.isV6, p.bits, p.words);
      const cut = (p: PrefixKey, bits: number) => text(parsePrefix(text({ ...p, bits })));
      const inside = (a: PrefixKey, b: PrefixKey) =>
        a.isV6 === b.isV6 && a.bits >= b.bits && cut(a, b.bits) === text(b);
      const set = new PrefixSet(members.map(text));
      expect(ask(set, text(asked))).toEqual({
        has: members.some((member) => text(member) === text(asked)),
        covers: members.some((member) => inside(asked, member)),
        around: members.some((member) => inside(member, asked)),
      });
    }),
    { numRuns: 500 },
  );
});
