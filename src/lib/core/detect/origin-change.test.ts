import { describe, expect, test } from 'vitest';
import type { Knowledge } from './knowledge.ts';
import { peers, Scenario } from './scenario.fixture.ts';

const ALL = peers(20);

/** 20 peers know 203.0.112.0/22 of AS 4200 behind 3356, and the transit of everybody else in the tests. */
function known(): Scenario {
  return new Scenario()
    .table('8.20.0.0/22', '3356 4200', ALL)
    .table('8.77.0.0/22', '174 5301', ALL)
    .table('8.95.0.0/22', '174 5500 4400', ALL);
}

const ORIGIN_TYPES = new Set([
  'origin-hijack',
  'subprefix-hijack',
  'moas',
  'squatting',
  'fat-finger-asn',
  'fat-finger-prepend',
  'fat-finger-prefix',
]);

function origins(scenario: Scenario, knowledge: Knowledge = {}) {
  const { incidents, engine } = scenario.run({ knowledge });
  return { found: incidents.filter(({ type }) => ORIGIN_TYPES.has(type)), engine };
}

describe('a foreign origin', () => {
  test('of an exact prefix is E|0, alerted with the second peer ASN', () => {
    const { found } = origins(
      known().announce(100, '8.20.0.0/22', '174 5301', [1]).announce(130, '8.20.0.0/22', '174 5301', [2]),
    );
    expect(found).toHaveLength(1);
    const [incident] = found;
    expect(incident).toMatchObject({
      type: 'origin-hijack',
      artemis: 'E|0|-|-',
      culprits: [5301],
      victims: [4200],
      prefixes: ['8.20.0.0/22'],
      peerAsns: [60_001, 60_002],
    });
    expect((incident!.alertedAtUs - incident!.firstSeenUs) / 1e6).toBe(30);
  });

  test('of a more-specific is S|0 and names the covering prefix', () => {
    const { found } = origins(known().announce(100, '8.20.1.0/24', '174 5301', ALL));
    expect(found[0]).toMatchObject({
      type: 'subprefix-hijack',
      artemis: 'S|0|-|-',
      culprits: [5301],
      victims: [4200],
    });
    expect(found[0]!.evidence.covering).toBe('8.20.0.0/22');
  });

  test('seen by one peer ASN is a near-miss, not an incident', () => {
    const scenario = known()
      .announce(100, '8.20.0.0/22', '174 5301', [1])
      .announce(900, '8.77.0.0/22', '174 5301', [3]);
    const { found, engine } = origins(scenario);
    expect(found).toEqual([]);
    expect(engine.nearMisses().countByReason.get('one-peer-only')).toBe(1);
  });

  test.each([
    ['well seen', 5, { unrelated: 2, 'old-baseline': 1 }],
    ['seen by few of the peers', 4, { 'unrelated-to-the-few-known': 1, 'baseline-of-few-peers': 0 }],
    ['seen by hardly anybody', 1, { 'unrelated-to-the-few-known': 1, 'thin-baseline': -2 }],
  ])('of a victim %s: how much being strangers says', (_what, count, tags) => {
    const { found } = origins(
      new Scenario()
        .table('8.20.0.0/22', '3356 4200', peers(count))
        .table('8.77.0.0/22', '174 5301', ALL)
        .announce(100, '8.20.1.0/24', '174 5301', ALL),
    );
    const given = Object.fromEntries(found[0]!.tags.map(({ name, score }) => [name, score]));
    expect(given).toEqual({ 'more-specific': 3, 'seen-by-most-peers': 2, ...tags });
  });

  test('of a victim shown by ten peers is well seen, however many peers there are', () => {
    const { found } = origins(
      new Scenario()
        .table('8.20.0.0/22', '3356 4200', peers(10))
        .table('8.77.0.0/22', '174 5301', peers(100))
        .announce(100, '8.20.1.0/24', '174 5301', ALL),
    );
    expect(found[0]!.tags).toContainEqual({ name: 'unrelated', score: 2 });
  });

  test('with the victim on the path is the victim’s customer', () => {
    const { found, engine } = origins(known().announce(100, '8.20.1.0/24', '3356 4200 4999', ALL));
    expect(found).toEqual([]);
    expect(engine.nearMisses().countByReason.get('victim-on-the-path')).toBe(1);
  });

  test('that is the victim’s own more-specific is nothing', () => {
    expect(origins(known().announce(100, '8.20.1.0/24', '3356 4200', ALL)).found).toEqual([]);
  });

  test.each([
    ['valid: no hijack', 'valid', 0],
    ['invalid: high', 'invalid', 1],
    ['not found: still found', 'not-found', 1],
  ] as const)('RPKI says %s', (_name, state, count) => {
    const rov: Knowledge['rov'] = (_prefix, origin) => ({
      state: origin === 5301 ? state : 'valid',
      vrps: [],
    });
    const { found } = origins(known().announce(100, '8.20.0.0/22', '174 5301', ALL), { rov });
    expect(found).toHaveLength(count);
    if (state === 'invalid') {
      expect(found[0]!.level).toBe('high');
      expect(found[0]!.tags).toContainEqual({ name: 'rpki-new-origin-invalid', score: 8 });
    }
  });

  test('of the same organisation is nothing', () => {
    const { found, engine } = origins(known().announce(100, '8.20.0.0/22', '174 5301', ALL), {
      orgOf: () => 'ONE',
    });
    expect(found).toEqual([]);
    expect(engine.nearMisses().countByReason.get('same-organisation')).toBe(1);
  });
});

