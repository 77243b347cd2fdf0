import { goto } from '$app/navigation';
import { page } from '$app/state';
import { createContext } from 'svelte';
import type { ElemFilter } from '#core/elem/filter.ts';
import { mergeFilters } from './filter-chips.ts';
import { Marks } from './incident/marks.svelte.ts';
import { Scores } from './models/scores.svelte.ts';
import type { Live } from './live.svelte.ts';
import type { Query } from './query.ts';
import { formatQuery, parseQuery, tidyFilter } from './query.ts';
import type { Action } from './shortcuts.ts';
import type { Scene } from './scene.ts';
import { Theme } from './theme.svelte.ts';

/** Pages that show only what the filter lets through; the others keep it in the address for the way back. */
const FILTERED_PAGES = ['/', '/status'];

/** What the header says while a replay is shown instead of the live stream. */
export interface ReplayMark {
  readonly title: string;
  /** The moment shown, Unix microseconds; null while it loads. */
  readonly timeUs: number | null;
  readonly state: 'loading' | 'paused' | 'playing' | 'ended';
}

/** Pages whose address is their own: what it says is not for the live stream. */
const OWN_ADDRESS = ['/replay', '/history'];
const NO_QUERY: Query = { filter: null, window: null, ignored: [] };

/** What every part of the page shares: the live view, the URL's state, the clock, the theme. */
export class App implements Scene {
  readonly live: Live;
  readonly marks: Marks;
  readonly scores: Scores;
  readonly theme = new Theme();
  /** Wall clock, Unix ms, once a second: for "retry in 3 s". Everything else takes its time from the data. */
  nowMs = $state(Date.now());
  /** The newest short message ("copied"), shown briefly and read aloud. */
  notice = $state('');
  /** Set by the replay page while it shows one: nothing of it must be taken for live. */
  replay = $state.raw<ReplayMark | null>(null);
  query: Query = $derived(
    OWN_ADDRESS.includes(page.url.pathname) ? NO_QUERY : parseQuery(page.url.searchParams),
  );

  // Not state: nothing is drawn from it.
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  #handlers = new Map<Action, () => void>();
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(live: Live) {
    this.live = live;
    this.marks = new Marks(live, (notice) => this.say(notice));
    this.scores = new Scores(live);
  }

  get nowUs(): number | null {
    return this.live.calm?.dataTimeUs ?? null;
  }

  /** Whether this page is narrowed by the filter. */
  get isFiltered(): boolean {
    return FILTERED_PAGES.includes(page.url.pathname);
  }

  /** A link to another page that keeps the filter for the way back. */
  href(path: string): string {
    const search = formatQuery(this.query.filter, this.query.window);
    return path.includes('?') ? path + search.replace('?', '&') : path + search;
  }

  /** Narrow the filter by one more wish. */
  narrow(add: ElemFilter): void {
    this.setFilter(mergeFilters(this.query.filter, add));
  }

  /** Replace the filter; one step for the Back button. */
  setFilter(filter: ElemFilter | null): void {
    this.#go(formatQuery(filter && tidyFilter(filter), this.query.window));
  }

  /** Show only this window in charts; null follows the newest data. */
  setWindow(window: Query['window']): void {
    this.#go(formatQuery(this.query.filter, window));
  }

  /** Let a part of the page answer shortcuts while it is mounted; returns the undo. */
  answer(handlers: Partial<Record<Action, () => void>>): () => void {
    const mine = Object.entries(handlers) as [Action, () => void][];
    for (const [action, handler] of mine) this.#handlers.set(action, handler);
    return () => {
      for (const [action, handler] of mine) {
        if (this.#handlers.get(action) === handler) this.#handlers.delete(action);
      }
    };
  }

  /** Whether somebody answered. */
  act(action: Action): boolean {
    const handler = this.#handlers.get(action);
    handler?.();
    return handler !== undefined;
  }

  say(notice: string): void {
    clearTimeout(this.#noticeTimer);
    this.notice = notice;
    this.#noticeTimer = setTimeout(() => (this.notice = ''), 2500);
  }

  /** Copy to the clipboard and say so. */
  async copy(text: string, what: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.say(`Copied ${what}`);
    } catch {
      this.say('The browser does not allow copying here');
    }
  }

  #go(search: string): void {
    void goto((this.isFiltered ? page.url.pathname : '/') + search, { keepFocus: true, noScroll: true });
  }
}

export const [getApp, setApp] = createContext<App>();
