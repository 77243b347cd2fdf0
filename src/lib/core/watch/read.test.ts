import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asnSetItems, asnSetOf, hasAsn } from './asn-set.ts';
import { WatchMistakes } from './mistakes.ts';
import { readWatchList, watchFormatOf } from './read.ts';
import { MONITORS, minPeersOf } from './watch-list.ts';
import { writeBgpalerter, writeOwn } from './write.ts';

function mistakes(value: unknown): string[] {
  try {
    readWatchList(value);
  } catch (error) {
    expect(error).toBeInstanceOf(WatchMistakes);
    expect(error).toMatchObject({ code: 'WATCH_BAD' });
    return (error as WatchMistakes).message.replace('WATCH_BAD: ', '').split('\n  ');
  }
  return [];
}

test.each([
  [{ watch: 1 }, 'routescope'],
  [{ rules: [], prefixes: {} }, 'artemis'],
  [{ '192.0.2.0/24': {} }, 'bgpalerter'],
  [{ options: {} }, 'bgpalerter'],
] as const)('%j is %s', (value, format) => {
  expect(watchFormatOf(value)).toBe(format);
});

describe('BGPalerter prefixes.yml', () => {
  const file = {
    '94.5.4.3/22': {
      asn: [2914, 'AS3333'],
      description: 'mine',
      ignoreMorespecifics: true,
      ignore: false,
      group: ['a', 'b'],
      excludeMonitors: ['withdrawal-detection', 'path-matching', 'my-own-name'],
      path: [{ match: '.*2914$', notMatch: '5060', maxLength: 4, minLength: 2, matchDescription: 'why' }],
    },
    '2001:db8::/32': {
      asn: '13335',
      includeMonitors: ['prefix-detection'],
      path: { match: 'x', minLength: 9 },
    },
    options: { monitorASns: { 2914: { group: 'g', upstreams: [1], downstreams: null }, 3333: null } },
  };

  test('is read as it is', () => {
    const list = readWatchList(file);
    expect(list.format).toBe('bgpalerter');
    const [first, second] = list.rules;
    expect(first).toMatchObject({
      at: '94.5.4.3/22',
      label: 'mine',
      groups: ['a', 'b'],
      prefixes: [{ text: '94.5.4.0/22', minBits: 22, maxBits: 22 }],
      moreSpecifics: 'ignore',
      pathRules: [{ match: '.*2914$', notMatch: '5060', minLength: 2, maxLength: 4, label: 'why' }],
      monitors: ['hijack', 'new-prefix', 'neighbors', 'asn', 'rpki', 'roa'],
    });
    expect(asnSetItems(first!.origins)).toEqual([2914, 3333]);
    expect(second).toMatchObject({ monitors: ['new-prefix'], moreSpecifics: 'alert', groups: [] });
    expect(second!.pathRules[0]).toMatchObject({ minLength: null });
    const [as, other] = list.ases;
    expect(as).toMatchObject({
      asn: 2914,
      groups: ['g'],
      upstreams: { ranges: [1, 1] },
      downstreams: { ranges: [] },
    });
    expect(other).toMatchObject({ asn: 3333, upstreams: null, downstreams: null });
    expect(list.warnings).toEqual([
      '["94.5.4.3/22"].excludeMonitors: there is no monitor "my-own-name"',
      '["2001:db8::/32"].path: minLength without maxLength has no effect, as in BGPalerter',
    ]);
  });

  test('all mistakes are told together, each with its place', () => {
    expect(
      mistakes({
        'not a prefix': { asn: 1 },
        '192.0.2.0/24': { asn: 'x', ignore: 'maybe', path: { match: '(' }, colour: 'red' },
        '198.51.100.0/24': null,
        '203.0.113.0/24': { description: 'no asn' },
        options: { monitorASns: { x: {} } },
      }),
    ).toEqual([
      '["not a prefix"]: "not a prefix" is not a prefix',
      '["192.0.2.0/24"].colour: is not known here',
      '["192.0.2.0/24"].asn: "x" is not an AS number',
      '["192.0.2.0/24"].asn: no AS number',
      '["192.0.2.0/24"].path.match: "(" without ")" in pattern "("',
      '["192.0.2.0/24"].ignore: expected true or false, found "maybe"',
      '["198.51.100.0/24"]: expected a mapping, found null',
      '["203.0.113.0/24"].asn: no AS number',
      'options.monitorASns.x: "x" is not an AS number',
    ]);
  });
});

