import { expect, test } from 'vitest';
import type { CollectorHealth, FeedHealth } from '../../workers/api.ts';
import { feedFixture } from './health.fixture.ts';
import { sourceState } from './source-state.ts';

const NOW_MS = 101_000;
const plain = (text: string): string => text.replaceAll('\u2009', ' ');
const collectors = ['rrc01', 'rrc00', 'rrc03'].map((collector): CollectorHealth => ({
  collector,
  vantages: 1,
  vantagesUp: 1,
  elems: 1,
  rate: 1,
  lastUs: 1,
}));

function line(feed: FeedHealth | null, crash: string | null = null): string {
  const { tone, glyph, word, detail } = sourceState(feed, collectors, crash, NOW_MS);
  return plain(`${tone} ${glyph} ${word} ${detail}`.trim());
}

const source = feedFixture().source!;
const replay = { ...source, kind: 'replay', label: 'A replay', speed: 60, lagMs: null } as const;

test.each<[string, FeedHealth | null, string]>([
  ['nothing known yet', null, 'wait ◌ starting'],
  ['first connection', feedFixture({ connection: 'connecting', lastHeardMs: null }), 'wait ◌ connecting'],
  ['no status yet', feedFixture({ source: null }), 'wait ◌ connected waiting for the relay’s status'],
  ['live', feedFixture(), 'live ● live rrc00 +2 · lag 0.8 s'],
  ['replay', feedFixture({ source: { ...replay, pass: 1 } }), 'replay ▶ replay ×60 A replay'],
  ['replay again', feedFixture({ source: { ...replay, pass: 3 } }), 'replay ▶ replay ×60 A replay, pass 3'],
  [
    'replay unpaced',
    feedFixture({ source: { ...replay, speed: 0 } }),
    'replay ▶ replay at full speed A replay',
  ],
  ['far behind', feedFixture({ source: { ...source, lagMs: 90_000 } }), 'stale ▲ late rrc00 +2 · lag 2 min'],
  [
    'silent',
    feedFixture({ source: { ...source, state: 'silent' } }),
    'stale ▲ silent RIS Live sends nothing',
  ],
  [
    'relay connecting',
    feedFixture({ source: { ...source, state: 'connecting' } }),
    'wait ◌ waiting relay is connecting to RIS Live',
  ],
  [
    'failed',
    feedFixture({ source: { ...source, state: 'failed', reason: 'refused' } }),
    'lost ▲ failed RIS Live: refused',
  ],
  ['open but mute', feedFixture({ lastHeardMs: 90_000 }), 'stale ▲ stale nothing heard since 00:01:30Z'],
  [
    'lost, waiting',
    feedFixture({ connection: 'waiting', retryAtMs: NOW_MS + 2500 }),
    'lost ▲ lost since 00:01:40Z, retry in 3 s',
  ],
  ['lost, trying', feedFixture({ connection: 'connecting' }), 'lost ▲ lost since 00:01:40Z, connecting'],
  [
    'never reached',
    feedFixture({ connection: 'waiting', lastHeardMs: null, retryAtMs: NOW_MS }),
    'lost ▲ no relay retry in 0 s',
  ],
])('%s', (_name, feed, want) => expect(line(feed)).toBe(want));

test('a dead worker outranks everything', () => {
  expect(line(feedFixture(), 'out of memory')).toBe('lost ▲ stopped the worker failed');
});
