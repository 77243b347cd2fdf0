import { expect, test } from 'vitest';
import type { ElemFilter } from '#core/elem/filter.ts';
import type { Known } from './omnibox.ts';
import { readOmnibox } from './omnibox.ts';

const known: Known = {
  collectors: [
    { collector: 'rrc00', vantages: 2 },
    { collector: 'route-views2', vantages: 1 },
  ],
  vantages: [
    { collector: 'rrc00', peerAddress: '193.0.0.56', peerAsn: 3333 },
    { collector: 'rrc00', peerAddress: '2001:7f8::1', peerAsn: 3333 },
    { collector: 'route-views2', peerAddress: '4.69.184.193', peerAsn: 3356 },
  ],
};

test.each<[string, string, string, ElemFilter]>([
  ['AS3333', 'AS3333', 'anywhere on the path, or as the peer', { asns: [3333] }],
  ['as3333', 'AS3333', 'anywhere on the path, or as the peer', { asns: [3333] }],
  ['AS 3333', 'AS3333', 'anywhere on the path, or as the peer', { asns: [3333] }],
  ['asn3333', 'AS3333', 'anywhere on the path, or as the peer', { asns: [3333] }],
  ['3333', 'AS3333', 'anywhere on the path, or as the peer', { asns: [3333] }],
  [' 3.3333 ', 'AS199941', 'anywhere on the path, or as the peer (asdot 3.3333)', { asns: [199941] }],
  ['193.0.0.0/21', '193.0.0.0/21', 'and more specifics', { prefixes: ['193.0.0.0/21'] }],
  [
    '193.0.6.139/21',
    '193.0.0.0/21',
    'and more specifics (host bits cut off)',
    { prefixes: ['193.0.0.0/21'] },
  ],
  ['2001:DB8::/32', '2001:db8::/32', 'and more specifics', { prefixes: ['2001:db8::/32'] }],
  [
    '208.65.153.238',
    '208.65.153.238',
    'prefixes that cover it',
    { prefixes: ['208.65.153.238/32'], moreSpecific: false, lessSpecific: true },
  ],
  [
    '2001:DB8:0:0::1',
    '2001:db8::1',
    'prefixes that cover it',
    { prefixes: ['2001:db8::1/128'], moreSpecific: false, lessSpecific: true },
  ],
  ['rrc00', 'rrc00', 'collector, 2 vantages', { collectors: ['rrc00'] }],
  ['VIEWS', 'route-views2', 'collector, 1 vantage', { collectors: ['route-views2'] }],
  ['withdrawals', 'withdrawals', 'only', { kinds: ['withdraw'] }],
  ['v6', 'IPv6', 'table only', { tables: ['ipv6'] }],
])('%s is understood as %s, %s', (text, subject, meaning, filter) => {
  expect(readOmnibox(text, known).options[0]).toEqual({ subject, meaning, filter });
});

test('a prefix offers its three ways to match', () => {
  const { options } = readOmnibox('10.0.0.0/8', known);
  expect(options.map((option) => option.meaning)).toEqual([
    'and more specifics',
    'exactly',
    'and what covers it',
    'its page: origins, paths, RPKI',
  ]);
  expect(options[3]?.path).toBe('/prefix/10.0.0.0/8');
});

test('an AS, an address and an incident lead to their pages', () => {
  const path = (text: string, all: Known = known) =>
    readOmnibox(text, all).options.flatMap((option) => option.path ?? []);
  expect(path('3.3333')).toEqual(['/as/AS199941']);
  expect(path('208.65.153.238')).toEqual(['/prefix/208.65.153.238']);
  expect(path('b54a78f5c2e7ba8d')).toEqual(['/incidents/b54a78f5c2e7ba8d']);
  const incident = {
    id: 'b54a78f5c2e7ba8d',
    type: 'subprefix-hijack',
    state: 'ongoing',
    prefixes: ['208.65.153.0/24'],
    victims: [36561],
    culprits: [17557],
  } as const;
  const busy = { ...known, incidents: [incident] };
  for (const text of ['b54a', 'AS17557', '36561', '208.65.153.0/24']) {
    expect(path(text, busy), text).toContain('/incidents/b54a78f5c2e7ba8d');
  }
  expect(path('AS3333', busy)).toEqual(['/as/AS3333']);
});

test('an AS that peers here, and a peer address, offer the vantages too', () => {
  expect(readOmnibox('3333', known).options[1]?.filter).toEqual({ peers: ['193.0.0.56', '2001:7f8::1'] });
  expect(readOmnibox('4.69.184.193', known).options[1]).toEqual({
    subject: '4.69.184.193',
    meaning: 'as the peer: AS3356 at route-views2',
    filter: { peers: ['4.69.184.193'] },
  });
});

test('several words narrow together', () => {
  expect(readOmnibox('208.65.152.0/22 AS 17557 announcements', known).options).toEqual([
    {
      subject: '208.65.152.0/22 · AS17557 · announcements',
      meaning: 'together',
      filter: { prefixes: ['208.65.152.0/22'], asns: [17557], kinds: ['announce'] },
    },
  ]);
});

test.each([
  ['', ''],
  ['   ', ''],
  ['193.0.0.', 'An IPv4 address or prefix is not complete yet.'],
  ['193.0.0.0/', 'An IPv4 address or prefix is not complete yet.'],
  ['2001:db8', 'An IPv6 address or prefix is not complete yet.'],
  ['xyzzy', '“xyzzy” is not understood. Try AS3333, 193.0.0.0/21, an address, a collector, or an incident.'],
  [
    'AS3333 xyzzy',
    '“xyzzy” is not understood. Try AS3333, 193.0.0.0/21, an address, a collector, or an incident.',
  ],
  [
    'AS4294967296',
    '“AS4294967296” is not understood. Try AS3333, 193.0.0.0/21, an address, a collector, or an incident.',
  ],
])('"%s" offers nothing and says why', (text, hint) => {
  expect(readOmnibox(text, known)).toEqual({ options: [], hint });
});
