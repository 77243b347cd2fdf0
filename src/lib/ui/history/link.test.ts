import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatLink, formatTime, NO_PARAMS, parseLink, parseTime } from './link.ts';

const read = (href: string) => {
  const url = new URL(href, 'http://x');
  return parseLink(url.searchParams, url.hash);
};

test('an address without anything asks the first question of the recording', () => {
  expect(read('/history')).toEqual({ question: 'updates', data: 'recording', params: NO_PARAMS, sql: '' });
});

test('a link says all that is shown, and SQL stays in the fragment', () => {
  const link = {
    question: 'prefix',
    data: 'replay:x.rsl',
    params: { ...NO_PARAMS, fromUs: 1_203_878_820_000_000, prefix: '10.0.0.0/8' },
    sql: '',
  };
  expect(formatLink(link)).toBe(
    '/history?q=prefix&data=replay%3Ax.rsl&from=2008-02-24T18%3A47Z&prefix=10.0.0.0%2F8',
  );
  const sql = formatLink({ ...link, question: 'sql', sql: 'SELECT 1 # ?\n%' });
  expect(sql).toBe('/history?q=sql&data=replay%3Ax.rsl#SELECT%201%20%23%20%3F%0A%25');
  expect(read(sql)).toMatchObject({ question: 'sql', sql: 'SELECT 1 # ?\n%' });
});

test('what is read from a link is what was written', () => {
  const us = fc.option(fc.integer({ min: 0, max: 4e15 }), { nil: null });
  const params = fc.record({
    fromUs: us,
    toUs: us,
    top: fc.constantFrom(10, 20, 50, 100, 500),
    stepMin: fc.integer({ min: 0, max: 10_080 }),
    prefix: fc.string({ maxLength: 40 }),
  });
  fc.assert(
    fc.property(params, fc.string({ maxLength: 40 }), (wanted, data) => {
      const link = { question: 'moas', data: data || 'recording', params: wanted, sql: '' };
      expect(read(formatLink(link))).toEqual(link);
    }),
  );
});

test.each([
  ['2008-02-24', 1_203_811_200_000_000],
  ['2008-02-24T18:47Z', 1_203_878_820_000_000],
  ['2008-02-24 18:47:57', 1_203_878_877_000_000],
  ['2008-02-24T18:47:57.5Z', 1_203_878_877_500_000],
  ['2008-02-24T18:47:57.000001Z', 1_203_878_877_000_001],
  ['2008-02-30T99:00', null],
  ['yesterday', null],
  ['', null],
])('%s is the time %s', (text, us) => {
  expect(parseTime(text)).toBe(us);
  if (us !== null) expect(parseTime(formatTime(us))).toBe(us);
});

test.each(['/history?top=7&step=-3&from=x', '/history?top=1e9&step=99999999', '/history#%E0%A4%A'])(
  'what is not understood is left out: %s',
  (href) => {
    expect(read(href)).toEqual({ question: 'updates', data: 'recording', params: NO_PARAMS, sql: '' });
  },
);
