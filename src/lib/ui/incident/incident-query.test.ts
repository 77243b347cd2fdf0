import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ListQuery } from './incident-query.ts';
import { formatListQuery, isNarrowed, parseListQuery } from './incident-query.ts';
import { LEVELS, STATES } from './signs.ts';
import { TYPES } from './words.ts';

const parse = (search: string): ListQuery => parseListQuery(new URLSearchParams(search));
const plain: ListQuery = {
  states: [],
  levels: [],
  types: [],
  text: '',
  order: 'active',
  lowVisibility: false,
  earlier: false,
};

test.each<[string, string, Partial<ListQuery>]>([
  ['nothing asks for all that is raised', '', {}],
  ['states in their fixed order', '?state=resolved,ongoing', { states: ['ongoing', 'resolved'] }],
  ['level and type', '?level=high&type=moas,squatting', { levels: ['high'], types: ['squatting', 'moas'] }],
  ['words', '?q=AS17557%20208.65.153.0/24', { text: 'AS17557 208.65.153.0/24' }],
  [
    'order and what is hidden at first',
    '?order=newest&low=1&earlier=1',
    { order: 'newest', lowVisibility: true, earlier: true },
  ],
  ['what is not known is left out', '?state=gone&level=very&type=x&order=y&low=yes', {}],
])('%s', (_name, search, want) => expect(parse(search)).toEqual({ ...plain, ...want }));

test('what is written is read back, beside what other parts keep in the address', () => {
  const query = fc.record({
    states: fc.subarray([...STATES]),
    levels: fc.subarray([...LEVELS]),
    types: fc.subarray([...TYPES]),
    text: fc.string({ maxLength: 200 }),
    order: fc.constantFrom('active', 'newest', 'confidence'),
    lowVisibility: fc.boolean(),
    earlier: fc.boolean(),
  });
  fc.assert(
    fc.property(query, (asked) => {
      expect(parse(formatListQuery(asked as ListQuery, '?as=17557'))).toEqual(asked);
    }),
  );
});

test('order and hidden groups do not narrow', () => {
  expect(isNarrowed({ ...plain, order: 'newest', lowVisibility: true })).toBe(false);
  expect(isNarrowed({ ...plain, text: 'x' })).toBe(true);
});
