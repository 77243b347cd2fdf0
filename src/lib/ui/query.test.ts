import { expect, test } from 'vitest';
import type { ElemFilter } from '#core/elem/filter.ts';
import { formatQuery, parseQuery, tidyFilter } from './query.ts';

const read = (text: string) => parseQuery(new URLSearchParams(text));

test.each<[string, ElemFilter | null, string]>([
  ['no filter', null, ''],
  ['one ASN', { asns: [17557] }, '?as=17557'],
  ['two ASNs', { asns: [17557, 36561] }, '?as=17557,36561'],
  ['prefix and more specifics', { prefixes: ['208.65.152.0/22'] }, '?prefix=208.65.152.0/22'],
  ['exact prefix', { prefixes: ['10.0.0.0/8'], moreSpecific: false }, '?prefix=10.0.0.0/8&match=exact'],
  [
    'covering prefixes',
    { prefixes: ['193.0.6.139/32'], moreSpecific: false, lessSpecific: true },
    '?prefix=193.0.6.139/32&match=covering',
  ],
  ['both ways', { prefixes: ['2001:db8::/32'], lessSpecific: true }, '?prefix=2001:db8::/32&match=both'],
  ['vantage', { collectors: ['rrc00'], peers: ['2001:7f8::1'] }, '?collector=rrc00&peer=2001:7f8::1'],
  ['kind and table', { tables: ['ipv6'], kinds: ['withdraw', 'state'] }, '?table=ipv6&kind=withdraw,state'],
])('%s survives the address bar', (_name, filter, text) => {
  expect(formatQuery(filter)).toBe(text);
  expect(read(text)).toEqual({ filter, window: null, ignored: [] });
});

test('values are made canonical and doubles dropped', () => {
  expect(read('prefix=193.0.6.139/21,193.0.0.0/21,2001:DB8::/32&peer=2001:DB8:0::1').filter).toEqual({
    prefixes: ['193.0.0.0/21', '2001:db8::/32'],
    peers: ['2001:db8::1'],
  });
});

test.each([
  ['as=x', 'as=x'],
  ['as=4294967296', 'as=4294967296'],
  ['prefix=300.0.0.0/8', 'prefix=300.0.0.0/8'],
  ['match=sideways', 'match=sideways'],
  ['kind=shout', 'kind=shout'],
  ['collector=<b>', 'collector=<b>'],
])('%s is reported, not applied', (text, ignored) => {
  expect(read(text)).toEqual({ filter: null, window: null, ignored: [ignored] });
});

test('a good member of a bad link still applies', () => {
  expect(read('as=3333,nonsense')).toEqual({
    filter: { asns: [3333] },
    window: null,
    ignored: ['as=nonsense'],
  });
});

test('no more values than the relay accepts', () => {
  const many = Array.from({ length: 40 }, (_, i) => i + 1);
  const query = read(`as=${many.join(',')}`);
  expect(query.filter?.asns).toHaveLength(32);
  expect(query.ignored).toHaveLength(8);
});

test('a brushed window is UTC seconds', () => {
  const window = { fromS: Date.UTC(2008, 1, 24, 18, 45) / 1000, toS: Date.UTC(2008, 1, 24, 18, 50) / 1000 };
  const text = formatQuery(null, window);
  expect(text).toBe('?from=2008-02-24T18:45:00Z&to=2008-02-24T18:50:00Z');
  expect(read(text)).toEqual({ filter: null, window, ignored: [] });
  expect(read('from=2008-02-24T18:50:00Z&to=2008-02-24T18:45:00Z').window).toBeNull();
});

test('an empty filter is no filter', () => {
  expect(tidyFilter({ asns: [], moreSpecific: false, lessSpecific: true })).toBeNull();
});
