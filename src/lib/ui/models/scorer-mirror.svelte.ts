import { proxy, transfer } from 'comlink';
import type { ScorerState, ScoresApi, ScoresView } from '../../../workers/api-scores.ts';
import type { ScorerHandle } from '../../../workers/spawn.ts';
import { spawnScorer } from '../../../workers/spawn.ts';

/** What a part of the page may ask by itself. */
type Askable = Pick<ScoresApi, 'stream' | 'strip' | 'alarms' | 'trend' | 'correlation'>;

/** The page's mirror of a scorer worker. `$state.raw`: each view replaces the last. */
export class ScorerMirror {
  view = $state.raw<ScoresView | null>(null);
  /** Why the worker died; null while it lives. */
  crash = $state.raw<string | null>(null);
  /** How loading went; null before. */
  state = $state.raw<ScorerState | null>(null);

  #handle: ScorerHandle | null = null;

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

  /** Score another stream from now on. @param give hands the other end of the channel to where features come from */
  protected async connect(
    give: (port: MessagePort) => Promise<unknown>,
    pastUrl: string | null,
  ): Promise<void> {
    const handle = this.#handle;
    if (!handle) return;
    const { port1, port2 } = new MessageChannel();
    await handle.scorer.connect(transfer(port1, [port1]), pastUrl);
    if (this.#handle === handle) await give(transfer(port2, [port2]));
  }

  #accept(handle: ScorerHandle, view: ScoresView): void {
    if (this.#handle === handle) this.view = view;
  }
}
