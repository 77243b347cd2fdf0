import { expose, transfer } from 'comlink';
import manifest from '../../package.json' with { type: 'json' };
import type { ReplayApi } from './api-replay.ts';
import { Replay } from './replay.ts';

const MODEL_VERSIONS = import.meta.glob<string>('../../models/model.json', {
  import: 'version',
  eager: true,
});

/** The replay's thread: nothing but the replay, reachable through Comlink. */
const replay = new Replay({
  app: manifest.version,
  model: Object.values(MODEL_VERSIONS)[0] ?? null,
  fetch: fetch.bind(self),
  baseUrl: self.location.origin,
});

// A rejection nobody handles is a bug; as an error it reaches the page's `onerror`, which shows it and can start anew.
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  setTimeout(() => {
    throw event.reason;
  });
});

const api: ReplayApi = {
  open: (source, onProgress) => replay.open(source, onProgress),
  subscribe: (onView) => Promise.resolve(replay.subscribe(onView)),
  play: (speed) => Promise.resolve(replay.play(speed)),
  pause: () => Promise.resolve(replay.pause()),
  seek: (timeUs) => replay.seek(timeUs),
  step: (to) => replay.step(to),
  setFilter: (filter) => replay.setFilter(filter),
  features: (port) => Promise.resolve(replay.features(port)),
  timeline: () => {
    const timeline = replay.timeline();
    const columns = [timeline.announcements.buffer, timeline.withdrawals.buffer];
    return Promise.resolve(transfer(timeline, columns as ArrayBuffer[]));
  },
  incidents: (query) => Promise.resolve(replay.incidents(query)),
  incident: (id) => Promise.resolve(replay.incident(id)),
  paths: (selection) => replay.paths(selection),
  compare: (beforeUs, afterUs, filter) => replay.compare(beforeUs, afterUs, filter),
  verdicts: () => replay.verdicts(),
  rerun: (params, onProgress) => replay.rerun(params, onProgress),
  cancelRerun: () => Promise.resolve(replay.cancelRerun()),
  stateHash: () => replay.stateHash(),
  exportBundle: async (fromUs, toUs) => {
    const bundle = await replay.exportBundle(fromUs, toUs);
    return bundle.ok ? transfer(bundle, [bundle.bytes.buffer]) : bundle;
  },
};
expose(api);
