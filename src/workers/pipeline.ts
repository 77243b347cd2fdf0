import { Activity } from '#core/activity/activity.ts';
import type { ActivityView } from '#core/activity/activity.ts';
import type { VantageHealth } from '#core/activity/health.ts';
import { collectorHealth, Health } from '#core/activity/health.ts';
import { olderElems } from '#core/activity/recent.ts';
import { RetainedBatches } from '#core/activity/tracked.ts';
import type { ElemBatch } from '#core/elem/batch.ts';
import type { ElemFilter } from '#core/elem/filter.ts';
import { parseFilter } from '#core/elem/filter.ts';
import { RIB_OPTIONS } from '#core/detect/engine.ts';
import { Rib } from '#core/rib/rib.ts';
import type { RpkiData } from '#core/rpki/data.ts';
import type { SourceStatus } from '#core/wire/control.ts';
import type { Feed, FeedEvent } from '../lib/feed/feed.ts';
import type { Backend } from '../lib/store/backend.ts';
import { Store } from '../lib/store/store.ts';
import type { LiveView, RecentRow, StartOptions } from './api.ts';
import { Answers } from './answers.ts';
import { Detection } from './detection.ts';
import { FeatureStream } from './features.ts';
import type { FilteredView } from './history-view.ts';
import { catchUp, filteredView } from './history-view.ts';
import { Meter } from './meter.ts';
import { noBackend } from './no-backend.ts';
import { Publisher } from './publisher.ts';
import type { RpkiSource } from './rpki-state.ts';
import { noRpki, RpkiStatus } from './rpki-state.ts';
import { stepWidth } from './step-width.ts';
import { Turn } from './turn.ts';
import { workerHealth } from './worker-health.ts';

/** A feed that also tells how its queue is doing and how long it decoded. */
export interface PipelineFeed extends Feed {
  queue(): { frames: number; limit: number; dropped: number };
  /** Milliseconds spent decoding so far. */
  readonly decodeMs: number;
}

/** Where RPKI data come from, once opened. */
export interface PipelineRpki {
  status(): RpkiSource;
  stop(): void;
}

export interface PipelineOptions {
  readonly openFeed: (options: StartOptions) => PipelineFeed;
  /** Begin to load RPKI data; absent: there are none. `onData` is called with every new version. */
  readonly openRpki?: (options: StartOptions, onData: (data: RpkiData) => void) => PipelineRpki;
  /** Where closed incidents, marks and the watch list are kept; absent: nowhere. */
  readonly backend?: Backend;
  /** Wall clock, Unix milliseconds: for marks and for what is kept, never for the data. */
  readonly nowMs?: () => number;
  /** Budget of the routing state, default 192 MB. */
  readonly ribBudgetBytes?: number;
  /** Budget of the batches kept for filtering and scrolling back, default 48 MB. */
  readonly retainedBudgetBytes?: number;
}

/** The health of more vantages than this is made anew once a second only. */
const MANY_VANTAGES = 256;
const HEALTH_MS = 1000;
const MOST_OLDER = 1000;

/** Feed -> routing state -> detection and activity -> snapshots. Everything of the worker but its thread. */
export class Pipeline {
  readonly #openFeed: (options: StartOptions) => PipelineFeed;
  readonly #openRpki: NonNullable<PipelineOptions['openRpki']>;
  readonly #rpki: RpkiStatus;
  readonly #store: Store;
  readonly #detection: Detection;
  /** What the page asks about incidents, prefixes and ASes. */
  readonly answers: Answers;
  readonly #rib: Rib;
  readonly #health: Health;
  /** What the scorer is given. */
  readonly features: FeatureStream;
  readonly #retained: RetainedBatches;
  readonly #meter = new Meter();
  readonly #turn = new Turn();
  readonly #publisher = new Publisher(() => this.#view());
  #feed: PipelineFeed | null = null;
  #rpkiFeed: PipelineRpki | null = null;
  #rpkiUrl: string | null = null;
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
    this.#openRpki = options.openRpki ?? noRpki;
    const nowMs = options.nowMs ?? (() => Date.now());
    const { ribBudgetBytes } = options;
    this.#rib = new Rib({
      ...RIB_OPTIONS,
      trackPaths: true,
      ...(ribBudgetBytes === undefined ? {} : { budgetBytes: ribBudgetBytes }),
    });
    this.features = new FeatureStream(this.#rib, (...said) => this.#detection.takeAlarms(...said));
    this.#rpki = new RpkiStatus(nowMs);
    const onChange = (): void => {
      this.answers.memoryChanged();
      this.#publisher.changed();
    };
    this.#store = new Store({ backend: options.backend ?? noBackend(), nowMs, onChange });
    this.#detection = new Detection(this.#rib, this.#rpki, this.#store);
    this.answers = new Answers({
      rib: this.#rib,
      rpki: this.#rpki,
      store: this.#store,
      detection: this.#detection,
      dataTimeUs: () => (Number.isNaN(this.#all.nowUs) ? null : this.#all.nowUs),
      onChange: () => this.#publisher.changed(),
    });
    this.#health = new Health(this.#rib.vantages);
    this.#retained = new RetainedBatches(options.retainedBudgetBytes);
    this.#all = new Activity({ stepS: 1, matcher: null });
    void this.#store.open().then(() => this.answers.restoreWatchList());
  }

  /** Connect; an earlier connection and all that came from it are let go. */
  start(options: StartOptions): void {
    this.stop();
    this.#clear(null);
    this.#decodedMs = 0;
    this.#sourceReconnects = 0;
    const feed = this.#openFeed(options);
    this.#feed = feed;
    this.#startRpki(options);
    void this.#run(feed);
  }

  /** RPKI data are of the relay, not of its stream: another connection to the same one keeps them. */
  #startRpki(options: StartOptions): void {
    if (this.#rpkiFeed && this.#rpkiUrl === options.url) return;
    this.#rpkiFeed?.stop();
    this.#rpkiUrl = options.url;
    const feed = this.#openRpki(options, (data) => {
      if (feed !== this.#rpkiFeed) return;
      this.#rpki.set(data);
      this.#detection.rpkiChanged();
      this.#publisher.changed();
    });
    this.#rpkiFeed = feed;
    this.#rpki.setSource(() => feed.status());
    this.#detection.rpkiChanged();
  }

  stop(): void {
    this.#feed?.close();
    this.#publisher.changed();
  }

  /** Let the event loop go too; the pipeline is of no more use. */
  close(): void {
    this.stop();
    this.#rpkiFeed?.stop();
    void this.#store.close();
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
    const isAfterHole = isAfterGap || this.#isAfterSilence;
    const tracked = { ...result, batch, firstId: this.#nextId, isAfterGap: isAfterHole };
    this.features.step(batch, result, isAfterHole);
    this.#isAfterSilence = false;
    this.#nextId += batch.length;
    this.#all.step(tracked);
    this.#filtered?.activity.step(tracked);
    this.#detection.step(batch, result, this.#all.nowUs);
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
    this.features.clear();
    this.#detection.clear();
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
      incidents: this.#detection.summary(),
      rpki: this.#rpki.summary(),
      store: this.#store.health(),
      worker: workerHealth({
        rib: this.#rib.stats(),
        detect: this.#detection.engine.stats(),
        retained: this.#retained,
        queue: feed.queue(),
        meter: this.#meter.read(startMs),
      }),
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
}
