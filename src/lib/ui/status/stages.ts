import type { FeedHealth, WorkerHealth } from '../../../workers/api.ts';
import { formatBytes, formatCountOf } from '../number.ts';
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
        ? `${formatCountOf(source.elems, 'update')} in ${formatCountOf(source.messages, 'message')}`
        : 'unknown',
      lost: source
        ? source.badMessages
          ? `${formatCountOf(source.badMessages, 'unreadable message')}`
          : ''
        : null,
    },
    {
      name: 'Relay',
      passed: relay
        ? `${formatCountOf(relay.hub.seq, 'frame')} to ${formatCountOf(relay.hub.clients, 'page')}`
        : 'unknown',
      lost: relay ? (dropped > 0 ? `${formatCountOf(dropped, 'message')} dropped, queue full` : '') : null,
    },
    {
      name: 'Stream to this page',
      passed: `${formatCountOf(feed.frames, 'frame')}, ${formatBytes(feed.bytes)}`,
      lost: streamLoss(feed),
    },
    {
      name: 'Pipeline worker',
      passed: `${formatCountOf(worker.retainedElems, 'update')} kept`,
      lost: worker.droppedFrames ? `${formatCountOf(worker.droppedFrames, 'frame')} dropped, too slow` : '',
    },
  ];
}

function streamLoss(feed: FeedHealth): string {
  const parts: string[] = [];
  if (feed.gapCount) {
    const known = feed.lostFrames ? `${formatCountOf(feed.lostFrames, 'frame')}` : 'unknown amount';
    parts.push(`${formatCountOf(feed.gapCount, 'gap')}, ${known}`);
  }
  if (feed.badFrames) parts.push(`${formatCountOf(feed.badFrames, 'unreadable frame')}`);
  return parts.join('; ');
}
