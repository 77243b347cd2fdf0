import { describe, expect, test } from 'vitest';
import type { TestElem } from '../../../../tests/fixtures/elem-batch.ts';
import { elemBatch, START_S } from '../../../../tests/fixtures/elem-batch.ts';
import { parsePrefix } from '../prefix/prefix.ts';
import { VrpBuilder } from '../rpki/vrp-set.ts';
import { Rib } from '../rib/rib.ts';
import { readWatchList } from '../watch/read.ts';
import { Watcher } from '../watch/watcher.ts';
import { EMPTY_LIST } from '../watch/watch-list.ts';
import { DetectionEngine, RIB_OPTIONS } from './engine.ts';
import type { Knowledge, RovVerdict } from './knowledge.ts';
import { watchList } from './watch-list.ts';

const PREFIX = '31.7.8.0/24';
const SUB = '31.7.8.128/25';
const PEERS = [1, 2, 3, 4, 5];

/** What every peer announces, a second apart. */
const everybody = (prefix: string, tail: readonly number[], atS: number, kind: 'A' | 'R' = 'A'): TestElem[] =>
  PEERS.map((peer) => ({ kind, atS: atS + peer, peer, prefix, path: [2000 + peer, 3000 + peer, ...tail] }));
const gone = (prefix: string, atS: number, peers = PEERS): TestElem[] =>
  peers.map((peer) => ({ kind: 'W', atS: atS + peer, peer, prefix }));

function run(file: object | null, elems: readonly TestElem[], more: Knowledge & { size?: number } = {}) {
  const { size = 1000, ...knowledge } = more;
  const watch = file
    ? { watch: new Watcher(readWatchList(file), knowledge.rov ? { rov: knowledge.rov } : {}) }
    : {};
  const rib = new Rib({ ...RIB_OPTIONS, budgetBytes: 8 * 1024 * 1024 });
  const engine = new DetectionEngine(rib, { knowledge: { ...knowledge, ...watch } });
  const changes: string[] = [];
  for (let at = 0; at < elems.length; at += size) {
    const batch = elemBatch(elems.slice(at, at + size));
    engine.step(batch, rib.step(batch));
    for (const { change, incident } of engine.transitions()) {
      changes.push(
        `${change} ${incident.type} ${incident.artemis} ${incident.culprits.join()} ${incident.victims.join()}`,
      );
    }
  }
  return { changes, incidents: engine.incidents(), silent: engine.stats().silent, book: watch.watch?.book };
}

const ARTEMIS = { rules: [{ prefixes: [PREFIX], origin_asns: [10], neighbors: [20] }] };
const table = everybody(PREFIX, [20, 10], 0, 'R');

test('stays silent without a list', () => {
  expect(run(null, table).silent).toContain('watch-list');
  expect(run(ARTEMIS, table).silent).not.toContain('watch-list');
});

test('a hijack that others see as well is one incident, with the list as a tag and its notation', () => {
  const { incidents, changes } = run(ARTEMIS, [...table, ...everybody(PREFIX, [66], 10)]);
  expect(changes).toEqual(['opened origin-hijack E|0|-|- 66 10']);
  const [incident] = incidents;
  expect(incident!.tags).toContainEqual({ name: 'against-the-watch-list', score: 8 });
  expect(incident!.level).toBe('high');
  expect(incident!.evidence.detail).toMatchObject({ artemis: 'E|0|-|-', watch: 'rules[0]' });
});

test.each([
  ['more-specific from elsewhere', ARTEMIS, SUB, [66], 'subprefix-hijack S|0|-|- 66 10'],
  ['a foreign first hop', ARTEMIS, PREFIX, [66, 10], 'forged-origin E|1|-|- 66 10'],
  ['a right more-specific nobody spoke of', ARTEMIS, SUB, [20, 10], 'unexpected-subprefix S|-|-|-  10'],
  [
    'passed on against no-export',
    { rules: [{ ...ARTEMIS.rules[0], policies: ['no-export'] }] },
    PREFIX,
    [7, 20, 10],
    'route-leak E|-|-|L 20 10',
  ],
  ['space nobody may announce', { rules: [{ prefixes: [PREFIX] }] }, PREFIX, [66], 'squatting Q|0|-|- 66 '],
])('%s', (_name, file, prefix, tail, want) => {
  const { changes } = run(file, everybody(prefix, tail, 10));
  expect(changes).toContain(`opened ${want}`);
});

test('one peer alone opens nothing, yet the verdict is in the book', () => {
  const { changes, book } = run(ARTEMIS, [...table, ...everybody(PREFIX, [66], 10).slice(0, 1)]);
  expect(changes).toEqual([]);
  expect(book!.open()).toMatchObject([{ notation: 'E|0|-|-', peerAsns: [65_001] }]);
});

test('what the list calls right is no news', () => {
  const elems = [...table, ...everybody(PREFIX, [20, 11], 10)];
  const both = { rules: [{ prefixes: [PREFIX], origin_asns: [10, 11] }] };
  expect(run(null, elems).changes).not.toEqual([]);
  expect(run(both, elems).changes).toEqual([]);
});

test('an RPKI valid origin is not alerted on, whatever the list says', () => {
  const rov = (): RovVerdict => ({ state: 'valid', vrps: [] });
  expect(run(ARTEMIS, [...table, ...everybody(PREFIX, [66], 10)], { rov }).changes).toEqual([]);
});

