import type { LiveView, RecentRow } from '../../workers/api.ts';
import { sameFilter } from './live.svelte.ts';

/** More rows than this are not kept on the page: narrowing with a filter reaches further back. */
export const MAX_ROWS = 5000;
const PAGE_ROWS = 100;

/**
 * The list of recent updates. It follows the newest until somebody reads: pausing, scrolling down or selecting a row
 * holds it still and counts what came since; older rows are then fetched from the worker as they are scrolled to.
 */
export class Recent {
  rows = $state.raw<readonly RecentRow[]>([]);
  /** `following` shows the newest; `reading` ends by scrolling up, `paused` only by a wish. */
  mode = $state<'following' | 'reading' | 'paused'>('following');
  /** Updates in the filter's scope that came since the list was held. */
  newCount = $state(0);
  selectedId = $state<number | null>(null);
  loading = $state(false);
  /** Whether the oldest retained row is in the list. */
  atEnd = $state(false);

  #older: (beforeId: number, count: number) => Promise<RecentRow[]>;
  /** Counts the times the rows were replaced: an answer to an older question is dropped. */
  #round = 0;
  #shown: LiveView | null = null;
  #newest: LiveView | null = null;

  constructor(older: (beforeId: number, count: number) => Promise<RecentRow[]>) {
    this.#older = older;
  }

  /** Take over a snapshot: show it when following, else count what it has more. */
  accept(view: LiveView): void {
    this.#newest = view;
    if (this.mode === 'following' || this.#isOther(view)) this.#show(view);
    else this.newCount = Math.max(0, view.totals.elems - (this.#shown?.totals.elems ?? 0));
  }

  hold(mode: 'reading' | 'paused'): void {
    if (this.mode !== 'paused') this.mode = mode;
  }

  /** Back to the newest. */
  follow(): void {
    this.mode = 'following';
    this.selectedId = null;
    if (this.#newest) this.#show(this.#newest);
  }

  togglePause(): void {
    if (this.mode === 'paused') this.follow();
    else this.mode = 'paused';
  }

  /** Select the row `by` places further down (towards older); returns its index, -1 in an empty list. */
  move(by: number): number {
    this.hold('reading');
    const at = this.rows.findIndex((row) => row.id === this.selectedId);
    const next = at === -1 ? 0 : Math.min(this.rows.length - 1, Math.max(0, at + by));
    this.selectedId = this.rows[next]?.id ?? null;
    return this.rows.length ? next : -1;
  }

  select(row: RecentRow): void {
    this.hold('reading');
    this.selectedId = row.id;
  }

  /** Nothing selected any more; at the top of the list that ends the reading. */
  deselect(isAtTop: boolean): void {
    this.selectedId = null;
    if (isAtTop && this.mode === 'reading') this.follow();
  }

  /** Fetch the next older rows; one request at a time, none while following (the list would move on under it). */
  async more(): Promise<void> {
    const last = this.rows.at(-1);
    if (!last || this.loading || this.atEnd || this.mode === 'following') return;
    if (this.rows.length >= MAX_ROWS) return;
    this.loading = true;
    try {
      const round = this.#round;
      const page = await this.#older(last.id, PAGE_ROWS);
      if (round !== this.#round) return;
      this.rows = [...this.rows, ...page];
      this.atEnd = page.length === 0;
    } finally {
      this.loading = false;
    }
  }

  #show(view: LiveView): void {
    if (this.#shown && this.selectedId !== null && this.#isOther(view)) this.selectedId = null;
    this.#shown = view;
    this.#round++;
    this.rows = view.recent;
    this.newCount = 0;
    this.atEnd = false;
  }

  /** Whether the held rows no longer belong: another filter, or the source started over. */
  #isOther(view: LiveView): boolean {
    const shown = this.#shown;
    return !shown || !sameFilter(shown.filter, view.filter) || shown.feed.stream !== view.feed.stream;
  }
}
