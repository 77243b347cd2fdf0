import type { Live } from '../live.svelte.ts';
import { loadSettings } from './settings.ts';

/** How long the page is left alone first: recording loads an engine of 8 MB. */
const SETTLE_MS = 8000;

/** If this browser is to record, begin when the page has settled. @returns the undo */
export function recordLater(live: Live): () => void {
  if (!loadSettings()?.isRecording) return () => undefined;
  let undo: (() => void) | null = null;
  let isOver = false;
  const begin = async (): Promise<void> => {
    const { recordNow } = await import('./record.svelte.ts');
    if (!isOver) undo = recordNow(live);
  };
  const whenIdle = (): void => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(() => void begin(), { timeout: 5000 });
    else void begin();
  };
  const timer = setTimeout(whenIdle, SETTLE_MS);
  return () => {
    isOver = true;
    clearTimeout(timer);
    undo?.();
  };
}
