import { describe, expect, test } from 'vitest';
import type { RovVerdict } from '#core/detect/knowledge.ts';
import { parseAsn } from '#core/elem/asn.ts';
import type { ElemBatch } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { parsePrefix, formatPrefix } from '#core/prefix/prefix.ts';
import { RisLiveDecoder } from '#core/rislive/decoder.ts';
import { explainOrigin } from '#core/rpki/rov.ts';
import { VrpBuilder } from '#core/rpki/vrp-set.ts';
import type { WatchAlert } from '#core/watch/alert-desk.ts';
import { readWatchText } from '#core/watch/read.ts';
import type { WatchedVrp } from '#core/watch/roa-watch.ts';
import type { Monitor, WatchList } from '#core/watch/watch-list.ts';
import { Watcher } from '#core/watch/watcher.ts';
import { BGPALERTER_NAMES } from '#core/watch/read-bgpalerter.ts';
import { parseYaml } from '../../src/lib/watch/yaml.ts';
import { DATA, HAS_DATA, readData } from '../data.ts';

/** BGPalerter's own test scenarios and what its tests expect of them (data/vectors/bgpalerter). */

interface Message {
  readonly data: { readonly peer: string; readonly path?: readonly unknown[] } & Record<string, unknown>;
}

interface Scenario {
  readonly scenario: string;
  readonly messages: readonly Message[];
  readonly expected: readonly { readonly id: string; readonly monitor: string; readonly affected: string }[];
}

interface VrpRow {
  readonly asn: string | number;
  readonly prefix: string;
  readonly maxLength: number;
  readonly ta?: string;
  readonly expires?: number;
}

const FOLDER = 'vectors/bgpalerter';
const text = (name: string): string => new TextDecoder().decode(readData(`${FOLDER}/${name}`));
const json = <T>(name: string): T => JSON.parse(text(name)) as T;

/** The minimum peers of its test configuration, by the note in scenarios.json. */
const MIN_PEERS: Record<Monitor, number> = {
  hijack: 0,
  'new-prefix': 0,
  visibility: 4,
  path: 0,
  neighbors: 0,
  asn: 2,
  rpki: 1,
  roa: 0,
};

const readList = (name: string): WatchList => ({
  ...readWatchText(text(name), parseYaml),
  minPeers: MIN_PEERS,
});

/** The RIS messages as elems, one second apart, in batches of `size`. */
function elems(messages: readonly Message[], size = 1000): ElemBatch[] {
  const batches: ElemBatch[] = [];
  const builder = new BatchBuilder(size);
  const decoder = new RisLiveDecoder(builder);
  for (const [i, { data }] of messages.entries()) {
    const message = {
      ...data,
      type: 'UPDATE',
      timestamp: 1_600_000_000 + i,
      peer_asn: '64496',
      host: 'rrc00',
    };
    decoder.decode(JSON.stringify({ type: 'ris_message', data: message }));
    if (builder.isFull) batches.push(builder.take());
  }
  if (builder.length > 0) batches.push(builder.take());
  return batches;
}

function rovOf(rows: readonly VrpRow[]): (prefix: string, origin: number) => RovVerdict {
  const builder = new VrpBuilder();
  for (const { prefix, maxLength, asn } of rows)
    builder.add(parsePrefix(prefix), maxLength, parseAsn(String(asn)));
  const set = builder.build();
  return (prefix, origin) => {
    const { state, reason: _reason, ...lists } = explainOrigin(set, parsePrefix(prefix), origin);
    return {
      state: state ?? 'unknown',
      vrps: [...lists.matched, ...lists.unmatchedAs, ...lists.unmatchedLength],
    };
  };
}

/** BGPalerter keeps host bits in ids (`2914-2.2.2.3/22`); ours are canonical. */
function canonical(id: string): string {
  return id.replace(/[0-9a-f.:]*[.:][0-9a-f.:]*\/\d+/gi, (prefix) => {
    const { isV6, bits, words } = parsePrefix(prefix);
    return formatPrefix(isV6, bits, words);
  });
}

const told = (alerts: readonly WatchAlert[]): string[] =>
  alerts.map(({ monitor, id, affected }) => `${BGPALERTER_NAMES[monitor]} ${id} (${affected})`).sort();

function run(watcher: Watcher, batches: readonly ElemBatch[]): WatchAlert[] {
  for (const batch of batches) watcher.step(batch);
  return watcher.takeAlerts();
}

