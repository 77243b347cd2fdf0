import { expect, test } from 'vitest';
import type { TestElem } from '../../tests/fixtures/elem-batch.ts';
import { elemBatch, START_S } from '../../tests/fixtures/elem-batch.ts';
import { Rib } from '#core/rib/rib.ts';
import { incidentFixture } from '../lib/ui/incident/report.fixture.ts';
import { RpkiStatus } from './rpki-state.ts';
import type { SampleRoute } from './api.ts';
import { routesBefore, withRoutesNow } from './samples.ts';

const PREFIX = '192.0.2.0/24';
const VICTIM = 64_500;
const CULPRIT = 64_666;
const incident = incidentFixture({
  prefixes: [PREFIX],
  victims: [VICTIM],
  culprits: [CULPRIT],
  firstSeenUs: (START_S + 10) * 1e6,
});
const via = (peer: number, atS: number, ...path: number[]): TestElem => ({
  kind: 'A',
  peer,
  atS,
  prefix: PREFIX,
  path: [65_000 + peer, ...path],
});
const peersOf = (samples: readonly SampleRoute[], side: 'before' | 'after'): number[] =>
  samples.filter((sample) => sample.side === side).map(({ peerAsn }) => peerAsn - 65_000);

test('of before: only routes held when it began and not announced again since; later looks leave them alone', () => {
  const rib = new Rib();
  const held = { rib, rpki: new RpkiStatus(() => 0) };
  rib.step(elemBatch([1, 2, 3, 4].map((peer) => via(peer, 0, 64_510, VICTIM))));
  const before = rib.steps;
  // One falls for it, one finds another way, one is new: none of them shows what it was like before.
  rib.step(elemBatch([via(1, 10, CULPRIT), via(2, 11, 64_511, VICTIM), via(5, 11, 64_511, VICTIM)]));
  const first = routesBefore(incident, before, held);
  expect(peersOf(first.samples, 'before')).toEqual([3, 4]);
  expect(first.leftOut).toBe(0);
  for (const { timeUs, path } of first.samples) {
    expect(timeUs).toBe(incident.firstSeenUs);
    expect(path.slice(1)).toEqual([64_510, VICTIM]);
  }
  expect(routesBefore(incident, -1, held).samples).toEqual([]);

  const opened = withRoutesNow(incident, first.samples, 12e6, held);
  expect(peersOf(opened.samples, 'after')).toEqual([1]);
  // Over: the culprit is gone, everybody has a new way to the victim.
  rib.step(elemBatch([1, 2, 3, 4].map((peer) => via(peer, 99, 64_512, VICTIM))));
  const over = withRoutesNow(incident, opened.samples, 100e6, held);
  expect(over.samples).toEqual(opened.samples);
});

test('what is too many is counted, and of a vantage the newest suspect route counts', () => {
  const rib = new Rib();
  const held = { rib, rpki: new RpkiStatus(() => 0) };
  const peers = Array.from({ length: 40 }, (_, i) => i + 1);
  rib.step(elemBatch(peers.map((peer) => via(peer, 0, VICTIM))));
  const before = routesBefore(incident, rib.steps, held);
  expect([before.samples.length, before.leftOut]).toEqual([16, 24]);
  rib.step(elemBatch(peers.map((peer) => via(peer, 10, CULPRIT))));
  const after = withRoutesNow(incident, before.samples, 20e6, held);
  expect([peersOf(after.samples, 'after').length, after.leftOut]).toEqual([32, 8]);
  rib.step(elemBatch([via(1, 30, 64_513, CULPRIT)]));
  const later = withRoutesNow(incident, after.samples, 40e6, held).samples;
  const ofFirst = later.filter(({ side, peerAsn }) => side === 'after' && peerAsn === 65_001);
  expect(ofFirst.map(({ path, timeUs }) => ({ path, timeUs }))).toEqual([
    { path: [65_001, 64_513, CULPRIT], timeUs: 40e6 },
  ]);
});
