import { expect, test } from 'vitest';
import type { ElemFilter } from '#core/elem/filter.ts';
import { filterChips, mergeFilters, withoutChip } from './filter-chips.ts';

const labels = (filter: ElemFilter | null): string[] => filterChips(filter).map((chip) => chip.label);

test.each<[string, ElemFilter | null, string[]]>([
  ['none', null, []],
  ['ASNs', { asns: [3333, 17557] }, ['AS3333', 'AS17557']],
  ['within a prefix', { prefixes: ['10.0.0.0/8'] }, ['10.0.0.0/8 and more specifics']],
  ['exact prefix', { prefixes: ['10.0.0.0/8'], moreSpecific: false }, ['10.0.0.0/8 exactly']],
  [
    'covering',
    { prefixes: ['10.1.2.3/32'], moreSpecific: false, lessSpecific: true },
    ['10.1.2.3/32 and what covers it'],
  ],
  ['vantage', { collectors: ['rrc00'], peers: ['192.0.2.1'] }, ['collector rrc00', 'peer 192.0.2.1']],
  [
    'kinds',
    { tables: ['ipv6'], kinds: ['announce', 'withdraw', 'state'] },
    ['ipv6 table', 'announcements', 'withdrawals', 'state changes'],
  ],
])('chips say what is shown: %s', (_name, filter, want) => expect(labels(filter)).toEqual(want));

test('values of one member are alternatives, members are conditions', () => {
  const chips = filterChips({ asns: [1, 2], kinds: ['announce'] });
  expect(chips.map((chip) => chip.orNext)).toEqual([true, false, false]);
});

test('removing the last value of a member removes the member', () => {
  const filter: ElemFilter = { asns: [1], prefixes: ['10.0.0.0/8'], moreSpecific: false };
  expect(withoutChip(filter, { member: 'prefixes', value: '10.0.0.0/8' })).toEqual({ asns: [1] });
  expect(withoutChip({ asns: [1] }, { member: 'asns', value: 1 })).toBeNull();
});

test('merging adds values once and takes over how prefixes match', () => {
  expect(mergeFilters({ asns: [1] }, { asns: [1, 2], kinds: ['withdraw'] })).toEqual({
    asns: [1, 2],
    kinds: ['withdraw'],
  });
  const exact: ElemFilter = { prefixes: ['10.0.0.0/8'], moreSpecific: false };
  expect(mergeFilters(exact, { prefixes: ['11.0.0.0/8'] })).toEqual({
    prefixes: ['10.0.0.0/8', '11.0.0.0/8'],
  });
  expect(mergeFilters(exact, { asns: [5] })).toEqual({ ...exact, asns: [5] });
});