describe.skipIf(!HAS_DATA)(`BGPalerter's scenarios (${DATA})`, () => {
  const scenarios = HAS_DATA ? json<{ scenarios: Scenario[] }>('scenarios.json').scenarios : [];
  // "RPKI valid announcement, no alert should be triggered": its test validates against the Internet's VRPs of the day.
  const rov = rovOf([{ asn: 3333, prefix: '193.0.0.0/21', maxLength: 21 }]);

  test('there are five', () => {
    expect(scenarios.map(({ scenario }) => scenario)).toEqual([
      'visibility',
      'hijack',
      'newprefix',
      'path',
      'misconfiguration',
    ]);
  });

  test.each(scenarios.map((scenario) => [scenario.scenario, scenario] as const))(
    '%s gives exactly the expected alerts',
    (name, { messages, expected }) => {
      const monitors = new Set(expected.map(({ monitor }) => monitor));
      const alerts = run(new Watcher(readList('prefixes.test.yml'), { rov }), elems(messages));
      // Its tests listen to the one channel a scenario is for; other monitors may see something in the messages as well.
      const heard = alerts.filter(({ monitor }) => monitors.has(BGPALERTER_NAMES[monitor]));
      expect(told(heard), name).toEqual(
        expected
          .map(({ id, monitor, affected }) => `${monitor} ${canonical(id)} (${canonical(affected)})`)
          .sort(),
      );
    },
  );

  test('the alerts do not depend on how the stream is cut', () => {
    const messages = scenarios.flatMap((scenario) => scenario.messages);
    const [whole, ...others] = [10_000, 100, 1].map((size) => {
      const watcher = new Watcher(readList('prefixes.test.yml'), { rov });
      return [run(watcher, elems(messages, size)), watcher.book.take(), watcher.book.open()];
    });
    expect(whole![0]!.length).toBeGreaterThan(12);
    for (const other of others) expect(other).toEqual(whole);
  });

  test('without the VRP the RPKI valid announcement is a hijack like any other', () => {
    const { messages } = scenarios.find(({ scenario }) => scenario === 'hijack')!;
    const alerts = run(new Watcher(readList('prefixes.test.yml')), elems(messages));
    expect(alerts.map(({ id }) => id)).toContain('3333-193.0.0.0/21');
  });
});

describe.skipIf(!HAS_DATA)(`BGPalerter's fade-off (${DATA})`, () => {
  const withdrawals = (times: readonly number[]): ElemBatch[] => {
    const builder = new BatchBuilder();
    const decoder = new RisLiveDecoder(builder);
    for (const [i, timestamp] of times.entries()) {
      const data = {
        withdrawals: ['165.24.225.0/24'],
        peer: `124.0.0.${i + 1}`,
        peer_asn: '64496',
        host: 'rrc00',
      };
      decoder.decode(JSON.stringify({ type: 'ris_message', data: { ...data, type: 'UPDATE', timestamp } }));
    }
    return [builder.take()];
  };

  test.each([
    ['the fourth peer in time', 356, ['165.24.225.0/24']],
    ['the fourth peer too late', 364, []],
  ])('%s', (_name, lastS, want) => {
    const watcher = new Watcher(readList('prefixes.test.yml'));
    const start = 1_600_000_000;
    const alerts = run(watcher, withdrawals([start, start, start, start + lastS]));
    expect(alerts.map(({ id }) => id)).toEqual(want);
  });
});

describe.skipIf(!HAS_DATA)(`BGPalerter's path neighbours (${DATA})`, () => {
  // The paths of its neighbor_tests: a new upstream, a new downstream, one where none is expected, and fine ones.
  const announce = (prefix: string, path: readonly number[]): Message => ({
    data: { peer: '124.0.0.3', path, announcements: [{ prefixes: [prefix], next_hop: '124.0.0.3' }] },
  });
  const messages = [
    announce('99.5.4.3/22', [98, 99, 30, 101, 104]),
    announce('99.5.4.3/22', [98, 99, 80, 100]),
    announce('9.5.4.3/22', [98, 99, 100, 101, 106]),
    announce('9.5.4.3/22', [98, 99, 100, 101]),
    announce('9.5.4.3/22', [98, 99, 100, 101, 101, 101]),
  ];

  test('gives exactly the expected alerts', () => {
    const list = readList('neighbor_tests__prefixes.test.yml');
    const alerts = run(new Watcher(list), elems(messages)).filter(({ monitor }) => monitor === 'neighbors');
    expect(alerts.map(({ id, affected, summary }) => [id, affected, summary])).toEqual([
      ['101-30', '101', 'a new upstream of AS101: AS30'],
      ['80-100', '80', 'a new downstream of AS80: AS100'],
      ['101-106', '101', 'a new downstream of AS101: AS106'],
    ]);
  });
});