describe('ARTEMIS config.yaml', () => {
  test('rules with lists of lists, ranges, wildcards and operators', () => {
    const list = readWatchList({
      prefixes: { mine: ['192.0.2.0/24', ['198.51.100.0/22^23-24']], spare: '203.0.113.0/24' },
      monitors: { riperis: [''], bgpstreamlive: ['routeviews'] },
      asns: { me: 10, range: ['64512 - 64515'], RIPE_WHOIS_AS_SET_AS_X: [] },
      rules: [
        {
          prefixes: [['192.0.2.0/24', ['198.51.100.0/22^23-24']]],
          origin_asns: [[10, ['64512 - 64515']]],
          neighbors: '*',
          policies: ['no-export'],
          mitigation: 'manual',
          community_annotations: [{ critical: ['in', ['1:1']] }],
        },
        { prefixes: ['203.0.113.0/24'] },
        { prefixes: ['203.0.113.0/24'], origin_asns: '*', prepend_seq: [[1, 2], [3]] },
      ],
    });
    expect(list).toMatchObject({ format: 'artemis', minPeers: { hijack: 1 } });
    expect(minPeersOf(list, null, 'hijack')).toBe(1);
    const [first, squat, any] = list.rules;
    expect(first!.prefixes.map(({ text, minBits, maxBits }) => [text, minBits, maxBits])).toEqual([
      ['192.0.2.0/24', 24, 24],
      ['198.51.100.0/22', 23, 24],
    ]);
    expect(asnSetItems(first!.origins)).toEqual([10, '64512-64515']);
    expect(first).toMatchObject({ neighbors: { isAny: true }, isNoExport: true });
    expect(squat!.origins).toEqual({ isAny: false, ranges: [] });
    expect(any).toMatchObject({ origins: { isAny: true }, prependSeqs: [[1, 2], [3]] });
    expect(list.warnings).toEqual([
      'asns.RIPE_WHOIS_AS_SET_AS_X: AS-SETs are not looked up: the list is empty',
      'monitors: feeds are chosen elsewhere',
    ]);
  });

  test('all mistakes are told together, each with its place', () => {
    expect(
      mistakes({
        prefixes: { a: '10.0.0.0/8^4' },
        asns: { b: ['9-1'] },
        rules: [
          { prefixes: ['10.0.0.0/33'], origin_asns: [4294967296, 3.1] },
          { prefixes: ['10.0.0.0/8'], neighbors: [1], prepend_seq: [[2]], policies: ['no-export'] },
          { prefixes: ['10.0.0.0/8'], prepend_seq: [2] },
          'rule',
          {},
        ],
        extra: 1,
      }),
    ).toEqual([
      'extra: is not known here',
      'prefixes.a: "10.0.0.0/8^4": no prefixes of such lengths',
      'asns.b[0]: "9-1" is not a range of AS numbers',
      'rules[0].prefixes[0]: "10.0.0.0/33" is not a prefix',
      'rules[0].prefixes: no prefix',
      'rules[0].origin_asns[0]: 4294967296 is not an AS number',
      'rules[0].origin_asns[1]: 3.1 is not an AS number',
      'rules[1].prepend_seq: cannot stand with neighbors or policies in one rule',
      'rules[2].prepend_seq[0]: expected a list of AS numbers, found 2',
      'rules[3]: expected a mapping, found "rule"',
      'rules[4].prefixes: no prefix',
    ]);
  });
});

