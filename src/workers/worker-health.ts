import type { RetainedBatches } from '#core/activity/tracked.ts';
import type { EngineStats } from '#core/detect/engine.ts';
import type { RibStats } from '#core/rib/rib.ts';
import type { WorkerHealth } from './api.ts';

/** What the worker holds, as its parts count it. */
export interface WorkerParts {
  readonly rib: RibStats;
  readonly detect: EngineStats;
  readonly retained: RetainedBatches;
  readonly queue: { readonly frames: number; readonly limit: number; readonly dropped: number };
  readonly meter: Pick<WorkerHealth, 'busy' | 'elemsPerCpuS'>;
}

export function workerHealth({ rib, detect, retained, queue, meter }: WorkerParts): WorkerHealth {
  return {
    routes: rib.routes,
    ribBytes: rib.bytes,
    ribBudgetBytes: rib.budgetBytes,
    evictedRoutes: rib.evictedRoutes,
    detectBytes: detect.bytes,
    detectRefused: detect.refused,
    retainedElems: retained.elems,
    retainedBytes: retained.bytes,
    retainedBudgetBytes: retained.budgetBytes,
    droppedBatches: retained.dropped,
    queuedFrames: queue.frames,
    queueLimit: queue.limit,
    droppedFrames: queue.dropped,
    ...meter,
  };
}