describe.skipIf(!HAS_DATA)(`BGPalerter's RPKI tests (${DATA})`, () => {
  const announce = (prefix: string, path: readonly number[]): Message => ({
    data: { peer: '124.0.0.4', path, announcements: [{ prefixes: [prefix], next_hop: '124.0.0.3' }] },
  });
  const messages = [
    announce('82.112.100.0/24', [1, 2, 3, 4321, 2914]),
    announce('8.8.8.8/22', [1, 2, 3, 4321, 5060, 2914]),
    announce('103.21.244.0/24', [1, 2, 3, 4321, 13335]),
  ];
  const rpkiAlerts = (watcher: Watcher): WatchAlert[] =>
    run(watcher, elems(messages)).filter(({ monitor }) => monitor === 'rpki');

  test('vrp.correct.json: the one invalid route', () => {
    const rov = rovOf(json<VrpRow[]>('rpki_tests__vrp.correct.json'));
    const alerts = rpkiAlerts(new Watcher(readList('prefixes.test.yml'), { rov }));
    expect(alerts.map(({ id, affected }) => [id, affected])).toEqual([
      ['a82_112_100_0_24-2914-false', '82.112.100.0/24'],
    ]);
    expect(alerts[0]!.summary).toBe(
      '82.112.100.0/24 announced by AS2914 is not RPKI valid: 82.112.100.0/24 up to /24 for AS1234',
    );
  });

  test('vrp.missing.json: a route that was valid is no longer covered', () => {
    const missing = json<VrpRow[]>('rpki_tests__vrp.missing.json');
    let rov = rovOf([...missing, { asn: 2914, prefix: '82.112.100.0/24', maxLength: 24 }]);
    const watcher = new Watcher(readList('prefixes.test.yml'), {
      rov: (prefix, origin) => rov(prefix, origin),
    });
    expect(rpkiAlerts(watcher)).toEqual([]);
    rov = rovOf(missing);
    const alerts = rpkiAlerts(watcher);
    expect(alerts.map(({ id, affected, summary }) => [id, affected, summary])).toEqual([
      [
        'a82_112_100_0_24-2914-null',
        '82.112.100.0/24',
        '82.112.100.0/24 announced by AS2914 is no longer covered by a ROA',
      ],
    ]);
  });

  test('stale VRPs: nothing is said', () => {
    const rov = (): RovVerdict => ({ state: 'unknown', vrps: [] });
    expect(rpkiAlerts(new Watcher(readList('prefixes.test.yml'), { rov, checkUncovered: true }))).toEqual([]);
  });
});

describe.skipIf(!HAS_DATA)(`BGPalerter's ROA tests (${DATA})`, () => {
  const vrps = (name: string): WatchedVrp[] =>
    json<VrpRow[]>(name).map(({ asn, prefix, maxLength, ta, expires }) => ({
      prefix: parsePrefix(prefix),
      maxLength,
      asn: parseAsn(String(asn)),
      trustAnchor: ta ?? '',
      expiresS: expires ?? null,
    }));
  const before = HAS_DATA ? vrps('rpki_tests__roas.before.json') : [];
  const after = HAS_DATA ? vrps('rpki_tests__roas.after.json') : [];
  const [firstS, secondS] = [1_621_690_000, 1_621_690_060];
  const compare = (isLossDetailed: boolean): [string, string][] => {
    const watcher = new Watcher(readList('prefixes.test.yml'), { roa: { isLossDetailed } });
    watcher.stepVrps(before, firstS);
    expect(watcher.takeAlerts()).toEqual([]);
    watcher.stepVrps(after, secondS);
    return watcher.takeAlerts().map(({ affected, summary }) => [affected, summary]);
  };

  test('gives exactly the expected alerts: trust anchor, changes (prefix rules before own ASes), expiry', () => {
    expect(compare(true)).toEqual([
      [
        'ripe',
        'Possible trust anchor malfunction or incomplete VRPs: 60.00% of the ROAs disappeared from ripe',
      ],
      [
        'ripe',
        'Possible trust anchor malfunction or incomplete VRPs: 50.00% of the ROAs are expiring in ripe',
      ],
      ['2914', 'ROAs change detected: removed <2.3.4.0/24, AS2914, 24, ripe>'],
      ['2001:db8:123::/48', 'ROAs change detected: removed <2001:db8:123::/48, AS65000, 48, ripe>'],
      ['94.5.4.0/22', 'ROAs change detected: removed <94.5.4.0/22, AS2914, 22, ripe>'],
      ['2914', 'The following ROAs will expire in less than 2 hours: <1.2.3.0/24, AS2914, 24, ripe>'],
    ]);
  });

  test('unless told to, what vanished with a trust anchor is not told one by one', () => {
    expect(compare(false)).toEqual([
      [
        'ripe',
        'Possible trust anchor malfunction or incomplete VRPs: 60.00% of the ROAs disappeared from ripe',
      ],
      [
        'ripe',
        'Possible trust anchor malfunction or incomplete VRPs: 50.00% of the ROAs are expiring in ripe',
      ],
      ['2914', 'The following ROAs will expire in less than 2 hours: <1.2.3.0/24, AS2914, 24, ripe>'],
    ]);
  });
});
