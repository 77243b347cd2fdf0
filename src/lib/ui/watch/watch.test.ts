import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parsePrefix } from '#core/prefix/prefix.ts';
import { covers, isWatched } from './match.ts';
import { bgpalerterText, EXAMPLE, ownText, understand } from './understand.ts';

const data = process.env['ROUTESCOPE_DATA'] ?? '../shared/data';

test.each([
  ['10.0.0.0/8', '10.1.0.0/16', true],
  ['10.0.0.0/8', '10.0.0.0/8', true],
  ['10.1.0.0/16', '10.0.0.0/8', false],
  ['10.0.0.0/8', '11.0.0.0/16', false],
  ['0.0.0.0/0', '255.255.255.255/32', true],
  ['2001:db8::/33', '2001:db8:8000::/48', false],
  ['2001:db8::/33', '2001:db8:7fff::/48', true],
  ['::/0', '10.0.0.0/8', false],
])('%s covers %s: %s', (a, b, want) => expect(covers(parsePrefix(a), parsePrefix(b))).toBe(want));

test('the example is understood, and so is what it is exported as', () => {
  const read = understand(EXAMPLE);
  expect(read.ok && [read.list.rules.length, read.list.ases.length]).toEqual([1, 1]);
  if (!read.ok) return;
  const again = understand(ownText(read.list));
  expect(again.ok && again.list.rules[0]?.prefixes.map(({ text }) => text)).toEqual([
    '192.0.2.0/24',
    '2001:db8::/32',
  ]);
  const { text, losses } = bgpalerterText(read.list);
  expect(understand(text)).toMatchObject({ ok: true, list: { format: 'bgpalerter' } });
  expect(losses.join()).toContain('neighbours');
});

test('mistakes come with their lines, all at once', () => {
  const read = understand('watch: 1\nprefixes:\n  - prefixes: [10.0.0.0/40]\n    origins: [x]\n');
  expect(read.ok).toBe(false);
  if (read.ok) return;
  expect([...new Set(read.mistakes.map(({ line }) => line))]).toEqual([3, 4]);
});

test('what is no YAML says where', () => {
  const read = understand('watch: 1\nprefixes: [\n');
  expect(read).toMatchObject({ ok: false, mistakes: [{ place: 'not YAML' }] });
});

test('incidents of a watch list: watched space, inside and around it, and watched AS numbers', () => {
  const read = understand(EXAMPLE);
  if (!read.ok) throw new Error('the example must be right');
  const about = (prefixes: string[], victims: number[] = [], culprits: number[] = []) =>
    isWatched(read.list, { prefixes, victims, culprits });
  expect(about(['192.0.2.128/25'])).toBe(true);
  expect(about(['192.0.0.0/16'])).toBe(true);
  expect(about(['198.51.100.0/24'])).toBe(false);
  expect(about([], [64500])).toBe(true);
  expect(about([], [64501])).toBe(false);
});

const real = join(data, 'vectors/bgpalerter/prefixes.test.yml');
test.skipIf(!existsSync(real))('BGPalerter’s own test list is understood', () => {
  const read = understand(readFileSync(real, 'utf8'));
  expect(read).toMatchObject({ ok: true, list: { format: 'bgpalerter' } });
  expect(read.ok && read.list.rules.length).toBeGreaterThan(5);
});
