import type { FeedHealth, WorkerHealth } from '../../workers/api.ts';

/** Test material: a feed and a worker with which all is well; `over` changes what a test is about. */
export function feedFixture(over: Partial<FeedHealth> = {}): FeedHealth {
  return {
    connection: 'open',
    retryAtMs: null,
    reason: '',
    stream: 1,
    seq: 10,
    source: {
      kind: 'ris-live',
      label: 'RIS Live',
      state: 'running',
      reason: '',
      speed: null,
      pass: null,
      startUs: null,
      endUs: null,
      dataTimeUs: 1e15,
      lagMs: 800,
      messages: 40,
      elems: 100,
      badMessages: 0,
      reconnects: 0,
    },
    lastHeardMs: 100_000,
    frames: 10,
    bytes: 2500,
    badFrames: 0,
    reconnects: 0,
    gapCount: 0,
    lostFrames: 0,
    lostElems: 0,
    gaps: [],
    ...over,
  };
}

export function workerFixture(over: Partial<WorkerHealth> = {}): WorkerHealth {
  return {
    routes: 10,
    ribBytes: 1000,
    ribBudgetBytes: 10_000,
    evictedRoutes: 0,
    detectBytes: 1000,
    detectRefused: 0,
    retainedElems: 100,
    retainedBytes: 1000,
    retainedBudgetBytes: 10_000,
    droppedBatches: 0,
    queuedFrames: 0,
    queueLimit: 64,
    droppedFrames: 0,
    busy: 0.1,
    elemsPerCpuS: 500_000,
    ...over,
  };
}
