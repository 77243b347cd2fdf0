import type { Remote } from 'comlink';
import { releaseProxy, wrap } from 'comlink';
import type { PipelineApi } from './api.ts';
import type { HistoryApi } from './api-history.ts';
import type { ReplayApi } from './api-replay.ts';
import type { ScoresApi } from './api-scores.ts';

/** A worker that runs. */
interface WorkerHandle {
  /** `report` is called once, with what is known, when the worker dies; calls to it never settle after that. */
  onCrash(report: (reason: string) => void): void;
  terminate(): void;
}

/** A running pipeline worker. */
export interface PipelineHandle extends WorkerHandle {
  readonly pipeline: Remote<PipelineApi>;
}

/** A running replay worker. */
export interface ReplayHandle extends WorkerHandle {
  readonly replay: Remote<ReplayApi>;
}

/** A running history worker. */
export interface HistoryHandle extends WorkerHandle {
  readonly history: Remote<HistoryApi>;
}

/** A running scorer worker. */
export interface ScorerHandle extends WorkerHandle {
  readonly scorer: Remote<ScoresApi>;
}

/** Start our pipeline worker. `new Worker(new URL(...))` must stay one literal expression: Vite looks for it. */
export function spawnPipeline(): PipelineHandle {
  const worker = new Worker(new URL('./pipeline.worker.ts', import.meta.url), { type: 'module' });
  const pipeline = wrap<PipelineApi>(worker);
  return { pipeline, ...watched(worker, () => pipeline[releaseProxy]()) };
}

/** Start our replay worker. */
export function spawnReplay(): ReplayHandle {
  const worker = new Worker(new URL('./replay.worker.ts', import.meta.url), { type: 'module' });
  const replay = wrap<ReplayApi>(worker);
  return { replay, ...watched(worker, () => replay[releaseProxy]()) };
}

/** Start our history worker. */
export function spawnHistory(): HistoryHandle {
  const worker = new Worker(new URL('./history.worker.ts', import.meta.url), { type: 'module' });
  const history = wrap<HistoryApi>(worker);
  return { history, ...watched(worker, () => history[releaseProxy]()) };
}

/** Start our scorer worker. */
export function spawnScorer(): ScorerHandle {
  const worker = new Worker(new URL('./scorer.worker.ts', import.meta.url), { type: 'module' });
  const scorer = wrap<ScoresApi>(worker);
  return { scorer, ...watched(worker, () => scorer[releaseProxy]()) };
}

/** Notices when a worker dies. @param release lets go of its proxy */
function watched(worker: Worker, release: () => void): WorkerHandle {
  let crash: string | null = null;
  let tell: ((reason: string) => void) | null = null;
  const crashed = (reason: string): void => {
    if (crash !== null) return;
    crash = reason;
    worker.terminate();
    tell?.(reason);
  };
  worker.onerror = (event) => crashed(event.message || 'the worker could not be loaded');
  worker.onmessageerror = () => crashed('a message from the worker could not be read');
  return {
    onCrash(report) {
      tell = report;
      if (crash !== null) report(crash);
    },
    terminate() {
      tell = null;
      release();
      worker.terminate();
    },
  };
}
