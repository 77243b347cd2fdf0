import type { RoutingEvent } from '#core/event/event.ts';
import type { ReplaySource } from '../../../workers/api-replay.ts';
import { formatSpan } from '../time.ts';
import type { LinkSource } from './link.ts';

export function sameSource(a: LinkSource | null, b: LinkSource | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What a source is called before it says so itself. */
export function sourceTitle(source: LinkSource | null): string {
  switch (source?.kind) {
    case 'event':
      return source.id;
    case 'archive':
      return formatSpan(source.fromUs, source.toUs);
    case 'file':
      return source.name;
    default:
      return 'Replay';
  }
}

/** Where the data of an event is: its recording, or the relay's archive, into which it may have been imported. */
export function eventSource({ replay, from, to, collectors }: RoutingEvent): ReplaySource {
  if (replay) return { kind: 'url', url: `/${replay.path}` };
  return {
    kind: 'archive',
    fromUs: Date.parse(from) * 1000,
    toUs: Date.parse(to) * 1000,
    filter: collectors.length ? { collectors } : null,
  };
}
