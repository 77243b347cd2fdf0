import { Activity } from '#core/activity/activity.ts';
import type { RetainedBatches } from '#core/activity/tracked.ts';
import type { ElemFilter, ElemMatcher } from '#core/elem/filter.ts';
import { compileFilter } from '#core/elem/filter.ts';
import type { Turn } from './turn.ts';

/** A filter in force: what it matches, and the view it has. */
export interface FilteredView {
  readonly filter: ElemFilter;
  readonly activity: Activity;
  /** A matcher of its own for scrolling back: matchers remember answers for one batch at a time. */
  readonly scroll: ElemMatcher;
}

/** An empty view of `filter`. */
export function filteredView(filter: ElemFilter, stepS: number): FilteredView {
  return {
    filter,
    activity: new Activity({ stepS, matcher: compileFilter(filter) }),
    scroll: compileFilter(filter),
  };
}

/**
 * Step a view over everything retained, in slices, until it has caught up with what arrives meanwhile.
 *
 * @param isStale asked after each slice: whether nobody wants the result any more.
 * @returns whether the view is complete. Nothing is awaited between the last batch and the return.
 */
export async function catchUp(
  view: FilteredView,
  retained: RetainedBatches,
  turn: Turn,
  isStale: () => boolean,
): Promise<boolean> {
  let nextId = retained.at(0)?.firstId ?? 0;
  for (;;) {
    const tracked = retained.at(retained.indexAfter(nextId));
    if (tracked === undefined) return true;
    view.activity.step(tracked);
    nextId = tracked.firstId + tracked.batch.length;
    if (!turn.isOver) continue;
    await turn.next();
    if (isStale()) return false;
  }
}
