import { expect, test } from 'vitest';
import { record } from '../lib/store/record.fixture.ts';
import type { Incident } from './api.ts';
import { HISTORY_LIMITS, IncidentHistory } from './replay-history.ts';

const incident = (id: string, confidence: number): Incident => record(id, confidence).incident;
const confidences = (history: IncidentHistory, timeUs: number): number[] =>
  history.at(timeUs).map(({ confidence }) => confidence);

test('an incident stands at every moment as it was noted then', () => {
  const history = new IncidentHistory();
  history.note(10e6, incident('a', 3), 'opened');
  history.note(20e6, incident('a', 5), null);
  history.note(20e6, incident('b', 1), 'opened');
  history.note(30e6, incident('a', 8), 'withdrawn');
  expect(confidences(history, 9e6)).toEqual([]);
  expect(confidences(history, 19.9e6)).toEqual([3]);
  expect(confidences(history, 20e6)).toEqual([5, 1]);
  expect(confidences(history, Infinity)).toEqual([8, 1]);
  expect(history.recordAt('a', 9e6)).toBeNull();
  expect(history.recordAt('a', 25e6)!.timeline.map(({ change }) => change)).toEqual(['opened']);
  expect(history.recordAt('a', 30e6)!.timeline.map(({ change }) => change)).toEqual(['opened', 'withdrawn']);
  expect(history.openings()).toEqual([10e6, 20e6]);
});

test('an incident that changes all the time is kept coarser, its newest change is never lost, and nothing said is taken back', () => {
  const history = new IncidentHistory();
  history.note(0, incident('a', 0), 'opened');
  const said = new Map<number, number[]>();
  for (let second = 1; second <= 3000; second++) {
    history.settle(second * 1e6);
    history.note(second * 1e6, incident('a', second), null);
    said.set(second, confidences(history, second * 1e6));
  }
  for (const [second, was] of said) expect(confidences(history, second * 1e6)).toEqual(was);
  expect(confidences(history, 20e6)).toEqual([20]);
  expect(confidences(history, 200e6)[0]).toBeGreaterThanOrEqual(190);
  expect(confidences(history, 1500e6)[0]).toBeGreaterThanOrEqual(1430);
  expect(history.versionAt(Infinity)).toBeLessThan(120);
  history.settle(3000e6, true);
  expect(confidences(history, 3000e6)).toEqual([3000]);
  expect(history.skipped).toBeGreaterThan(2000);
});

test('is bounded: incidents beyond the limit are counted', () => {
  const history = new IncidentHistory({ ...HISTORY_LIMITS, incidents: 2 });
  for (const id of ['a', 'b', 'c', 'd']) history.note(1e6, incident(id, 1), 'opened');
  expect(history.at(Infinity)).toHaveLength(2);
  expect(history.refused).toBe(2);
  expect(history.recordAt('d', Infinity)).toBeNull();
});

test('equal versions mean equal answers', () => {
  const history = new IncidentHistory();
  history.note(10e6, incident('a', 3), 'opened');
  const before = history.versionAt(15e6);
  history.setSamples(20e6, 'a', []);
  expect(history.versionAt(15e6)).toBe(before);
  expect(history.versionAt(20e6)).toBeGreaterThan(before);
});
