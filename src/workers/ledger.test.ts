import { expect, test } from 'vitest';
import type { Incident, IncidentState } from '#core/incident/incident.ts';
import type { Transition } from '#core/incident/journal.ts';
import { record } from '../lib/store/record.fixture.ts';
import { Ledger } from './ledger.ts';

const incident = (id: string, state: IncidentState, over: Partial<Incident> = {}): Incident => ({
  ...record(id).incident,
  state,
  endedAtUs: null,
  ...over,
});
const step = (id: string, change: Transition['change'], over: Partial<Incident> = {}): Transition => ({
  change,
  incident: incident(id, change === 'opened' ? 'ongoing' : change, over),
});
const ids = (ledger: Ledger): string[] => [...ledger.values()].map((one) => one.incident.id);

test('a life is a timeline: each step at its own time, never before the one before it', () => {
  const ledger = new Ledger();
  ledger.take(step('a', 'opened', { alertedAtUs: 10 }));
  ledger.take(step('a', 'dormant', { lastSeenUs: 20 }));
  ledger.take(step('a', 'ongoing', { lastSeenUs: 86_400e6 + 30 }));
  ledger.take(step('a', 'withdrawn', { lastSeenUs: 86_400e6 + 40 }));
  ledger.take(step('a', 'resolved', { endedAtUs: 5 }));
  expect(ledger.get('a')?.timeline.map(({ change, timeUs }) => [change, timeUs])).toEqual([
    ['opened', 10],
    ['dormant', 86_400e6 + 20],
    ['ongoing', 86_400e6 + 30],
    ['withdrawn', 86_400e6 + 40],
    ['resolved', 86_400e6 + 40],
  ]);
  expect(ledger.countByState).toEqual({ ongoing: 0, dormant: 0, withdrawn: 0, resolved: 1 });
});

test('when full, what was resolved longest ago goes first, then what began longest ago; both are counted', () => {
  const ledger = new Ledger(3);
  for (const id of ['a', 'b', 'c']) ledger.take(step(id, 'opened'));
  ledger.take(step('c', 'resolved'));
  ledger.take(step('b', 'resolved'));
  ledger.take(step('d', 'opened'));
  expect(ids(ledger).sort()).toEqual(['a', 'b', 'd']);
  ledger.take(step('e', 'opened'));
  expect(ids(ledger).sort()).toEqual(['a', 'd', 'e']);
  ledger.take(step('f', 'opened'));
  expect(ids(ledger).sort()).toEqual(['d', 'e', 'f']);
  expect(ledger.dropped).toBe(3);
  expect(ledger.countByState).toEqual({ ongoing: 3, dormant: 0, withdrawn: 0, resolved: 0 });
});

test('a long timeline keeps its beginning and its end', () => {
  const ledger = new Ledger();
  ledger.take(step('a', 'opened', { alertedAtUs: 0 }));
  for (let n = 1; n <= 300; n++) ledger.take(step('a', n % 2 ? 'withdrawn' : 'ongoing', { lastSeenUs: n }));
  const { timeline, timelineDropped } = ledger.get('a')!;
  expect(timeline).toHaveLength(200);
  expect(timelineDropped).toBe(101);
  expect([timeline[0]!.timeUs, timeline[99]!.timeUs, timeline.at(-1)!.timeUs]).toEqual([0, 99, 300]);
});

test('what is resolved is not touched by a late look at open incidents', () => {
  const ledger = new Ledger();
  ledger.take(step('a', 'opened'));
  ledger.update(incident('a', 'ongoing', { confidence: 9 }));
  expect(ledger.get('a')?.incident.confidence).toBe(9);
  ledger.take(step('a', 'resolved', { confidence: 2 }));
  ledger.update(incident('a', 'ongoing', { confidence: 9 }));
  expect(ledger.get('a')?.incident).toMatchObject({ state: 'resolved', confidence: 2 });
});
