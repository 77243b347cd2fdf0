import { expect, test } from 'vitest';
import type { IncidentRow } from '../../../workers/api.ts';
import type { AlarmRecord } from '../../../workers/api-scores.ts';
import { agreements, unseen } from './agreement.ts';

const MINUTE = 60e6;
const alarm = (startUs: number, endUs: number | null): AlarmRecord => ({
  stream: 'all',
  startUs,
  endUs,
  peakUs: startUs,
  peakScore: 2,
  trust: 1,
  explanation: { channels: [], columns: [] },
});
const incident = (
  id: string,
  type: string,
  firstSeenUs: number,
  endedAtUs: number | null,
  level = 'high',
): IncidentRow =>
  ({
    id,
    type,
    firstSeenUs,
    endedAtUs,
    level,
    confidence: level === 'high' ? 9 : 5,
  }) as unknown as IncidentRow;

const NOW = 1000 * MINUTE;
const hijack = incident('hijack', 'subprefix-hijack', 95 * MINUTE, 200 * MINUTE);
const outage = incident('outage', 'as-outage', 100 * MINUTE, null, 'medium');
const late = incident('late', 'as-outage', 500 * MINUTE, 510 * MINUTE);
const weak = incident('weak', 'route-leak', 600 * MINUTE, 610 * MINUTE, 'low');

test('an alarm stands beside the incidents of its time, those that move many routes first', () => {
  const [found] = agreements([alarm(100 * MINUTE, 120 * MINUTE)], [hijack, outage, late], NOW);
  expect(found!.incidents.map(({ id }) => id)).toEqual(['outage', 'hijack']);
});

test('an alarm that still stands reaches to now', () => {
  const [found] = agreements([alarm(900 * MINUTE, null)], [hijack, outage, late], NOW);
  expect(found!.incidents.map(({ id }) => id)).toEqual(['outage']);
});

test('what detectors say and models do not: kinds of volume only, and not what is low', () => {
  const alarms = [alarm(100 * MINUTE, 120 * MINUTE)];
  expect(unseen(alarms, [hijack, outage, late, weak], NOW).map(({ id }) => id)).toEqual(['late']);
});
