import type { FeedHealth, WorkerHealth } from '../../../workers/api.ts';
import { formatBytes, formatCount } from '../number.ts';
import type { RelayStatus } from './relay-status.ts';

/** One station on the way of an update from the source to the page, and what it lost. */
export interface Stage {
  readonly name: string;
  /** What went through, in words. */
  readonly passed: string;
  /** What was lost here, in words; empty when nothing was, null when nobody knows. */
  readonly lost: string | null;
}

/** The way of the updates, source first. `relay` is null while its status is not known. */
export function stages(feed: FeedHealth, worker: WorkerHealth, relay: RelayStatus | null): Stage[] {
  const { source } = feed;
  const dropped = relay?.queue.dropped ?? 0;
  return [
    {
      name: source?.label ?? 'Source',
      passed: source
        ? `${formatCount(source.elems)} updates in ${formatCount(source.messages)} messages`
        : 'unknown',
      lost: source
        ? source.badMessages
          ? `${formatCount(source.badMessages)} unreadable messages`
          : ''
        : null,
    },
    {
      name: 'Relay',
      passed: relay
        ? `${formatCount(relay.hub.seq)} frames to ${formatCount(relay.hub.clients)} pages`
        : 'unknown',
      lost: relay ? (dropped > 0 ? `${formatCount(dropped)} messages dropped, queue full` : '') : null,
    },
    {
      name: 'Stream to this page',
      passed: `${formatCount(feed.frames)} frames, ${formatBytes(feed.bytes)}`,
      lost: streamLoss(feed),
    },
    {
      name: 'Pipeline worker',
      passed: `${formatCount(worker.retainedElems)} updates kept`,
      lost: worker.droppedFrames ? `${formatCount(worker.droppedFrames)} frames dropped, too slow` : '',
    },
  ];
}

function streamLoss(feed: FeedHealth): string {
  const parts: string[] = [];
  if (feed.gapCount) {
    const known = feed.lostFrames ? `${formatCount(feed.lostFrames)} frames` : 'unknown amount';
    parts.push(`${formatCount(feed.gapCount)} ${feed.gapCount === 1 ? 'gap' : 'gaps'}, ${known}`);
  }
  if (feed.badFrames) parts.push(`${formatCount(feed.badFrames)} unreadable frames`);
  return parts.join('; ');
}