describe('the own format', () => {
  const file = {
    watch: 1,
    minPeers: { hijack: 2 },
    prefixes: [
      {
        prefixes: ['192.0.2.0/24', '2001:db8::/32^32-48'],
        label: 'all of it',
        groups: ['noc'],
        origins: [10, '20-30'],
        neighbors: [1, 2],
        prependSeqs: [[5, 6]],
        noExport: true,
        moreSpecifics: 'allow',
        paths: [{ match: '66', maxLength: 9, label: 'odd' }],
        monitors: ['hijack', 'path'],
        minPeers: { path: 5 },
        ignore: true,
      },
      { prefixes: '198.51.100.0/24', origins: '*', monitors: ['-rpki'] },
    ],
    asns: [
      { asn: 10, upstreams: [], downstreams: ['*'], monitors: ['neighbors'] },
      { asn: 'AS20', label: 'other' },
    ],
  };

  test('is read and written back', () => {
    const list = readWatchList(file);
    expect(writeOwn(list)).toEqual({
      ...file,
      prefixes: [
        file.prefixes[0],
        {
          prefixes: ['198.51.100.0/24'],
          origins: ['*'],
          monitors: MONITORS.filter((monitor) => monitor !== 'rpki'),
        },
      ],
      asns: [file.asns[0], { asn: 20, label: 'other' }],
    });
  });

  test.each([
    [{ watch: 2, asns: [{ asn: 1 }] }, ['watch: expected version 1']],
    [{ watch: 1 }, ['the file: nothing to watch']],
    [
      { watch: 1, prefixes: {} },
      ['prefixes: expected a list of up to 20000 entries', 'the file: nothing to watch'],
    ],
    [
      {
        watch: 1,
        prefixes: [{ prefixes: ['192.0.2.0/24'], moreSpecifics: 'no', minPeers: { hijack: -1, x: 1 } }],
      },
      [
        'prefixes[0].moreSpecifics: expected alert, allow, ignore, found "no"',
        'prefixes[0].minPeers.x: is not known here',
        'prefixes[0].minPeers.hijack: expected a whole number from 0 to 100000, found -1',
      ],
    ],
    [
      { watch: 1, asns: [{ asn: 1, monitors: ['hijak'] }] },
      [`asns[0].monitors: there is no monitor "hijak": ${MONITORS.join(', ')}`],
    ],
  ])('%j is refused', (value, want) => {
    expect(mistakes(value)).toEqual(want);
  });

  test('every list survives being written and read again', () => {
    const asns = fc.oneof(
      fc.constant('*'),
      fc.array(
        fc.oneof(
          fc.nat(70_000),
          fc.nat(1000).map((n) => `${n}-${n + 5}`),
        ),
        { minLength: 1, maxLength: 6 },
      ),
    );
    const bits = fc.integer({ min: 8, max: 24 });
    const prefix = fc
      .tuple(fc.integer({ min: 1, max: 223 }), bits, fc.constantFrom('', '^-', '^+', '^28', '^25-32'))
      .map(([octet, length, operator]) => `${octet}.0.0.0/${length}${operator}`);
    const rule = fc.record(
      {
        prefixes: fc.array(prefix, { minLength: 1, maxLength: 4 }),
        origins: asns,
        neighbors: asns,
        label: fc.string({ maxLength: 20 }),
        groups: fc.array(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 3 }),
        noExport: fc.boolean(),
        moreSpecifics: fc.constantFrom('alert', 'allow', 'ignore'),
        monitors: fc.subarray([...MONITORS]),
        ignore: fc.boolean(),
        paths: fc.array(fc.record({ match: fc.constantFrom('1', '^2$'), minLength: fc.nat(9) }), {
          maxLength: 2,
        }),
      },
      { requiredKeys: ['prefixes'] },
    );
    fc.assert(
      fc.property(fc.array(rule, { minLength: 1, maxLength: 5 }), (rules) => {
        const list = readWatchList({ watch: 1, prefixes: rules });
        expect(readWatchList(writeOwn(list))).toEqual(list);
      }),
      { numRuns: 300 },
    );
  });
});

describe('written as BGPalerter', () => {
  test('what it has words for survives', () => {
    const file = {
      '192.0.2.0/24': {
        description: 'mine',
        asn: 10,
        ignoreMorespecifics: false,
        ignore: false,
        group: 'noc',
        excludeMonitors: ['rpki-monitor'],
        path: [{ match: '66', maxLength: 3, matchDescription: 'odd' }],
      },
      options: { monitorASns: { 10: { group: 'default', upstreams: [1, 2] } } },
    };
    expect(writeBgpalerter(readWatchList(file))).toEqual({ value: file, losses: [] });
  });

  test('what it has no words for is told', () => {
    const { losses } = writeBgpalerter(
      readWatchList({
        rules: [
          { prefixes: ['10.0.0.0/8^-'], origin_asns: [1] },
          { prefixes: ['192.0.2.0/24'], origin_asns: [1], neighbors: [2] },
          { prefixes: ['192.0.2.0/24'], origin_asns: [3] },
          { prefixes: ['198.51.100.0/24'], origin_asns: '*' },
        ],
      }),
    );
    expect(losses).toEqual([
      'rules[0]: 10.0.0.0/8^9-32',
      'rules[1]: neighbours, prepend sequences and no-export',
      'rules[2]: a second rule for 192.0.2.0/24',
      'rules[3]: its origins are no short list of AS numbers',
    ]);
  });
});

test('sets of AS numbers have what was put in', () => {
  const pairs = fc.array(
    fc.tuple(fc.nat(60), fc.nat(5)).map(([first, n]) => [first, first + n] as [number, number]),
    {
      maxLength: 10,
    },
  );
  fc.assert(
    fc.property(pairs, (given) => {
      const set = asnSetOf(given);
      for (let asn = 0; asn < 70; asn++) {
        expect(hasAsn(set, asn)).toBe(given.some(([first, last]) => asn >= first && asn <= last));
      }
    }),
  );
});
