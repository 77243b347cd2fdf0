import { proxy } from 'comlink';
import type { ElemFilter } from '#core/elem/filter.ts';
import type { LiveView, PipelineApi, RecentRow } from '../../workers/api.ts';
import type { PipelineHandle } from '../../workers/spawn.ts';
import { loadResume, saveResume } from './resume.ts';

const CALM_MS = 1000;

/** What a part of the page may ask by itself. Comlink's own type would split a union answer into a union of promises. */
type Askable = Pick<
  PipelineApi,
  | 'incidents'
  | 'incident'
  | 'nearMisses'
  | 'prefix'
  | 'as'
  | 'mark'
  | 'setWatchList'
  | 'watchList'
  | 'tee'
  | 'features'
>;

/** The page's mirror of the pipeline. `$state.raw`: each view replaces the last, so deep proxies would only cost. */
export class Live {
  /** The newest snapshot: at most ten a second. */
  view = $state.raw<LiveView | null>(null);
  /** The same, but at most one a second: for tables, so that rows do not dance. */
  calm = $state.raw<LiveView | null>(null);
  /** Why the worker died; null while it lives. */
  crash = $state.raw<string | null>(null);
  /** Counts the workers started: an answer of an earlier one is not about this one. */
  generation = $state(0);
  /** Views received since the page was opened. */
  views = 0;

  #spawn: () => PipelineHandle;
  #url: string;
  #handle: PipelineHandle | null = null;
  #filter: ElemFilter | null = null;
  #calmAtMs = Number.NEGATIVE_INFINITY;

  constructor(spawn: () => PipelineHandle, url: string) {
    this.#spawn = spawn;
    this.#url = url;
  }

  /** Start the worker, or start a new one after a crash. */
  async start(): Promise<void> {
    this.close();
    this.crash = null;
    const handle = this.#spawn();
    this.#handle = handle;
    this.generation++;
    handle.onCrash((reason) => {
      if (this.#handle !== handle) return;
      this.close();
      this.crash = reason;
    });
    await handle.pipeline.subscribe(proxy((view: LiveView) => this.#accept(handle, view)));
    if (this.#filter) await handle.pipeline.setFilter(this.#filter);
    await handle.pipeline.start({ url: this.#url, resume: loadResume() });
  }

  close(): void {
    this.#handle?.terminate();
    this.#handle = null;
  }

  /** Narrow the view; remembered across a restart of the worker. */
  async setFilter(filter: ElemFilter | null): Promise<void> {
    if (sameFilter(filter, this.#filter)) return;
    this.#filter = filter;
    this.#calmAtMs = Number.NEGATIVE_INFINITY;
    await this.#handle?.pipeline.setFilter(filter);
  }

  /** Up to `count` retained elems older than `beforeId` within the filter, newest first; none without a worker. */
  async older(beforeId: number, count: number): Promise<RecentRow[]> {
    return (await this.#handle?.pipeline.older(beforeId, count)) ?? [];
  }

  /** Ask the worker something; null without one. The answer never comes when the worker dies before giving it. */
  async ask<T>(question: (pipeline: Askable) => Promise<T>): Promise<T | null> {
    return this.#handle ? question(this.#handle.pipeline) : null;
  }

  #accept(handle: PipelineHandle, view: LiveView): void {
    if (this.#handle !== handle) return;
    this.views++;
    this.view = view;
    const nowMs = performance.now();
    if (nowMs - this.#calmAtMs < CALM_MS && sameFilter(this.calm?.filter ?? null, view.filter)) return;
    this.#calmAtMs = nowMs;
    this.calm = view;
    saveResume(view.feed);
  }
}

/** Whether two filters are the same setting. Their members come in one fixed order (`tidyFilter`). */
export function sameFilter(a: ElemFilter | null, b: ElemFilter | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
