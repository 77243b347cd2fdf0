import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { ElemBatch } from '../elem/batch.ts';
import { KIND } from '../elem/batch.ts';
import { BatchBuilder } from '../elem/builder.ts';
import { ElemCopier } from '../elem/copier.ts';
import { JsonlDecoder } from '../elem/jsonl.ts';
import type { Incident } from '../incident/incident.ts';
import { Rib } from '../rib/rib.ts';
import { DetectionEngine, RIB_OPTIONS } from './engine.ts';
import { peers, Scenario } from './scenario.fixture.ts';

const DATA =
  process.env['ROUTESCOPE_DATA'] ?? new URL('../../../../../shared/data', import.meta.url).pathname;
const EVENTS = join(DATA, 'hijacks/events');

function readEvent(name: string): ElemBatch {
  const builder = new BatchBuilder(10_000);
  const decoder = new JsonlDecoder(builder);
  const lines = gunzipSync(readFileSync(join(EVENTS, name)))
    .toString('utf8')
    .trimEnd()
    .split('\n');
  for (const line of lines) decoder.decode(line);
  return builder.take();
}

/** The elems of `batch` of or not of a table dump, cut into batches of `size`. */
function* cut(batch: ElemBatch, isTable: boolean, size: number): Generator<ElemBatch> {
  const builder = new BatchBuilder(size);
  const copier = new ElemCopier(builder);
  for (let i = 0; i < batch.length; i++) {
    if ((batch.kind[i] === KIND.rib) !== isTable) continue;
    copier.copy(batch, i);
    if (builder.isFull) yield builder.take();
  }
  if (builder.length > 0) yield builder.take();
}

function replay(batch: ElemBatch, size: number): { incidents: Incident[]; nearMisses: number } {
  const rib = new Rib(RIB_OPTIONS);
  const engine = new DetectionEngine(rib, { knowledge: { hasFullTable: true } });
  for (const table of cut(batch, true, size)) engine.learn(table, rib.step(table));
  for (const elems of cut(batch, false, size)) engine.step(elems, rib.step(elems));
  const seen: Incident[] = engine.transitions().map(({ incident }) => incident);
  return { incidents: [...seen, ...engine.incidents()], nearMisses: engine.stats().nearMisses };
}

describe.skipIf(!existsSync(EVENTS))('labelled incidents (needs ROUTESCOPE_DATA)', () => {
  const names = existsSync(EVENTS) ? readdirSync(EVENTS).filter((_, i) => i % 4 === 0) : [];
  test.each(names)('%s: the same every time, in batches of 1, 100 and 10,000', (name) => {
    const batch = readEvent(name);
    const whole = replay(batch, 10_000);
    expect(whole.incidents.length).toBeGreaterThan(0);
    expect(replay(batch, 10_000)).toEqual(whole);
    expect(replay(batch, 100)).toEqual(whole);
    expect(replay(batch, 1)).toEqual(whole);
  });
});

describe('bounds', () => {
  test('sightings beyond the limit push out the oldest, and are counted', () => {
    const scenario = new Scenario();
    for (let i = 0; i < 60; i++) scenario.table(`20.${i}.0.0/16`, `174 ${7000 + i * 7}`, peers(10));
    for (let i = 0; i < 60; i++)
      scenario.announce(100 + i, `20.${i}.0.0/16`, `3356 ${21_000 + i * 13}`, peers(5));
    const { engine } = scenario.run({ params: { maxIncidents: 10 } });
    expect(engine.stats().cases).toBeLessThanOrEqual(10);
    expect(engine.stats().dropped).toBeGreaterThan(0);
  });

  test('prefixes beyond the limit are refused and counted', () => {
    const scenario = new Scenario();
    for (let i = 0; i < 60; i++) scenario.announce(100, `20.${i}.0.0/16`, '174 7000', [1]);
    const { engine } = scenario.run({ params: { maxPrefixes: 20 } });
    expect(engine.stats()).toMatchObject({ prefixes: 20, refused: 40 });
  });

  test('prefixes of one incident beyond the limit are counted, not listed', () => {
    const scenario = new Scenario()
      .table('20.0.0.0/8', '174 7000', peers(10))
      .table('30.0.0.0/8', '3356 9999', peers(10));
    for (let i = 0; i < 30; i++) scenario.announce(100 + i, `20.${i}.0.0/16`, '3356 9999', peers(10));
    const [incident] = scenario
      .run({ params: { maxPrefixesPerIncident: 5 } })
      .incidents.filter(({ type }) => type === 'subprefix-hijack');
    expect(incident!.prefixes).toHaveLength(5);
    expect(incident!.prefixCount).toBe(30);
  });
});

test('ids are hashes of what it is, not of order', () => {
  const one = new Scenario()
    .table('8.20.0.0/22', '3356 4200', peers(20))
    .table('8.77.0.0/22', '174 5301', peers(20));
  const other = new Scenario()
    .table('8.77.0.0/22', '174 5301', peers(20))
    .table('8.20.0.0/22', '3356 4200', peers(20));
  const run = (scenario: Scenario) =>
    scenario
      .announce(50, '8.77.0.0/22', '174 5301', peers(3))
      .announce(100, '8.20.0.0/22', '174 5301', peers(20))
      .run()
      .incidents.map(({ id }) => id);
  expect(run(one)).toEqual(run(other));
});
