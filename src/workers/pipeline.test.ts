import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { TestElem } from '../../tests/fixtures/elem-batch.ts';
import { elemBatch, START_S } from '../../tests/fixtures/elem-batch.ts';
import { mrtBatches, recording } from '../../tests/fixtures/mrt-batches.ts';
import { batchFrame, SOURCE, StreamServer } from '../../tests/fixtures/stream-server.ts';
import type { ElemBatch } from '#core/elem/batch.ts';
import { batchBuffers } from '#core/elem/batch.ts';
import { compileFilter } from '#core/elem/filter.ts';
import { elemRows } from '#core/elem/row.ts';
import type { SourceStatus } from '#core/wire/control.ts';
import type { SocketConstructor } from '../lib/feed/connection.ts';
import type { FeedEvent, FeedHealth } from '../lib/feed/feed.ts';
import { LiveFeed } from '../lib/feed/live.ts';
import type { LiveView, StartOptions } from './api.ts';
import type { PipelineFeed } from './pipeline.ts';
import { Pipeline } from './pipeline.ts';
import { viewBuffers } from './view-buffers.ts';

/** A feed that says what the test tells it to. */
class TestFeed implements PipelineFeed {
  readonly decodeMs = 0;
  #events: FeedEvent[] = [];
  #wake: (() => void) | null = null;
  isClosed = false;
  source: SourceStatus = SOURCE;

  push(...events: FeedEvent[]): void {
    this.#events.push(...events);
    this.#wake?.();
  }

  batches(...batches: ElemBatch[]): void {
    this.push(...batches.map((batch) => ({ type: 'batch' as const, batch, isAfterGap: false })));
  }

