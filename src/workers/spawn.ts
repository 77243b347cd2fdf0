import type { Remote } from 'comlink';
import { releaseProxy, wrap } from 'comlink';
import type { PipelineApi } from './api.ts';

/** A running pipeline worker. */
export interface PipelineHandle {
  readonly pipeline: Remote<PipelineApi>;
  /** `report` is called once, with what is known, when the worker dies; calls to it never settle after that. */
  onCrash(report: (reason: string) => void): void;
  terminate(): void;
}

/** Start our pipeline worker. `new Worker(new URL(...))` must stay one literal expression: Vite looks for it. */
export function spawnPipeline(): PipelineHandle {
  const worker = new Worker(new URL('./pipeline.worker.ts', import.meta.url), { type: 'module' });
  const pipeline = wrap<PipelineApi>(worker);
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
    pipeline,
    onCrash(report) {
      tell = report;
      if (crash !== null) report(crash);
    },
    terminate() {
      tell = null;
      pipeline[releaseProxy]();
      worker.terminate();
    },
  };
}
