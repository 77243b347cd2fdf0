import type { ElemRow } from '../elem/row.ts';
import { elemRow } from '../elem/row.ts';
import type { ElemMatcher } from '../elem/filter.ts';
import type { RetainedBatches, TrackedBatch } from './tracked.ts';

export interface RecentRow extends ElemRow {
  /** Grows by one per elem; the handle for `older`. */
  readonly id: number;
}

/** The newest elems of a view. Rows are made when asked for and kept, so a quiet view holds no old batch. */
export class RecentElems {
  readonly #limit: number;
  #rows: RecentRow[] = [];
  #pending: { tracked: TrackedBatch; i: number }[] = [];

  constructor(limit = 100) {
    this.#limit = limit;
  }

  /** Note the elems of one batch that are in the view, as indexes in order. */
  add(tracked: TrackedBatch, indexes: Uint32Array, count: number): void {
    const from = Math.max(0, count - this.#limit);
    for (let k = from; k < count; k++) this.#pending.push({ tracked, i: indexes[k]! });
    const over = this.#pending.length - this.#limit;
    // Not at each elem: moving the list costs as much as the elems in it.
    if (over > this.#limit * 4) this.#pending.splice(0, over);
  }

  /** Newest first, at most the limit. */
  snapshot(): RecentRow[] {
    const fresh = this.#pending.slice(-this.#limit).reverse();
    this.#pending = [];
    const rows = fresh.map(({ tracked, i }) => recentRow(tracked, i));
    this.#rows = [...rows, ...this.#rows].slice(0, this.#limit);
    return this.#rows;
  }
}

function recentRow(tracked: TrackedBatch, i: number): RecentRow {
  return { id: tracked.firstId + i, ...elemRow(tracked.batch, i) };
}

/** Up to `count` retained elems older than `beforeId` that `matcher` lets through (null: all), newest first. */
export function olderElems(
  retained: RetainedBatches,
  matcher: ElemMatcher | null,
  beforeId: number,
  count: number,
): RecentRow[] {
  const rows: RecentRow[] = [];
  for (let at = Math.min(retained.indexAfter(beforeId), retained.length - 1); at >= 0; at--) {
    const tracked = retained.at(at)!;
    const { batch, firstId } = tracked;
    for (let i = Math.min(batch.length, beforeId - firstId) - 1; i >= 0; i--) {
      if (rows.length === count) return rows;
      if (matcher === null || matcher.matches(batch, i)) rows.push(recentRow(tracked, i));
    }
  }
  return rows;
}
