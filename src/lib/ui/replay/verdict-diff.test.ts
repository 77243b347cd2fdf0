import { expect, test } from 'vitest';
import type { IncidentRow } from '../../../workers/api.ts';
import { countChanges, diffVerdicts } from './verdict-diff.ts';

const row = (id: string, more: Partial<IncidentRow> = {}): IncidentRow => ({
  id,
  type: 'origin-hijack',
  artemis: 'E|0',
  severity: 'warning',
  confidence: 5,
  level: 'medium',
  state: 'resolved',
  prefixes: [`${id}.0.0.0/8`],
  prefixCount: 1,
  victims: [1],
  culprits: [2],
  peerAsns: 3,
  vantages: 4,
  firstSeenUs: Number(id) * 10,
  alertedAtUs: Number(id) * 10,
  lastSeenUs: Number(id) * 10,
  endedAtUs: null,
  summary: '',
  isLowVisibility: false,
  isEarlier: false,
  mark: null,
  ...more,
});

test('equal lists are equal', () => {
  const rows = [row('1'), row('2')];
  expect(countChanges(diffVerdicts(rows, rows))).toEqual({ same: 2, changed: 0, appeared: 0, vanished: 0 });
});

test('what appeared, vanished and changed, in order of when it began', () => {
  const pairs = diffVerdicts([row('1'), row('3')], [row('2'), row('3', { confidence: 8, level: 'high' })]);
  expect(pairs.map(({ change, differs }) => [change, ...differs])).toEqual([
    ['vanished'],
    ['appeared'],
    ['changed', 'confidence', 'level'],
  ]);
});

test('an incident that begins at another time is still the same one', () => {
  const moved = row('9', { prefixes: ['1.0.0.0/8'], firstSeenUs: 12 });
  const [pair, ...more] = diffVerdicts([row('1')], [moved]);
  expect(more).toEqual([]);
  expect(pair).toMatchObject({ change: 'changed', before: { id: '1' }, after: { id: '9' } });
  expect(pair?.differs).toContain('firstSeenUs');
});

test('of two alike each is paired once', () => {
  const alike = (id: string) => row(id, { prefixes: ['10.0.0.0/8'] });
  const pairs = diffVerdicts([alike('1'), alike('2')], [alike('3')]);
  expect(countChanges(pairs)).toEqual({ same: 0, changed: 1, appeared: 0, vanished: 1 });
});

test('nothing against something', () => {
  expect(countChanges(diffVerdicts([], [row('1')]))).toMatchObject({ appeared: 1 });
  expect(countChanges(diffVerdicts([row('1')], []))).toMatchObject({ vanished: 1 });
});
