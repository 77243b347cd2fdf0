import { describe, expect, test } from 'vitest';
import type { Incident } from '../incident/incident.ts';
import { peers, Scenario } from './scenario.fixture.ts';

const ALL = peers(20);

function known(): Scenario {
  return new Scenario()
    .table('8.20.0.0/22', '3356 4200', ALL)
    .table('8.77.0.0/22', '174 5301', ALL)
    .table('8.95.0.0/22', '174 5500 4400', ALL);
}

function typed(scenario: Scenario, type: Incident['type'], options = {}): Incident[] {
  return scenario.run(options).incidents.filter((incident) => incident.type === type);
}

describe('forged paths', () => {
  test('a never-seen link next to the origin is E|1', () => {
    const found = typed(known().announce(100, '8.20.0.0/22', '174 5301 4200', ALL), 'forged-origin');
    expect(found[0]).toMatchObject({ artemis: 'E|1|-|-', culprits: [5301], victims: [4200] });
  });
  test('a known link is not', () => {
    expect(typed(known().announce(100, '8.20.0.0/22', '701 3356 4200', ALL), 'forged-origin')).toEqual([]);
  });
  test('a never-announced more-specific over a never-seen link further left is S|N', () => {
    const found = typed(known().announce(100, '8.95.1.0/24', '174 5301 5500 4400', ALL), 'forged-path');
    expect(found[0]).toMatchObject({ artemis: 'S|N|-|-', culprits: [5301], victims: [4400] });
  });
  test('many new links towards one origin are its own doing', () => {
    const scenario = known();
    for (const [i, upstream] of [9001, 9009, 9011, 9013, 9015].entries()) {
      scenario.announce(100 + i, '8.20.0.0/22', `174 ${upstream} 4200`, peers(4, 1 + i * 4));
    }
    scenario.announce(400, '8.77.0.0/22', '3356 5301', [1]);
    for (const { confidence } of typed(scenario, 'forged-origin')) expect(confidence).toBeLessThan(4);
  });
});

describe('route leaks', () => {
  test('a small AS between two transit-free networks', () => {
    const found = typed(known().announce(100, '8.20.0.0/22', '701 5301 3356 4200', ALL), 'route-leak');
    expect(found[0]).toMatchObject({ culprits: [5301] });
    expect(found[0]!.tags.map(({ name }) => name)).toContain('transit-free-sandwich');
  });
  test('a large one in that place is no news', () => {
    expect(typed(known().announce(100, '8.20.0.0/22', '701 1239 3356 4200', ALL), 'route-leak')).toEqual([]);
  });
  test.each([
    ['provider to provider', 'provider', 'provider', 'rfc7908-type-1'],
    ['peer to peer', 'peer', 'peer', 'rfc7908-type-2'],
    ['provider to peer', 'provider', 'peer', 'rfc7908-type-3'],
    ['peer to provider', 'peer', 'provider', 'rfc7908-type-4'],
  ] as const)('%s by the relationships given', (_name, from, to, rule) => {
    const relation = (a: number, b: number) =>
      b !== 5301 ? null : a === 5500 ? from : a === 9000 ? to : null;
    const scenario = known().announce(100, '8.95.0.0/22', '9000 5301 5500 4400', ALL);
    const [found] = typed(scenario, 'route-leak', { knowledge: { relation } });
    expect(found).toMatchObject({ culprits: [5301] });
    expect(found!.tags.map(({ name }) => name)).toContain(rule);
  });
  test('OTC set further right and an upward hop left of it (RFC 9234)', () => {
    const relation = (a: number, b: number) => (a === 9000 && b === 5301 ? ('provider' as const) : null);
    const scenario = known().announce(100, '8.95.0.0/22', '9000 5301 5500 4400', ALL, { otc: 5500 });
    const [found] = typed(scenario, 'route-leak', { knowledge: { relation } });
    expect(found!.tags.map(({ name }) => name)).toContain('only-to-customer');
  });
  test('hundreds of origins over a link nobody knew', () => {
    const scenario = known();
    for (let i = 0; i < 150; i++) scenario.table(`20.${i}.0.0/16`, `174 7000 ${20_000 + i}`, ALL);
    for (let i = 0; i < 150; i++)
      scenario.announce(100, `20.${i}.0.0/16`, `701 5301 174 7000 ${20_000 + i}`, peers(5));
    const [found] = typed(scenario, 'route-leak').filter(({ tags }) =>
      tags.some(({ name }) => name.startsWith('many-origins')),
    );
    expect(found).toMatchObject({ culprits: [5301] });
  });
});

test('mass origination: one AS originates prefixes of many', () => {
  const scenario = known();
  for (let i = 0; i < 30; i++) scenario.table(`20.${i}.0.0/16`, `174 7000 ${20_000 + i}`, ALL);
  for (let i = 0; i < 30; i++) scenario.announce(100 + i, `20.${i}.0.0/16`, '3356 4200', peers(5));
  const [found] = typed(scenario, 'mass-origination');
  expect(found).toMatchObject({ culprits: [4200], level: 'medium' });
});

describe('RPKI', () => {
  const rov = () => ({ state: 'invalid' as const, reason: 'length' as const, vrps: [] });
  test('an invalid new more-specific of the right origin', () => {
    const [found] = typed(known().announce(100, '8.20.1.0/24', '3356 4200', ALL), 'rpki-invalid', {
      knowledge: { rov },
    });
    expect(found!.tags).toContainEqual({ name: 'rpki-invalid-length', score: 3 });
  });
  test('without a validator the detector is silent and says so', () => {
    expect(known().run().engine.stats().silent).toContain('rpki-invalid');
  });
});

