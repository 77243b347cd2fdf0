import type { Live } from '../live.svelte.ts';
import { historyOf } from './history.svelte.ts';

/** Start the history worker and keep it fed for as long as the page is open. @returns the undo */
export function recordNow(live: Live): () => void {
  const history = historyOf(live);
  if (history.isFed) return () => undefined;
  history.isFed = true;
  const stop = $effect.root(() => {
    $effect(() => {
      // Each new pipeline worker has a tee of its own.
      if (live.generation > 0 && history.crash === null) void history.start().then(() => history.link());
    });
    $effect(() => history.follow());
  });
  return () => {
    history.isFed = false;
    stop();
  };
}
