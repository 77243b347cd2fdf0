import type { CollectorHealth, FeedHealth } from '../../workers/api.ts';
import { formatShort } from './number.ts';
import { formatClock, formatDuration } from './time.ts';

/** `live` and `replay` are fine; `wait` will pass; `stale` and `lost` need a look. */
export type Tone = 'live' | 'replay' | 'wait' | 'stale' | 'lost';

/** The one line in the header that says where the data comes from and how fresh it is. */
export interface SourceState {
  readonly tone: Tone;
  readonly glyph: string;
  readonly word: string;
  /** What follows the word; may be empty. */
  readonly detail: string;
}

/** The relay sends a status every second: this long without one is not a hiccup. */
const SILENT_MS = 5000;
const LAG_MS = 60_000;

/** State of the line from relay to page and of the source behind it. `nowMs` is wall-clock Unix ms. */
export function sourceState(
  feed: FeedHealth | null,
  collectors: readonly CollectorHealth[],
  crash: string | null,
  nowMs: number,
): SourceState {
  if (crash !== null) return { tone: 'lost', glyph: '▲', word: 'stopped', detail: 'the worker failed' };
  if (!feed) return { tone: 'wait', glyph: '◌', word: 'starting', detail: '' };
  if (feed.connection === 'open') return openState(feed, collectors, nowMs);
  if (feed.connection === 'stopped') return { tone: 'lost', glyph: '■', word: 'stopped', detail: '' };
  const since = feed.lastHeardMs === null ? '' : `since ${formatClock(feed.lastHeardMs * 1000)}`;
  if (feed.connection === 'waiting') {
    const inS = Math.max(0, Math.ceil(((feed.retryAtMs ?? nowMs) - nowMs) / 1000));
    const retry = `retry in ${inS}\u2009s`;
    const word = since ? 'lost' : 'no relay';
    return { tone: 'lost', glyph: '▲', word, detail: since ? `${since}, ${retry}` : retry };
  }
  if (since) return { tone: 'lost', glyph: '▲', word: 'lost', detail: `${since}, connecting` };
  return { tone: 'wait', glyph: '◌', word: 'connecting', detail: '' };
}

function openState(feed: FeedHealth, collectors: readonly CollectorHealth[], nowMs: number): SourceState {
  const { source, lastHeardMs } = feed;
  if (!source)
    return { tone: 'wait', glyph: '◌', word: 'connected', detail: 'waiting for the relay’s status' };
  if (lastHeardMs !== null && nowMs - lastHeardMs > SILENT_MS) {
    const since = `nothing heard since ${formatClock(lastHeardMs * 1000)}`;
    return { tone: 'stale', glyph: '▲', word: 'stale', detail: since };
  }
  const because = source.reason ? `: ${source.reason}` : '';
  switch (source.state) {
    case 'connecting':
      return { tone: 'wait', glyph: '◌', word: 'waiting', detail: `relay is connecting to ${source.label}` };
    case 'failed':
      return { tone: 'lost', glyph: '▲', word: 'failed', detail: `${source.label}${because}` };
    case 'silent':
      return { tone: 'stale', glyph: '▲', word: 'silent', detail: `${source.label} sends nothing` };
    case 'ended':
      return { tone: 'stale', glyph: '■', word: 'ended', detail: source.label };
    case 'lagging':
      return { tone: 'stale', glyph: '▲', word: 'lagging', detail: lagText(source.lagMs) };
    case 'running':
      break;
  }
  if (source.kind === 'replay') {
    const pass = source.pass !== null && source.pass > 1 ? `, pass ${source.pass}` : '';
    const speed =
      source.speed === null ? '' : source.speed === 0 ? ' at full speed' : ` ×${formatShort(source.speed)}`;
    return { tone: 'replay', glyph: '▶', word: `replay${speed}`, detail: `${source.label}${pass}` };
  }
  const detail = [collectorsText(collectors), lagText(source.lagMs)].filter(Boolean).join(' · ');
  const late = (source.lagMs ?? 0) > LAG_MS;
  return { tone: late ? 'stale' : 'live', glyph: late ? '▲' : '●', word: late ? 'late' : 'live', detail };
}

/** `rrc00 +22`: the first collector by name and how many more. */
function collectorsText(collectors: readonly CollectorHealth[]): string {
  const first = [...collectors].sort((a, b) => (a.collector < b.collector ? -1 : 1))[0];
  if (!first) return '';
  return collectors.length > 1 ? `${first.collector} +${collectors.length - 1}` : first.collector;
}

function lagText(lagMs: number | null): string {
  return lagMs === null ? '' : `lag ${formatDuration(lagMs)}`;
}
