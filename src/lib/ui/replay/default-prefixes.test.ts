import { expect, test } from 'vitest';
import type { RoutingEvent } from '#core/event/event.ts';
import type { IncidentRow } from '../../../workers/api.ts';
import { defaultPrefixes } from './default-prefixes.ts';

const event = {
  prefixes: ['208.65.152.0/22', '208.65.153.0/24'],
  truth: { culprits: [17557] },
} as unknown as RoutingEvent;
const row = (id: string, prefixes: string[], confidence: number, culprits: number[] = []): IncidentRow =>
  ({ id, prefixes, confidence, culprits, firstSeenUs: 0 }) as unknown as IncidentRow;

const rows = [
  row('flap', ['192.0.2.0/24'], 9),
  row('hijack', ['208.65.153.0/24'], 8, [17557]),
  row('weak', ['208.65.152.0/22'], 2),
];

test.each([
  ['the open incident', event, rows, 'flap', ['192.0.2.0/24']],
  ['the surest of the event', event, rows, null, ['208.65.153.0/24']],
  ['the event itself', event, [rows[0]!], null, ['208.65.152.0/22', '208.65.153.0/24']],
  ['nothing known', null, rows, null, []],
  ['an incident about no prefix', event, [row('reset', [], 8)], 'reset', event.prefixes],
] as const)('%s', (_name, of, incidents, chosen, want) =>
  expect(defaultPrefixes(of, incidents, chosen)).toEqual(want),
);
