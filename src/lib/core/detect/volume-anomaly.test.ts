import { describe, expect, test } from 'vitest';
import type { Incident } from '../incident/incident.ts';
import { Rib } from '../rib/rib.ts';
import { DetectionEngine, RIB_OPTIONS } from './engine.ts';
import { Scenario, START_S } from './scenario.fixture.ts';
import type { VolumeChange } from './volume-alarms.ts';
import { VolumeAlarms } from './volume-alarms.ts';

const at = (s: number): number => (START_S + s) * 1e6;
const change = (stream: string, atS: number, isAlarm: boolean, score = 2): VolumeChange => ({
  stream,
  isAlarm,
  timeUs: at(atS),
  score,
  columns: ['announcements', 'withdrawals'],
});

/** Run a scenario in which the models speak up at some seconds. */
function run(scenario: Scenario, said: readonly VolumeChange[], scored = 11): Incident[] {
  const volume = new VolumeAlarms();
  volume.take([], scored);
  const rib = new Rib(RIB_OPTIONS);
  const engine = new DetectionEngine(rib, { knowledge: { volume } });
  const last = new Map<string, Incident>();
  const waiting = [...said];
  const table = scenario.tableBatch();
  if (table) engine.learn(table, rib.step(table));
  for (const batch of scenario.batches(10)) {
    const nowUs = batch.timeUs[batch.length - 1]!;
    while (waiting.length > 0 && waiting[0]!.timeUs <= nowUs) volume.take([waiting.shift()!], scored);
    engine.step(batch, rib.step(batch));
    for (const { incident } of engine.transitions()) last.set(incident.id, incident);
    for (const incident of engine.incidents()) last.set(incident.id, incident);
  }
  return [...last.values()];
}

/** Half an hour in which nothing happens but a route's being announced now and then. */
function quiet(): Scenario {
  const scenario = new Scenario();
  for (let s = 0; s < 1800; s += 10) scenario.announce(s, '8.20.0.0/22', '3356 4200', [1 + ((s / 10) % 5)]);
  return scenario;
}

const anomalies = (incidents: readonly Incident[]): Incident[] =>
  incidents.filter(({ type }) => type === 'volume-anomaly');

describe('a volume anomaly', () => {
  test('is what the models say, names nobody, and ends when they stop', () => {
    const [found, ...others] = anomalies(
      run(quiet(), [change('test 192.0.2.1 60001', 300, true), change('test 192.0.2.1 60001', 900, false)]),
    );
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      culprits: [],
      victims: [],
      state: 'resolved',
      firstSeenUs: at(300),
      endedAtUs: at(900),
      confidence: 2,
      level: 'low',
    });
    expect(found!.evidence.detail).toMatchObject({
      vantagesOver: 1,
      vantagesScored: 10,
      detectorIncidents: 0,
      features: 'announcements withdrawals',
    });
  });

  test('is one incident for all streams, and surer with more of them', () => {
    const said = [1, 2, 3, 4, 5].map((n) => change(`test 192.0.2.${n} ${60_000 + n}`, 300 + n, true, n));
    const [found, ...others] = anomalies(run(quiet(), [change('all', 250, true), ...said]));
    expect(others).toEqual([]);
    expect(found!.tags.map(({ name }) => name)).toEqual([
      'models-over-threshold',
      'several-vantages-over',
      'most-vantages-over',
    ]);
    expect(found!.evidence.detail).toMatchObject({ vantagesOver: 5, isOverAll: 1, peakScore: 5 });
    expect(found!.level).toBe('medium');
  });

  test('and a storm of withdrawals make each other surer', () => {
    const storm = new Scenario();
    for (let s = 0; s < 3600; s += 30) storm.announce(s, '8.20.0.0/22', '3356 4200', [1]);
    for (let i = 0; i < 6000; i++)
      storm.announce(10 + Math.floor(i / 5), `20.${i >> 8}.${i & 255}.0/24`, '174 7000', [2]);
    for (let i = 0; i < 6000; i++) storm.withdraw(3000 + (i % 50), `20.${i >> 8}.${i & 255}.0/24`, [2]);
    for (let s = 3600; s < 5000; s += 5) storm.announce(s, '8.20.0.0/22', '3356 4200', [1]);
    const incidents = run(storm, [change('all', 3180, true), change('all', 4800, false)]);
    const [found] = anomalies(incidents);
    expect(found!.tags).toContainEqual({ name: 'detectors-agree', score: 2 });
    expect(Number(found!.evidence.detail['detectorIncidents'])).toBeGreaterThan(0);
  });

  test('stays with an incident of many routes that lasts through it', () => {
    const outage = quiet();
    const all = Array.from({ length: 12 }, (_, i) => i + 1);
    for (let i = 0; i < 8; i++) outage.table(`20.${i}.0.0/16`, '3356 4200', all);
    for (let i = 0; i < 8; i++) outage.withdraw(300, `20.${i}.0.0/16`, all);
    const incidents = run(outage, [change('all', 900, true), change('all', 1500, false)]);
    const agreeing = incidents.filter(({ tags }) => tags.some(({ name }) => name === 'models-agree'));
    expect(agreeing.map(({ type }) => type)).toContain('as-outage');
    expect(agreeing.every(({ type }) => type !== 'volume-anomaly')).toBe(true);
  });

  test('is not spoken of while there are no models', () => {
    expect(quiet().run().engine.stats().silent).toContain('volume-anomaly');
  });
});

test('alarms are bounded, and what is over makes room', () => {
  const alarms = new VolumeAlarms();
  alarms.take(
    Array.from({ length: 5000 }, (_, i) => change(`stream ${i}`, i, true)),
    5000,
  );
  expect([alarms.length, alarms.refused]).toEqual([4096, 5000 - 4096]);
  alarms.take([change('stream 7', 6000, false), change('another', 6001, true)], 5000);
  expect(alarms.standing().at(-1)?.stream).toBe('another');
});