  status(source: Partial<SourceStatus>): void {
    this.source = { ...this.source, ...source };
    this.push({ type: 'status' });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<FeedEvent, void, undefined> {
    while (!this.isClosed) {
      const event = this.#events.shift();
      if (event) yield event;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  close(): void {
    this.isClosed = true;
    this.#wake?.();
  }

  health(): FeedHealth {
    return { source: this.source, connection: this.isClosed ? 'stopped' : 'open' } as FeedHealth;
  }

  queue(): { frames: number; limit: number; dropped: number } {
    return { frames: this.#events.length, limit: 100, dropped: 0 };
  }
}

const pipelines: Pipeline[] = [];
afterEach(() => {
  for (const pipeline of pipelines.splice(0)) pipeline.close();
});

interface Rig {
  readonly pipeline: Pipeline;
  readonly feeds: TestFeed[];
  readonly views: LiveView[];
  /** Resolves with the first view, from now on, that is as wanted. */
  readonly until: (isWanted: (view: LiveView) => boolean) => Promise<LiveView>;
}

function rig(options: { ribBudgetBytes?: number; retainedBudgetBytes?: number } = {}): Rig {
  const feeds: TestFeed[] = [];
  const views: LiveView[] = [];
  const waiting: { isWanted: (view: LiveView) => boolean; resolve: (view: LiveView) => void }[] = [];
  const pipeline = new Pipeline({
    ...options,
    openFeed: () => {
      const feed = new TestFeed();
      feeds.push(feed);
      return feed;
    },
  });
  pipelines.push(pipeline);
  pipeline.subscribe((view) => {
    views.push(view);
    for (const one of waiting.splice(0)) {
      if (one.isWanted(view)) one.resolve(view);
      else waiting.push(one);
    }
  });
  const until: Rig['until'] = (isWanted) => new Promise((resolve) => waiting.push({ isWanted, resolve }));
  return { pipeline, feeds, views, until };
}

const START: StartOptions = { url: 'ws://127.0.0.1/stream', resume: null };
const hasElems = (elems: number) => (view: LiveView) => view.totals.elems === elems;
const many = (count: number, atS = 0, peer = 1): ElemBatch =>
  elemBatch(
    Array.from({ length: count }, (_, i): TestElem => ({
      kind: 'A',
      atS: atS + i / 1000,
      peer,
      prefix: `10.${i >> 8}.${i & 255}.0/24`,
    })),
  );

test('shows what came through', async () => {
  const { pipeline, feeds, until } = rig();
  pipeline.start(START);
  feeds[0]!.batches(many(100), many(100, 1, 2), elemBatch([{ kind: 'S', atS: 2, peer: 2 }]));
  const view = await until(hasElems(201));
  expect(view).toMatchObject({
    dataTimeUs: (START_S + 2) * 1e6,
    filter: null,
    totals: { announcements: 200, newRoutes: 200, stateChanges: 1, vantages: 2, vantagesUp: 1 },
    collectors: [{ collector: 'rrc00', vantages: 2, vantagesUp: 1, elems: 201 }],
    vantages: [
      { peerAsn: 65_001, routes: 100 },
      { peerAsn: 65_002, routes: 0, state: 'idle' },
    ],
    worker: { routes: 100, retainedElems: 201, queuedFrames: 0, queueLimit: 100, droppedFrames: 0 },
  });
  expect(view.recent).toHaveLength(100);
  expect(view.recent[0]).toMatchObject({ id: 201, kind: 'state' });
  expect(view.topPrefixes).toHaveLength(20);
  expect(view.worker.elemsPerCpuS).toBeGreaterThan(0);
  expect(view.worker.retainedBytes).toBeGreaterThan(0);
});

test('every column of a view is its own: transferring one leaves the next whole', async () => {
  const { pipeline, feeds, views, until } = rig();
  pipeline.start(START);
  feeds[0]!.batches(many(100));
  const first = await until(hasElems(100));
  const buffers = viewBuffers(first);
  expect(buffers).toHaveLength(3 + first.topPrefixes.length + first.topOrigins.length);
  expect(new Set(buffers).size).toBe(buffers.length);
  structuredClone(first, { transfer: buffers as ArrayBuffer[] });
  feeds[0]!.batches(many(100, 2));
  const second = await until(hasElems(200));
  expect(second.rate.timeS.length).toBeGreaterThan(0);
  expect(second.topPrefixes[0]!.spark).toHaveLength(30);
  expect(views.length).toBeGreaterThan(1);
});

describe('filters', () => {
  test('narrow history and what comes, and let go again', async () => {
    const { pipeline, feeds, until } = rig();
    pipeline.start(START);
    feeds[0]!.batches(many(100), many(50, 1, 2));
    await until(hasElems(150));
    const narrowed = until((view) => view.filter !== null);
    await pipeline.setFilter({ peers: ['192.0.2.2'] });
    const view = await narrowed;
    expect(view.filter).toEqual({ peers: ['192.0.2.2'] });
    expect(view.totals).toMatchObject({ elems: 50, newRoutes: 50, vantages: 1 });
    expect(view.recent.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, i) => 150 - i));
    expect(view.vantages).toHaveLength(2); // health is of all
    expect(pipeline.older(150, 2).map(({ id }) => id)).toEqual([149, 148]);
    expect(pipeline.older(101, 2)).toEqual([]);
    feeds[0]!.batches(many(10, 2), many(10, 2, 2));
    expect((await until(hasElems(60))).totals.duplicates).toBe(10);
    const wide = until((next) => next.filter === null);
    await pipeline.setFilter(null);
    expect((await wide).totals.elems).toBe(170);
    expect(pipeline.older(150, 1)[0]).toMatchObject({ id: 149, peerAsn: 65_002 });
  });

  test('an empty filter is none; a bad one is refused', async () => {
    const { pipeline, feeds, until } = rig();
    pipeline.start(START);
    feeds[0]!.batches(many(5));
    const shown = until(hasElems(5));
    await pipeline.setFilter({ asns: [] });
    expect((await shown).filter).toBe(null);
    await expect(pipeline.setFilter({ prefixes: ['nonsense'] })).rejects.toMatchObject({
      code: 'FILTER_BAD',
    });
  });

  test('over a long history the event loop keeps turning, no view is half done, and live elems are not lost', async () => {
    const { pipeline, feeds, views, until } = rig();
    pipeline.start(START);
    feeds[0]!.batches(...Array.from({ length: 150 }, (_, n) => many(1000, n, 1 + (n % 2))));
    await until(hasElems(150_000));
    let turns = 0;
    let isDone = false;
    const turn = (): void => {
      // Nothing may arrive after the sum below was made.
      if (isDone) return;
      turns++;
      if (turns < 5) feeds[0]!.batches(many(1000, 150 + turns, 2));
      setImmediate(turn);
    };
    setImmediate(turn);
    await pipeline.setFilter({ peers: ['192.0.2.2'] });
    isDone = true;
    expect(turns).toBeGreaterThan(0);
    const elems = 75_000 + Math.min(turns, 4) * 1000;
    await until((view) => view.filter !== null && view.totals.elems === elems);
    for (const view of views) {
      if (view.filter !== null) expect(view.totals.elems).toBeGreaterThanOrEqual(75_000);
      else expect(view.totals.elems % 1000).toBe(0);
    }
  });

  test('the last of several wins', async () => {
    const { pipeline, feeds, until } = rig();
    pipeline.start(START);
    feeds[0]!.batches(...Array.from({ length: 100 }, (_, n) => many(1000, n, 1 + (n % 2))));
    await until(hasElems(100_000));
    const shown = until((view) => view.filter !== null);
    await Promise.all([
      pipeline.setFilter({ peers: ['192.0.2.1'] }),
      pipeline.setFilter({ peers: ['192.0.2.2'] }),
    ]);
    expect((await shown).filter).toEqual({ peers: ['192.0.2.2'] });
  });
});

describe('a source that starts over', () => {
  test('clears everything but the filter', async () => {
    const { pipeline, feeds, until } = rig();
    pipeline.start(START);
    feeds[0]!.batches(many(100), many(100, 0, 2));
    await until(hasElems(200));
    await pipeline.setFilter({ peers: ['192.0.2.2'] });
    feeds[0]!.push({ type: 'reset' });
    feeds[0]!.batches(many(10, -3600, 2), many(10, -3600, 1));
    const view = await until(hasElems(10));
    expect(view).toMatchObject({
      filter: { peers: ['192.0.2.2'] },
      totals: { newRoutes: 10, vantages: 1 },
      worker: { routes: 20, retainedElems: 20 },
      dataTimeUs: expect.closeTo((START_S - 3600) * 1e6, -5) as number,
    });
    expect(view.recent[0]!.id).toBe(210); // ids go on
    expect(pipeline.older(201, 5)).toEqual([]);
  });

  test('a fast replay is charted in wider steps', async () => {
    const { pipeline, feeds, until } = rig();
    pipeline.start(START);
    feeds[0]!.status({ kind: 'replay', speed: 60, startUs: 0, endUs: 7200e6 });
    feeds[0]!.batches(many(10), many(10, 25));
    const { rate } = await until(hasElems(20));
    expect(rate.stepS).toBe(10);
    expect([...rate.timeS].every((timeS) => timeS % 10 === 0)).toBe(true);
  });
});

test.each<[string, Partial<SourceStatus>[]]>([
  ['fell silent', [{ state: 'silent' }, { state: 'running' }]],
  ['reconnected', [{ reconnects: 1 }]],
])('the relay %s: what it did not hear is a gap in the chart', async (_what, statuses) => {
  const { pipeline, feeds, until } = rig();
  pipeline.start(START);
  feeds[0]!.batches(many(10), many(10, 3));
  await until(hasElems(20));
  for (const status of statuses) {
    feeds[0]!.status(status);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  feeds[0]!.batches(many(10, 6), many(10, 7));
  const { rate } = await until(hasElems(40));
  expect([...rate.announce]).toEqual([10, 0, 0, 10, Number.NaN, Number.NaN, 10]);
});

test('starting again replaces the connection and what came from it', async () => {
  const { pipeline, feeds, until } = rig();
  pipeline.start(START);
  feeds[0]!.batches(many(100));
  await until(hasElems(100));
  pipeline.start(START);
  expect(feeds.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  feeds[0]!.batches(many(100));
  feeds[1]!.batches(many(7));
  expect((await until(hasElems(7))).worker.routes).toBe(7);
  pipeline.stop();
  expect((await until((view) => view.feed.connection === 'stopped')).totals.elems).toBe(7);
});

test('budgets hold, and what had to go is counted', async () => {
  const { pipeline, feeds, until } = rig({ ribBudgetBytes: 1 << 18, retainedBudgetBytes: 1 << 18 });
  pipeline.start(START);
  feeds[0]!.batches(...Array.from({ length: 30 }, (_, n) => many(1000, n, n + 1)));
  const { worker, totals } = await until(hasElems(30_000));
  expect(totals.newRoutes).toBe(30_000);
  expect(worker.ribBytes).toBeLessThanOrEqual(1 << 18);
  expect(worker.retainedBytes).toBeLessThanOrEqual(1 << 18);
  expect(worker.routes + worker.evictedRoutes).toBe(30_000);
  expect(worker.droppedBatches).toBeGreaterThan(0);
});

const file = recording('mrt/youtube-pakistan-20080224/updates.20080224.1839.bz2');
test.skipIf(file === null)(
  'a real quarter of an hour over a real socket: all of it arrives (needs ROUTESCOPE_DATA)',
  async () => {
    const batches = mrtBatches(file!);
    const elems = batches.reduce((sum, batch) => sum + batch.length, 0);
    const server = await StreamServer.open((connection) => {
      connection.hello();
      batches.forEach((batch, i) => connection.frame(batchFrame(batch, i + 1)));
    });
    const pipeline = new Pipeline({
      openFeed: ({ url, resume }) =>
        new LiveFeed({
          url,
          resume,
          WebSocket: WebSocket as unknown as SocketConstructor,
          nowMs: Date.now,
          random: () => 0,
        }),
    });
    pipelines.push(pipeline);
    const view = await new Promise<LiveView>((resolve) => {
      pipeline.subscribe((next) => {
        if (next.totals.elems === elems) resolve(next);
      });
      pipeline.start({ url: server.url, resume: null });
    });
    expect(view.feed).toMatchObject({
      frames: batches.length,
      gapCount: 0,
      badFrames: 0,
      seq: batches.length,
    });
    await pipeline.setFilter({ asns: [17_557] });
    const rows = batches.flatMap((batch) => {
      const matcher = compileFilter({ asns: [17_557] });
      return elemRows(batch).filter((_, i) => matcher.matches(batch, i));
    });
    const found = pipeline.older(Number.MAX_SAFE_INTEGER, 1000).reverse();
    expect(found.map(({ id: _id, ...row }) => row)).toEqual(rows.slice(-1000));
    expect(found.some(({ prefix }) => prefix === '208.65.153.0/24')).toBe(true);
    expect(batchBuffers(batches[0]!).length).toBeGreaterThan(0);
    await server.close();
  },
);
