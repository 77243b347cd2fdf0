import type { PreparedStream } from '../dataset/prepared.ts';
import { sortStreams } from '../evaluate/leave-out.ts';
import type { EventStreams, Result } from '../evaluate/protocol.ts';
import type { Shipped } from '../evaluate/shipped.ts';
import { judgeShipped, withForest } from '../evaluate/shipped.ts';
import type { ArchiveFit } from './archive.ts';
import { compareFigures } from './guard.ts';

/** Rows of models before and after being fitted to a network. */
export interface ArchiveComparison {
  readonly before: Result;
  readonly after: Result;
  /** Why the fitted ones are worse; null when they are not. */
  readonly reason: string | null;
}

/** Models with a fit applied. */
export function applyFit(shipped: Shipped, { forest, operating }: ArchiveFit): Shipped {
  const fitted = withForest(shipped, forest);
  const hasLstm = shipped.operating === shipped.models.manifest.operating.all;
  return { ...fitted, operating: hasLstm ? operating.all : operating.withoutLstm };
}

/** Judge models before and after on the same labelled streams. */
export async function compareOnArchive(
  shipped: Shipped,
  fit: ArchiveFit,
  streams: readonly PreparedStream[],
): Promise<ArchiveComparison> {
  const byEvent = new Map<string, PreparedStream[]>();
  for (const stream of streams) {
    const { event } = stream.source;
    byEvent.set(event, [...(byEvent.get(event) ?? []), stream]);
  }
  const { events }: { events: EventStreams } = sortStreams(byEvent);
  const before = (await judgeShipped(shipped, events)).budget[0]!;
  const after = (await judgeShipped(applyFit(shipped, fit), events)).budget[0]!;
  return {
    before: { ...before, title: 'Ensemble as it was' },
    after: { ...after, title: 'Ensemble fitted to the archive' },
    reason: compareFigures(before.macro, after.macro),
  };
}
