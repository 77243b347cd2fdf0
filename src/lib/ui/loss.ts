import type { FeedHealth, WorkerHealth } from '../../workers/api.ts';
import { formatCountOf } from './number.ts';

/** One way in which data went missing. */
export interface Loss {
  readonly what: string;
  readonly count: number;
  /** What it means, in a sentence. */
  readonly meaning: string;
}

/** The answer to "is anything lost?". */
export interface LossReport {
  /** Data that should have been here and is not. Empty: nothing lost. */
  readonly losses: readonly Loss[];
  /** Things let go on purpose to stay within a budget: older state, not input. */
  readonly letGo: readonly Loss[];
}

/** Everything that was lost between the source and this page, as far as anybody knows. */
export function lossReport(feed: FeedHealth, worker: WorkerHealth): LossReport {
  const losses: Loss[] = [
    {
      what: feed.gapCount === 1 ? 'gap in the stream' : 'gaps in the stream',
      count: feed.gapCount,
      meaning: gapMeaning(feed),
    },
    {
      what: feed.badFrames === 1 ? 'unreadable frame' : 'unreadable frames',
      count: feed.badFrames,
      meaning: 'Frames from the relay that could not be decoded; their updates are not shown.',
    },
    {
      what: worker.droppedFrames === 1 ? 'frame dropped here' : 'frames dropped here',
      count: worker.droppedFrames,
      meaning: 'This browser could not keep up: the oldest waiting frames were dropped.',
    },
    {
      what: 'bad messages at the source',
      count: feed.source?.badMessages ?? 0,
      meaning: 'Messages the relay could not read; counted since the relay started.',
    },
  ];
  const letGo: Loss[] = [
    {
      what: 'routes evicted',
      count: worker.evictedRoutes,
      meaning: 'Least recently updated routes, forgotten to stay within the memory budget.',
    },
    {
      what: 'old batches let go',
      count: worker.droppedBatches,
      meaning: 'The oldest updates can no longer be scrolled back to; the counters still include them.',
    },
  ];
  const seen = (loss: Loss): boolean => loss.count > 0;
  return { losses: losses.filter(seen), letGo: letGo.filter(seen) };
}

function gapMeaning(feed: FeedHealth): string {
  if (feed.lostFrames === 0 && feed.lostElems === 0) return 'How much is missing is not known.';
  return `At least ${formatCountOf(feed.lostFrames, 'frame')} with ${formatCountOf(feed.lostElems, 'update')} are missing.`;
}
