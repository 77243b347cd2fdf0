import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const source = readFileSync(new URL('./error.ts', import.meta.url), 'utf8');
const docs = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
const codes = [...source.matchAll(/\| '([A-Z0-9_]+)'/g)].map(([, code]) => code!);

test('there are codes to check', () => {
  expect(codes.length).toBeGreaterThan(20);
});

test.each(codes)('%s has a row in docs/errors.md', (code) => {
  expect(docs.includes(`| \`${code}\` |`)).toBe(true);
});
