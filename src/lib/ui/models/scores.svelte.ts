import { proxy, transfer } from 'comlink';
import type { ScorerState, ScoresApi, ScoresView } from '../../../workers/api-scores.ts';
import type { ScorerHandle } from '../../../workers/spawn.ts';
import { spawnScorer } from '../../../workers/spawn.ts';
import type { Live } from '../live.svelte.ts';

/** What a part of the page may ask by itself. */
type Askable = Pick<ScoresApi, 'stream' | 'alarms' | 'trend' | 'correlation'>;

/** How long the page is left alone first: the models and what runs them are 400 KB. */
const SETTLE_MS = 6000;
/** What the relay knows of before. */
const PAST_URL = '/api/features/history';

/** The page's mirror of the scorer worker. `$state.raw`: each view replaces the last. */
export class Scores {
  view = $state.raw<ScoresView | null>(null);
  /** Why the worker died; null while it lives. */
  crash = $state.raw<string | null>(null);
  /** How loading went; null before. */
  state = $state.raw<ScorerState | null>(null);

  #live: Live;
  #handle: ScorerHandle | null = null;

  constructor(live: Live) {
    this.#live = live;
  }

  get isStarted(): boolean {
    return this.#handle !== null;
  }

  /** Start when the page has settled, and connect to each pipeline worker anew. @returns the undo */
  follow(): () => void {
    const timer = setTimeout(() => void this.start(), SETTLE_MS);
    const stop = $effect.root(() => {
      $effect(() => {
        if (this.#live.generation > 0 && this.state !== null) void this.#connect();
      });
    });
    return () => {
      clearTimeout(timer);
      stop();
      this.close();
    };
  }

  /** Start the worker now, or a new one after a crash. */
  async start(): Promise<void> {
    if (this.#handle) return;
    this.crash = null;
    const handle = spawnScorer();
    this.#handle = handle;
    handle.onCrash((reason) => {
      if (this.#handle !== handle) return;
      this.close();
      this.crash = reason;
    });
    await handle.scorer.subscribe(proxy((view: ScoresView) => this.#accept(handle, view)));
    const state = await handle.scorer.load();
    if (this.#handle === handle) this.state = state;
  }

  close(): void {
    this.#handle?.terminate();
    this.#handle = null;
    this.state = null;
  }

  /** Read the models again, after they could not be had. */
  async reload(): Promise<void> {
    const handle = this.#handle;
    if (!handle) return this.start();
    const state = await handle.scorer.load();
    if (this.#handle === handle) this.state = state;
  }

  /** Ask the worker something; null without one. */
  async ask<T>(question: (scorer: Askable) => Promise<T>): Promise<T | null> {
    return this.#handle ? question(this.#handle.scorer) : null;
  }

  async #connect(): Promise<void> {
    const handle = this.#handle;
    if (!handle) return;
    const { port1, port2 } = new MessageChannel();
    await handle.scorer.connect(transfer(port1, [port1]), PAST_URL);
    await this.#live.ask((pipeline) => pipeline.features(transfer(port2, [port2])));
  }

  #accept(handle: ScorerHandle, view: ScoresView): void {
    if (this.#handle === handle) this.view = view;
  }
}