describe('bogons', () => {
  test.each(['10.1.0.0/16', '192.0.2.0/24', '2001:db8:1::/48', 'fc00:1::/32'])('%s', (prefix) => {
    expect(typed(known().announce(100, prefix, '174 5301', ALL), 'bogon-prefix')).toMatchObject([
      { culprits: [5301] },
    ]);
  });
  test.each(['9.9.9.0/24', '2a00:1::/32', '0.0.0.0/0'])('%s is none', (prefix) => {
    expect(typed(known().announce(100, prefix, '174 5301', ALL), 'bogon-prefix')).toEqual([]);
  });
  test.each([0, 23456, 64496, 65535, 65551, 100000, 4294967295])('AS %i on a path', (asn) => {
    const found = typed(known().announce(100, '8.77.0.0/22', `174 5500 ${asn} 5301`, ALL), 'bogon-asn');
    expect(found[0]).toMatchObject({ culprits: [5500] });
  });
});

describe('blackhole communities', () => {
  test.each([
    ['65535:666 on any prefix', '8.20.0.0/22', '65535:666', 1],
    ['a provider’s own on a host route', '8.20.0.1/32', '174:666', 1],
    ['a provider’s own on a usual prefix', '8.20.0.0/22', '174:666', 0],
  ])('%s', (_name, prefix, community, count) => {
    const scenario = known().announce(100, prefix, '3356 4200', ALL, { community: [community] });
    expect(typed(scenario, 'blackhole')).toHaveLength(count);
  });
});

describe('path length', () => {
  test('fifty hops', () => {
    const scenario = known().announce(100, '8.20.0.0/22', `3356 ${'4200 '.repeat(50)}`.trim(), ALL);
    expect(typed(scenario, 'long-path')[0]).toMatchObject({ culprits: [4200] });
  });
  test('ten over the usual', () => {
    const scenario = known().announce(100, '8.20.0.0/22', `3356 ${'4200 '.repeat(13)}`.trim(), ALL);
    expect(typed(scenario, 'path-inflation')).toHaveLength(1);
  });
  test('three over the usual is nothing', () => {
    const scenario = known().announce(100, '8.20.0.0/22', '3356 4200 4200 4200 4200', ALL);
    expect(typed(scenario, 'path-inflation')).toEqual([]);
  });
});

describe('visibility', () => {
  const later = (scenario: Scenario, atS: number) => scenario.announce(atS, '8.77.0.0/22', '3356 5301', [1]);
  test('lost by most vantages for longer than convergence takes', () => {
    const scenario = later(known().withdraw(100, '8.20.0.0/22', peers(15)), 500);
    expect(typed(scenario, 'visibility-loss')[0]).toMatchObject({ victims: [4200], state: 'ongoing' });
  });
  test('back within that time is nothing', () => {
    const scenario = known()
      .withdraw(100, '8.20.0.0/22', peers(15))
      .announce(200, '8.20.0.0/22', '3356 4200', ALL);
    expect(typed(later(scenario, 900), 'visibility-loss')).toEqual([]);
  });
  test('closes when it is back', () => {
    const scenario = later(known().withdraw(100, '8.20.0.0/22', peers(15)), 500).announce(
      600,
      '8.20.0.0/22',
      '3356 4200',
      ALL,
    );
    expect(typed(later(scenario, 900), 'visibility-loss')[0]!.state).toBe('resolved');
  });
  test('an AS that loses most of its prefixes is out', () => {
    const scenario = known();
    for (let i = 0; i < 6; i++) scenario.table(`20.${i}.0.0/16`, '174 7777', ALL);
    for (let i = 0; i < 6; i++) scenario.withdraw(100, `20.${i}.0.0/16`, ALL);
    expect(typed(later(scenario, 500), 'as-outage')[0]).toMatchObject({ victims: [7777] });
  });
  test('what a lost session takes along is one vantage’s view', () => {
    const scenario = known().state(100, 1, 'established', 'idle').state(160, 1, 'idle', 'established');
    expect(typed(later(scenario, 900), 'visibility-loss')).toEqual([]);
  });
});

test('flapping: withdrawn and back, by several peers', () => {
  const scenario = known();
  for (let i = 0; i < 70; i++) {
    scenario
      .withdraw(100 + i * 20, '8.20.0.0/22', [1, 2])
      .announce(110 + i * 20, '8.20.0.0/22', '3356 4200', [1, 2]);
  }
  expect(typed(scenario, 'flapping')).toMatchObject([{ prefixes: ['8.20.0.0/22'] }]);
});

test('churn: changes far over the usual', () => {
  const scenario = known();
  for (let i = 0; i < 130; i++)
    scenario.announce(100 + i * 10, '8.20.0.0/22', i % 2 ? '3356 4200' : '174 3356 4200', peers(10));
  expect(typed(scenario, 'churn')).toMatchObject([{ prefixes: ['8.20.0.0/22'] }]);
});

test('a session that keeps resetting', () => {
  const scenario = known();
  for (let i = 0; i < 6; i++) {
    scenario.state(100 + i * 300, 1, 'established', 'idle').state(200 + i * 300, 1, 'idle', 'established');
  }
  expect(typed(scenario, 'session-reset')).toMatchObject([{ victims: [60_001] }]);
});
