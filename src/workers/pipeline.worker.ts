import { expose, transfer } from 'comlink';
import type { SocketConstructor } from '../lib/feed/connection.ts';
import { FrameTee } from '../lib/feed/frame-tee.ts';
import { LiveFeed } from '../lib/feed/live.ts';
import { RpkiFeed } from '../lib/feed/rpki.ts';
import { DexieBackend } from '../lib/store/dexie-backend.ts';
import type { PipelineApi } from './api.ts';
import { Pipeline } from './pipeline.ts';
import { viewBuffers } from './view-buffers.ts';

/** The pipeline's thread: nothing but the pipeline, reachable through Comlink. */
const tee = new FrameTee();

const pipeline = new Pipeline({
  openFeed: ({ url, resume }) =>
    new LiveFeed({
      url,
      resume,
      tee,
      WebSocket: WebSocket as SocketConstructor,
      nowMs: () => Date.now(),
      random: () => Math.random(),
    }),
  openRpki: ({ url }, onData) => {
    const feed = new RpkiFeed({ baseUrl: relayOrigin(url), onData });
    feed.start();
    return feed;
  },
  backend: new DexieBackend(),
});

/** `ws://host/stream` -> `http://host` */
function relayOrigin(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol === 'wss:' ? 'https:' : 'http:'}//${host}`;
}

// A rejection nobody handles is a bug; as an error it reaches the page's `onerror`, which shows it and can start anew.
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  setTimeout(() => {
    throw event.reason;
  });
});

const api: PipelineApi = {
  start: (options) => Promise.resolve(pipeline.start(options)),
  tee: (port) => Promise.resolve(tee.attach(port)),
  features: (port) => Promise.resolve(pipeline.features.connect(port)),
  stop: () => Promise.resolve(pipeline.stop()),
  subscribe: (onView) =>
    Promise.resolve(
      pipeline.subscribe((view) => onView(transfer(view, viewBuffers(view) as unknown as Transferable[]))),
    ),
  setFilter: (filter) => pipeline.setFilter(filter),
  older: (beforeId, count) => Promise.resolve(pipeline.older(beforeId, count)),
  incidents: (query) => Promise.resolve(pipeline.answers.incidents(query)),
  incident: (id) => Promise.resolve(pipeline.answers.incident(id)),
  nearMisses: () => Promise.resolve(pipeline.answers.nearMisses()),
  prefix: (text) => Promise.resolve(pipeline.answers.prefix(text)),
  as: (asn) => Promise.resolve(pipeline.answers.as(asn)),
  mark: (id, mark) => Promise.resolve(pipeline.answers.mark(id, mark)),
  setWatchList: (text) => pipeline.answers.setWatchList(text),
  watchList: () => Promise.resolve(pipeline.answers.watchList()),
};
expose(api);
