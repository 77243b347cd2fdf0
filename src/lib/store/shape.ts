import type { KeptIncident } from './backend.ts';
import type { UserMark } from './record.ts';

/** Whether what the database gave back is an incident this version can show. */
export function isKeptIncident(value: unknown): value is KeptIncident {
  if (!isObject(value) || typeof value['id'] !== 'string' || !isNumber(value['keptAtMs'])) return false;
  const { record } = value;
  if (!isObject(record) || !Array.isArray(record['timeline']) || !Array.isArray(record['samples']))
    return false;
  const { incident } = record;
  if (!isObject(incident) || incident['id'] !== value['id'] || !isObject(incident['evidence'])) return false;
  const lists = ['prefixes', 'victims', 'culprits', 'peerAsns', 'tags'];
  const numbers = ['confidence', 'firstSeenUs', 'lastSeenUs', 'alertedAtUs', 'prefixCount'];
  const texts = ['type', 'state', 'level', 'severity'];
  return (
    lists.every((name) => Array.isArray(incident[name])) &&
    numbers.every((name) => isNumber(incident[name])) &&
    texts.every((name) => typeof incident[name] === 'string')
  );
}

/** Whether it is a mark as `UserMark` says; also for marks that come from the page. */
export function isUserMark(value: unknown): value is UserMark {
  if (!isObject(value) || !isNumber(value['atMs'])) return false;
  const { kind } = value;
  return kind === 'ack' || kind === 'ignore' || (kind === 'snooze' && isNumber(value['untilMs']));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