test('what stood in the table from the start is told as soon as time moves on', () => {
  const elems = [...everybody(PREFIX, [66], 0, 'R'), ...everybody('37.9.1.0/24', [5], 60)];
  expect(run(ARTEMIS, elems).changes).toEqual(['opened origin-hijack E|0|-|- 66 10']);
});

test('a list put in force later, or another one, opens and closes incidents', () => {
  const watch = new Watcher(EMPTY_LIST);
  const rib = new Rib({ ...RIB_OPTIONS, budgetBytes: 8 * 1024 * 1024 });
  const engine = new DetectionEngine(rib, {
    knowledge: { watch },
    detectors: [watchList],
  });
  const step = (elems: readonly TestElem[]): string[] => {
    const batch = elemBatch(elems);
    engine.step(batch, rib.step(batch));
    return engine.transitions().map(({ change, incident }) => `${change} ${incident.artemis}`);
  };
  expect(step([...table, ...everybody(PREFIX, [66], 10)])).toEqual([]);
  watch.reload(readWatchList(ARTEMIS));
  expect(step(everybody(PREFIX, [7, 66], 20))).toEqual(['opened E|0|-|-']);
  watch.reload(readWatchList({ rules: [{ prefixes: [PREFIX], origin_asns: [10, 66] }] }));
  expect(step(everybody('37.9.1.0/24', [5], 40))).toEqual(['resolved E|0|-|-']);
  watch.reload(readWatchList(ARTEMIS));
  expect(step(everybody(PREFIX, [8, 66], 60))).toEqual(['opened E|0|-|-']);
  watch.reload(readWatchList({ rules: [{ prefixes: [PREFIX], origin_asns: [66], neighbors: [9] }] }));
  expect(step(everybody('37.9.1.0/24', [5], 80))).toContain('resolved E|0|-|-');
});

describe("BGPalerter's monitors as incidents", () => {
  const rule = { asn: 10, description: 'mine', ignoreMorespecifics: false };
  const options = { monitorASns: { 10: { group: 'g', upstreams: [20] } } };
  const file = { [PREFIX]: { ...rule, path: { match: ',99,', matchDescription: 'through 99' } }, options };

  test.each([
    ['path rule', PREFIX, [99, 20, 10], 'path-rule -  10'],
    ['new upstream', PREFIX, [21, 10], 'new-neighbor - 21 10'],
    ['an own AS with a prefix not on the list', '37.9.1.0/24', [20, 10], 'unexpected-origination -  10'],
  ])('%s', (_name, prefix, tail, want) => {
    expect(run(file, [...table, ...everybody(prefix, tail, 10)]).changes).toContain(`opened ${want}`);
  });

  test('a watched prefix withdrawn by enough peers opens, and closes when it is back', () => {
    const watched = {
      watch: 1,
      prefixes: [{ prefixes: [PREFIX], origins: [10] }],
      minPeers: { visibility: 4 },
    };
    const lost = [...table, ...gone(PREFIX, 10)];
    expect(run(watched, lost).changes).toEqual(['opened visibility-loss -  10']);
    expect(run(watched, [...lost, ...everybody(PREFIX, [20, 10], 30)]).changes).toEqual([
      'opened visibility-loss -  10',
      'resolved visibility-loss -  10',
    ]);
    expect(run(watched, [...table, ...gone(PREFIX, 10, [1, 2, 3])]).changes).toEqual([]);
  });
});

test('ROAs that change are told, and stand for an hour', () => {
  const watch = new Watcher(readWatchList({ watch: 1, asns: [{ asn: 10 }] }));
  const rib = new Rib({ ...RIB_OPTIONS, budgetBytes: 8 * 1024 * 1024 });
  const engine = new DetectionEngine(rib, { knowledge: { watch } });
  const step = (atS: number): string[] => {
    const batch = elemBatch(everybody('37.9.1.0/24', [20, atS], atS));
    engine.step(batch, rib.step(batch));
    const changes = engine.transitions().filter(({ incident }) => incident.type === 'roa-change');
    return changes.map(({ change, incident }) => `${change} ${incident.evidence.summary}`);
  };
  const builder = new VrpBuilder();
  for (let asn = 90; asn < 99; asn++) builder.add(parsePrefix('37.9.0.0/16'), 24, asn);
  const others = builder.build();
  builder.add(parsePrefix(PREFIX), 24, 10);
  watch.stepVrpSet(builder.build(), START_S);
  expect(step(0)).toEqual([]);
  watch.stepVrpSet(others, START_S + 20);
  const told = 'ROAs change detected: removed <31.7.8.0/24, AS10, 24, >';
  expect(step(30)).toEqual([`opened ${told}`]);
  expect(step(4000)).toEqual([`resolved ${told}`]);
});

test('the same incidents and verdicts however the stream is cut', () => {
  const elems = [
    ...table,
    ...everybody(PREFIX, [66], 10),
    ...everybody(SUB, [20, 10], 20),
    ...everybody(SUB, [66, 10], 25),
    ...gone(SUB, 40),
    ...everybody(PREFIX, [20, 10], 60),
  ];
  const [whole, ...others] = [10_000, 100, 7, 1].map((size) => {
    const { changes, incidents, book } = run(ARTEMIS, elems, { size });
    return { changes, incidents, verdicts: book!.take(), closed: book!.closed() };
  });
  expect(whole!.verdicts.length).toBeGreaterThan(4);
  for (const other of others) expect(other).toEqual(whole);
});