describe('typing mistakes', () => {
  test('an origin one keystroke away', () => {
    const scenario = new Scenario()
      .table('8.20.0.0/22', '3356 64321', [])
      .table('8.20.0.0/22', '3356 51234', ALL)
      .announce(100, '8.20.0.0/22', '3356 51243', ALL);
    expect(origins(scenario).found[0]).toMatchObject({
      type: 'fat-finger-asn',
      culprits: [51_243],
      victims: [51_234],
    });
  });

  test('a prepend count behind the operator', () => {
    const scenario = known().announce(100, '8.20.0.0/22', '3356 4200 3', ALL);
    expect(origins(scenario).found[0]).toMatchObject({
      type: 'fat-finger-prepend',
      artemis: 'E|P|-|-',
      culprits: [3],
      victims: [4200],
    });
  });

  test('a small AS with prefixes of its own is just an origin', () => {
    const scenario = new Scenario()
      .table('18.0.0.0/8', '174 3', ALL)
      .announce(100, '18.0.0.0/8', '3356 3', peers(10));
    expect(origins(scenario).found).toEqual([]);
  });

  test('a prefix one keystroke from the culprit’s own', () => {
    const scenario = known()
      .table('8.20.71.0/24', '174 5301', ALL)
      .announce(100, '8.20.1.0/24', '174 5301', ALL);
    expect(origins(scenario).found[0]).toMatchObject({ type: 'fat-finger-prefix', culprits: [5301] });
  });
});

describe('unannounced space', () => {
  test('is squatting where a full table says so', () => {
    const scenario = known().announce(100, '9.9.0.0/16', '174 5301', ALL);
    expect(origins(scenario, { hasFullTable: true }).found[0]).toMatchObject({
      type: 'squatting',
      artemis: 'Q|0|-|-',
    });
  });
  test('is not judged without', () => {
    expect(origins(known().announce(100, '9.9.0.0/16', '174 5301', ALL)).found).toEqual([]);
  });
});

describe('life cycle', () => {
  const hijack = () => known().announce(100, '8.20.1.0/24', '174 5301', ALL);

  test('withdrawn at 80 % of the peers, ended with the last, resolved an hour later', () => {
    const scenario = hijack()
      .withdraw(700, '8.20.1.0/24', peers(16))
      .withdraw(800, '8.20.1.0/24', peers(4, 17))
      .announce(5000, '8.77.0.0/22', '3356 5301', [1]);
    const [incident] = origins(scenario).found;
    expect(incident!.state).toBe('resolved');
    expect((incident!.endedAtUs! - incident!.firstSeenUs) / 1e6).toBe(700);
    expect(incident!.tags).toContainEqual({ name: 'gone-again', score: 1 });
  });

  test('an implicit withdrawal counts as one', () => {
    const scenario = known()
      .announce(100, '8.20.0.0/22', '174 5301', ALL)
      .announce(700, '8.20.0.0/22', '3356 4200', ALL);
    expect(origins(scenario).found[0]).toMatchObject({ state: 'withdrawn' });
  });

  test('dormant after a day without news', () => {
    const scenario = hijack()
      .announce(90_000, '8.77.0.0/22', '3356 5301', [1])
      .announce(90_100, '8.77.0.0/22', '174 5301', [1]);
    expect(origins(scenario).found[0]!.state).toBe('dormant');
  });

  test('the victim answers with a more-specific of its own', () => {
    const scenario = hijack()
      .announce(400, '8.20.1.0/25', '3356 4200', ALL)
      .withdraw(500, '8.20.1.0/24', ALL);
    const { found } = origins(scenario);
    expect(found).toHaveLength(1);
    expect(found[0]!.tags).toContainEqual({ name: 'victim-answers', score: 2 });
  });

  test('a renumbering that completes and stays is resolved as that', () => {
    const scenario = known().announce(100, '8.20.0.0/22', '174 5301', ALL);
    for (let atS = 160; atS < 4500; atS += 600)
      scenario.announce(atS, '8.95.0.0/22', `174 5500 ${atS % 1200 === 160 ? '' : '5500 '}4400`, ALL);
    const { found } = origins(scenario);
    expect(found[0]!.tags).toContainEqual({ name: 'old-origin-moved-away', score: -4 });
  });
});
