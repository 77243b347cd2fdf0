import { Activity } from '#core/activity/activity.ts';
import type { ActivityView } from '#core/activity/activity.ts';
import type { VantageHealth } from '#core/activity/health.ts';
import { collectorHealth, Health } from '#core/activity/health.ts';
import { olderElems } from '#core/activity/recent.ts';
import { RetainedBatches } from '#core/activity/tracked.ts';
import type { ElemBatch } from '#core/elem/batch.ts';
import type { ElemFilter } from '#core/elem/filter.ts';
import { parseFilter } from '#core/elem/filter.ts';
import { Rib } from '#core/rib/rib.ts';
import type { SourceStatus } from '#core/wire/control.ts';
import type { Feed, FeedEvent } from '../lib/feed/feed.ts';
import type { LiveView, RecentRow, StartOptions, WorkerHealth } from './api.ts';
import type { FilteredView } from './history-view.ts';
import { catchUp, filteredView } from './history-view.ts';
import { Meter } from './meter.ts';
import { Publisher } from './publisher.ts';
import { stepWidth } from './step-width.ts';
import { Turn } from './turn.ts';

/** A feed that also tells how its queue is doing and how long it decoded. */
export interface PipelineFeed extends Feed {
  queue(): { frames: number; limit: number; dropped: number };
  /** Milliseconds spent decoding so far. */
  readonly decodeMs: number;
}

export interface PipelineOptions {
  readonly openFeed: (options: StartOptions) => PipelineFeed;
  /** Budget of the routing state, default 192 MB. */
  readonly ribBudgetBytes?: number;
  /** Budget of the batches kept for filtering and scrolling back, default 48 MB. */
  readonly retainedBudgetBytes?: number;
}

/** The health of more vantages than this is made anew once a second only. */
const MANY_VANTAGES = 256;
const HEALTH_MS = 1000;
const MOST_OLDER = 1000;

/** Feed -> routing state -> activity -> snapshots. Everything of the worker but its thread. */
export class Pipeline {
  readonly #openFeed: (options: StartOptions) => PipelineFeed;
  readonly #rib: Rib;
  readonly #health: Health;
  readonly #retained: RetainedBatches;
  readonly #meter = new Meter();
  readonly #turn = new Turn();
  readonly #publisher = new Publisher(() => this.#view());
  #feed: PipelineFeed | null = null;
  #all: Activity;
  #filtered: FilteredView | null = null;
  /** Counts filter changes and resets: a view computed for an older one is thrown away. */
  #filterChange = 0;
  #wanted: ElemFilter | null = null;
  #nextId = 1;
  #isAfterSilence = false;
  #sourceReconnects = 0;
  #decodedMs = 0;
  #vantages: { readonly atMs: number; readonly rows: VantageHealth[] } = { atMs: -Infinity, rows: [] };

  constructor(options: PipelineOptions) {
    this.#openFeed = options.openFeed;
    this.#rib = new Rib(options.ribBudgetBytes === undefined ? {} : { budgetBytes: options.ribBudgetBytes });
    this.#health = new Health(this.#rib.vantages);
    this.#retained = new RetainedBatches(options.retainedBudgetBytes);
    this.#all = new Activity({ stepS: 1, matcher: null });
  }

  /** Connect; an earlier connection and all that came from it are let go. */
  start(options: StartOptions): void {
    this.stop();
    this.#clear(null);
    this.#decodedMs = 0;
    this.#sourceReconnects = 0;
    const feed = this.#openFeed(options);
    this.#feed = feed;
    void this.#run(feed);
  }

  stop(): void {
    this.#feed?.close();
    this.#publisher.changed();
  }

  /** Let the event loop go too; the pipeline is of no more use. */
  close(): void {
    this.stop();
    this.#publisher.close();
    this.#turn.close();
  }

  /** @see PipelineApi.subscribe */
  subscribe(onView: (view: LiveView) => unknown): void {
    this.#publisher.subscribe(onView);
  }

  /** A bug must end the worker visibly, so nothing is caught here: the rejection reaches the thread. */
  async #run(feed: PipelineFeed): Promise<void> {
    for await (const event of feed) {
      if (feed !== this.#feed) return;
      this.#take(event, feed);
      this.#publisher.changed();
      if (this.#turn.isOver) await this.#turn.next();
    }
  }

  #take(event: FeedEvent, feed: PipelineFeed): void {
    if (event.type === 'batch') this.#takeBatch(event.batch, event.isAfterGap, feed);
    else if (event.type === 'reset') this.#clear(feed.health().source);
    else this.#takeStatus(feed.health().source);
  }

