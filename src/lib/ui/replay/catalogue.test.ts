import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { EventSummary } from '#core/event/event.ts';
import {
  fetchEvent,
  fetchIndex,
  formatCatalogueQuery,
  listEvents,
  parseCatalogueQuery,
} from './catalogue.ts';

const shipped = readFileSync(new URL('../../../../static/events/index.json', import.meta.url), 'utf8');
const answering = (body: string, status = 200, type = 'application/json'): typeof fetch => {
  return () => Promise.resolve(new Response(body, { status, headers: { 'content-type': type } }));
};

test('the shipped catalogue is read', async () => {
  const answer = await fetchIndex(answering(shipped));
  expect(answer.ok && answer.value.events.some(({ id }) => id === 'youtube-pakistan-20080224')).toBe(true);
});

test.each([
  ['not there', answering('', 404), 'EVENT_UNKNOWN'],
  [
    'the page itself, as for any unknown path',
    answering('<!doctype html>', 200, 'text/html'),
    'EVENT_UNKNOWN',
  ],
  ['not JSON', answering('{"version":1,'), 'EVENT_BAD'],
  ['of another shape', answering('{"version":2}'), 'EVENT_BAD'],
  ['a relay that fails', answering('', 500), 'REPLAY_UNREACHABLE'],
  ['no relay', () => Promise.reject(new TypeError('fetch failed')), 'REPLAY_UNREACHABLE'],
] as const)('%s', async (_name, fetcher, code) => {
  expect(await fetchEvent('some-event', fetcher)).toMatchObject({ ok: false, code });
});

const event = (id: string, from: string, more: Partial<EventSummary> = {}): EventSummary => ({
  id,
  title: id,
  type: 'route-leak',
  from,
  to: '2030-01-01T00:00:00Z',
  confidence: 'B',
  replay: null,
  ...more,
});
const recording = { path: 'replays/x.rsl', bytes: 1, sha256: '', elems: 1 };
const events = [
  event('old', '2008-02-24T00:00:00Z', { replay: recording, type: 'subprefix-hijack', confidence: 'A' }),
  event('new', '2026-06-16T00:00:00Z', { replay: recording }),
  event('unshipped', '2027-01-01T00:00:00Z', { confidence: 'A' }),
];

test.each([
  ['newest', ['new', 'old', 'unshipped']],
  ['oldest', ['old', 'new', 'unshipped']],
  ['type', ['new', 'old', 'unshipped']],
  ['confidence', ['old', 'new', 'unshipped']],
] as const)('by %s, what can be played always first', (order, want) => {
  expect(listEvents(events, { text: '', order }).map(({ id }) => id)).toEqual(want);
});

test.each([
  ['HIJACK', ['old']],
  ['route leak', ['new', 'unshipped']],
  ['2008-02', ['old']],
  ['nothing of it', []],
] as const)('searching for %s', (text, want) => {
  expect(listEvents(events, { text, order: 'newest' }).map(({ id }) => id)).toEqual(want);
});

test('the search is a link', () => {
  const query = { text: 'you & me', order: 'type' } as const;
  expect(parseCatalogueQuery(new URLSearchParams(formatCatalogueQuery(query)))).toEqual(query);
  expect(parseCatalogueQuery(new URLSearchParams('sort=__proto__'))).toEqual({ text: '', order: 'newest' });
});
