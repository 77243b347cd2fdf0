import { expose, transfer } from 'comlink';
import { WASM_URLS } from '../lib/ml/wasm-urls.ts';
import type { ScoresApi } from './api-scores.ts';
import { Scorer } from './scorer.ts';

/** The scorer's thread: nothing but the scorer, reachable through Comlink. */
const MODEL_URLS = import.meta.glob<string>('../../models/*.{json,bin}', {
  query: '?url',
  import: 'default',
  eager: true,
});

const scorer = new Scorer({
  read: async (name) => {
    const url = MODEL_URLS[`../../models/${name}`];
    if (url === undefined) throw new Error('there is no such file');
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  },
  readPast: async (url) => {
    const response = await fetch(url);
    if (response.status === 404) return null;
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  },
  backend: { wasmPaths: WASM_URLS, nowMs: () => performance.now() },
});

// A rejection nobody handles is a bug; as an error it reaches the page's `onerror`, which shows it and can start anew.
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  setTimeout(() => {
    throw event.reason;
  });
});

const api: ScoresApi = {
  load: () => scorer.load(),
  connect: (port, pastUrl) => Promise.resolve(scorer.connect(port, pastUrl)),
  subscribe: (onView) =>
    Promise.resolve(scorer.subscribe((view) => onView(transfer(view, [view.heat.buffer])))),
  stream: async (name) => {
    const report = await scorer.stream(name);
    return report.ok ? transfer(report, [report.scores.buffer, report.isAlarmed.buffer]) : report;
  },
  strip: (fromUs, toUs) => {
    const strip = scorer.strip(fromUs, toUs);
    return Promise.resolve(transfer(strip, [strip.scores.buffer]));
  },
  alarms: (fromUs, toUs) => Promise.resolve(scorer.alarms(fromUs, toUs)),
  trend: (stream, feature) => {
    const trend = scorer.trend(stream, feature);
    if (!trend.ok) return Promise.resolve(trend);
    const { values, low, middle, high } = trend;
    return Promise.resolve(transfer(trend, [values.buffer, low.buffer, middle.buffer, high.buffer]));
  },
  correlation: (stream) => {
    const found = scorer.correlation(stream);
    return Promise.resolve(found.ok ? transfer(found, [found.matrix.buffer]) : found);
  },
};
expose(api);
