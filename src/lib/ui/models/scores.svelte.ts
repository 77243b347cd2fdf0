import type { Live } from '../live.svelte.ts';
import { ScorerMirror } from './scorer-mirror.svelte.ts';

/** How long the page is left alone first: the models and what runs them are 400 KB. */
const SETTLE_MS = 6000;
/** What the relay knows of before. */
const PAST_URL = '/api/features/history';

/** Scores of the live stream. */
export class Scores extends ScorerMirror {
  #live: Live;

  constructor(live: Live) {
    super();
    this.#live = live;
  }

  /** Start when the page has settled, and connect to each pipeline worker anew. @returns the undo */
  follow(): () => void {
    const timer = setTimeout(() => void this.start(), SETTLE_MS);
    const stop = $effect.root(() => {
      $effect(() => {
        if (this.#live.generation > 0 && this.state !== null)
          void this.connect((port) => this.#live.ask((pipeline) => pipeline.features(port)), PAST_URL);
      });
    });
    return () => {
      clearTimeout(timer);
      stop();
      this.close();
    };
  }
}