  #takeBatch(batch: ElemBatch, isAfterGap: boolean, feed: PipelineFeed): void {
    const startMs = performance.now();
    const result = this.#rib.step(batch);
    const tracked = {
      ...result,
      batch,
      firstId: this.#nextId,
      isAfterGap: isAfterGap || this.#isAfterSilence,
    };
    this.#isAfterSilence = false;
    this.#nextId += batch.length;
    this.#all.step(tracked);
    this.#filtered?.activity.step(tracked);
    this.#health.step(tracked, this.#all.nowUs);
    this.#retained.push(tracked);
    const endMs = performance.now();
    const decodeMs = feed.decodeMs - this.#decodedMs;
    this.#decodedMs = feed.decodeMs;
    this.#meter.add(endMs, endMs - startMs + decodeMs, batch.length);
  }

  #takeStatus(source: SourceStatus | null): void {
    if (source === null) return;
    // The relay itself heard nothing for a while: that is a hole in the data, though not in its stream.
    const isDeaf = source.state === 'silent' || source.state === 'connecting' || source.state === 'failed';
    if (isDeaf || source.reconnects > this.#sourceReconnects) this.#isAfterSilence = true;
    this.#sourceReconnects = source.reconnects;
    const isEmpty = Number.isNaN(this.#all.nowUs);
    if (isEmpty && stepWidth(source) !== this.#all.stepS) this.#clear(source);
  }

  /** Forget the data; the filter stays. */
  #clear(source: SourceStatus | null): void {
    this.#health.clear();
    this.#rib.clear();
    this.#retained.clear();
    this.#vantages = { atMs: -Infinity, rows: [] };
    this.#filterChange++;
    this.#all = new Activity({ stepS: stepWidth(source), matcher: null });
    this.#filtered = this.#wanted && filteredView(this.#wanted, this.#all.stepS);
  }

  /**
   * Resolves when the view is the filter's, over everything retained; until then views still show the filter before.
   *
   * @throws {BgpError} FILTER_BAD
   */
  async setFilter(filter: ElemFilter | null): Promise<void> {
    const parsed = parseFilter(filter ?? {});
    const wanted = Object.keys(parsed).length === 0 ? null : parsed;
    this.#wanted = wanted;
    const change = ++this.#filterChange;
    if (wanted === null) {
      this.#filtered = null;
    } else {
      const view = filteredView(wanted, this.#all.stepS);
      const isStale = (): boolean => change !== this.#filterChange;
      if (!(await catchUp(view, this.#retained, this.#turn, isStale))) return;
      this.#filtered = view;
    }
    this.#publisher.changed();
  }

  /** @see PipelineApi.older */
  older(beforeId: number, count: number): RecentRow[] {
    const most = Math.min(Math.max(0, Math.floor(count)), MOST_OLDER);
    return olderElems(this.#retained, this.#filtered?.scroll ?? null, beforeId, most);
  }

  #view(): LiveView | null {
    const feed = this.#feed;
    if (feed === null) return null;
    const startMs = performance.now();
    const shown = this.#filtered?.activity ?? this.#all;
    const activity: ActivityView = shown.snapshot({
      isUp: (id) => this.#health.isUp(id),
      collector: (id) => this.#rib.vantages.name(id).collector,
    });
    const vantages = this.#vantageHealth(startMs);
    const view: LiveView = {
      ...activity,
      dataTimeUs: Number.isNaN(this.#all.nowUs) ? null : this.#all.nowUs,
      feed: feed.health(),
      filter: this.#filtered?.filter ?? null,
      collectors: collectorHealth(vantages),
      vantages,
      worker: this.#workerHealth(feed, startMs),
    };
    const endMs = performance.now();
    this.#meter.add(endMs, endMs - startMs, 0);
    return view;
  }

  #vantageHealth(nowMs: number): VantageHealth[] {
    const isMany = this.#rib.vantages.length > MANY_VANTAGES;
    if (!isMany || nowMs - this.#vantages.atMs >= HEALTH_MS) {
      const rows = this.#health.vantages(this.#all.nowUs, (id) => this.#rib.vantageRoutes(id));
      this.#vantages = { atMs: nowMs, rows };
    }
    return this.#vantages.rows;
  }

  #workerHealth(feed: PipelineFeed, nowMs: number): WorkerHealth {
    const rib = this.#rib.stats();
    const queue = feed.queue();
    return {
      routes: rib.routes,
      ribBytes: rib.bytes,
      ribBudgetBytes: rib.budgetBytes,
      evictedRoutes: rib.evictedRoutes,
      retainedElems: this.#retained.elems,
      retainedBytes: this.#retained.bytes,
      retainedBudgetBytes: this.#retained.budgetBytes,
      droppedBatches: this.#retained.dropped,
      queuedFrames: queue.frames,
      queueLimit: queue.limit,
      droppedFrames: queue.dropped,
      ...this.#meter.read(nowMs),
    };
  }
}
