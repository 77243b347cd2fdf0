import type { ElemFilter } from '#core/elem/filter.ts';
import { parseFilter } from '#core/elem/filter.ts';
import { BgpError } from '#core/error.ts';
import { FilterCounts } from '#core/replay/filter-counts.ts';
import type { Picture } from '#core/replay/picture.ts';
import { nextUpdate, pictureAt, previousUpdate } from '#core/replay/picture.ts';
import { PlaybackClock } from '#core/replay/playback-clock.ts';
import { sha256 } from '#core/replay/sha256.ts';
import { encodeUtf8 } from '#core/wire/bytes.ts';
import { ReplayFeed } from '../lib/feed/replay.ts';
import type { IncidentDetail, IncidentList, IncidentQuery } from './api.ts';
import type { ReplayProgress, ReplayStep, ReplayTimeline, ReplayView } from './api-replay.ts';
import { Analysis, analyse } from './replay-analysis.ts';
import { ReplayIncidents } from './replay-incidents.ts';
import type { OpenedRecording } from './replay-opening.ts';
import { timelineOf } from './replay-timeline.ts';
import { Turn } from './turn.ts';

export interface SessionHooks {
  /** Something is not as in the last view. */
  readonly onChange: () => void;
  readonly onProgress: (progress: Omit<ReplayProgress, 'bytes' | 'bad'>) => void;
}

/** One recording being replayed: its analysis, and the moment that is shown. */
export class ReplaySession {
  readonly source: OpenedRecording;
  readonly analysis: Analysis;
  readonly incidents: ReplayIncidents;
  readonly #hooks: SessionHooks;
  readonly #clock = new PlaybackClock();
  readonly #turn = new Turn();
  readonly #waiting: { readonly timeUs: number; readonly resolve: () => void }[] = [];
  #filter: FilterCounts | null = null;
  #filterChange = 0;
  /** Where a seek wants to be, until the analysis has come there. */
  #wantedUs: number | null = null;
  #isHeldBack = false;
  #isClosed = false;
  #picture: {
    readonly timeUs: number;
    readonly filter: FilterCounts | null;
    readonly picture: Picture;
  } | null = null;

  constructor(source: OpenedRecording, hooks: SessionHooks) {
    this.source = source;
    this.#hooks = hooks;
    const { recording, rpki } = source;
    this.analysis = new Analysis({ rpki, hasFullTable: source.hasFullTable });
    this.incidents = new ReplayIncidents(recording, this.analysis, rpki);
    this.#clock.seek(recording.startUs, performance.now());
  }

  /** What narrows the views; null for nothing. */
  get filter(): ElemFilter | null {
    return this.#filter?.filter ?? null;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  close(): void {
    this.#isClosed = true;
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  /** Analyse to the end, in turns. */
  async analyse(): Promise<void> {
    const { recording, opened } = this.source;
    const feed = new ReplayFeed({ recording, label: opened.title, speed: 0 });
    const turn = new Turn();
    const giveWay = async (): Promise<void> => {
      if (!turn.isOver) return;
      this.#wake();
      this.#tell('analysing');
      await turn.next();
      if (this.#isClosed) throw new BgpError('REPLAY_REPLACED', 'another recording was opened');
    };
    try {
      await analyse(feed, this.analysis, giveWay);
    } catch (error) {
      if (error instanceof BgpError && this.#isClosed) return;
      throw error;
    } finally {
      turn.close();
    }
    this.#wake();
    this.#tell('done');
  }

  #tell(phase: 'analysing' | 'done'): void {
    const { recording } = this.source;
    const { elems } = this.analysis;
    this.#hooks.onProgress({ phase, share: elems / Math.max(1, recording.elems), elems });
    this.#hooks.onChange();
  }

  #wake(): void {
    const { analysedUs, isDone } = this.analysis;
    for (let i = this.#waiting.length - 1; i >= 0; i--) {
      if (isDone || this.#waiting[i]!.timeUs <= analysedUs) this.#waiting.splice(i, 1)[0]!.resolve();
    }
  }

  /** Resolves when everything up to a moment is known, or the session is closed. */
  async analysedTo(timeUs: number): Promise<void> {
    if (this.#isClosed || this.analysis.analysedUs >= timeUs) return;
    await new Promise<void>((resolve) => this.#waiting.push({ timeUs, resolve }));
  }

  play(speed: number): void {
    if (this.#atUs() >= this.source.recording.endUs)
      this.#clock.seek(this.source.recording.startUs, performance.now());
    this.#clock.play(speed, performance.now());
    this.#hooks.onChange();
  }

  pause(): void {
    this.#atUs();
    this.#clock.pause();
    this.#hooks.onChange();
  }

  /** @see ReplayApi.seek */
  async seek(timeUs: number): Promise<ReplayView> {
    const { startUs, endUs } = this.source.recording;
    const wantedUs = Math.min(endUs, Math.max(startUs, Math.floor(timeUs) || startUs));
    this.#wantedUs = wantedUs;
    this.#hooks.onChange();
    await this.analysedTo(wantedUs);
    // Of several seeks the newest counts; those before it are answered with what is shown then.
    if (this.#wantedUs === wantedUs) {
      this.#wantedUs = null;
      this.#clock.seek(wantedUs, performance.now());
      this.#hooks.onChange();
    }
    return this.view();
  }

  /** The moment shown, moved on to what is due. */
  #atUs(): number {
    const { recording } = this.source;
    if (this.#wantedUs !== null) return this.#clock.timeUs;
    const limitUs = Math.min(recording.endUs, Math.max(this.analysis.analysedUs, this.#clock.timeUs));
    this.#isHeldBack = this.#clock.advance(performance.now(), limitUs, (timeUs) =>
      nextUpdate(recording, timeUs, null),
    );
    if (this.#clock.timeUs >= recording.endUs) this.#clock.pause();
    return Math.floor(this.#clock.timeUs);
  }

  #state(timeUs: number): ReplayView['state'] {
    if (this.#wantedUs !== null) return 'waiting';
    if (timeUs >= this.source.recording.endUs) return 'ended';
    if (!this.#clock.isPlaying) return 'paused';
    return this.#isHeldBack && this.#clock.speed !== 0 ? 'waiting' : 'playing';
  }

  /** The picture now. */
  view(): ReplayView {
    const { startUs, endUs } = this.source.recording;
    const timeUs = this.#atUs();
    const state = this.#state(timeUs);
    return {
      timeUs,
      state,
      speed: this.#clock.speed,
      analysedUs: Math.min(endUs, Math.max(startUs, this.analysis.analysedUs)),
      filter: this.filter,
      ...this.#pictureAt(timeUs),
      incidents: this.incidents.summaryAt(timeUs),
    };
  }

  #pictureAt(timeUs: number): Picture {
    const filter = this.#filter;
    if (this.#picture?.timeUs !== timeUs || this.#picture.filter !== filter)
      this.#picture = { timeUs, filter, picture: pictureAt(this.source.recording, timeUs, filter) };
    return this.#picture.picture;
  }

  /** Whether the next view will differ without anybody doing anything. */
  get isMoving(): boolean {
    return this.#clock.isPlaying;
  }

  /** @see ReplayApi.step */
  async step(to: ReplayStep): Promise<number | null> {
    this.pause();
    const timeUs = await this.#stepTarget(to, this.#atUs());
    if (timeUs !== null) await this.seek(timeUs);
    return timeUs;
  }

  async #stepTarget(to: ReplayStep, fromUs: number): Promise<number | null> {
    const { recording, opened } = this.source;
    const phases = opened.phases.map(({ timeUs }) =>
      Math.min(recording.endUs, Math.max(recording.startUs, timeUs)),
    );
    switch (to) {
      case 'next-update':
        return nextUpdate(recording, fromUs, this.#filter);
      case 'previous-update':
        return previousUpdate(recording, fromUs, this.#filter);
      case 'next-phase':
        return phases.find((timeUs) => timeUs > fromUs) ?? null;
      case 'previous-phase':
        return phases.findLast((timeUs) => timeUs < fromUs) ?? null;
      case 'previous-incident':
        return this.analysis.history.openings().findLast((timeUs) => timeUs < fromUs) ?? null;
      case 'next-incident':
        return this.#nextOpening(fromUs);
    }
  }

  /** Waits for the analysis, as far as it takes. */
  async #nextOpening(fromUs: number): Promise<number | null> {
    const { analysis } = this;
    for (;;) {
      const next = analysis.history.openings().find((timeUs) => timeUs > fromUs);
      if (next !== undefined || analysis.isDone || this.#isClosed) return next ?? null;
      await this.analysedTo(analysis.analysedUs === -Infinity ? -Number.MAX_VALUE : analysis.analysedUs + 1);
    }
  }

  /**
   * Resolves when views are the filter's; until then they still show the filter before.
   * @throws {BgpError} FILTER_BAD
   */
  async setFilter(filter: ElemFilter | null): Promise<void> {
    const parsed = parseFilter(filter ?? {});
    const change = ++this.#filterChange;
    if (Object.keys(parsed).length === 0) {
      this.#filter = null;
    } else {
      const counts = new FilterCounts(parsed);
      const isStale = (): boolean => this.#isClosed || change !== this.#filterChange;
      for (const _frame of counts.count(this.source.recording)) {
        if (isStale()) return;
        if (this.#turn.isOver) await this.#turn.next();
      }
      if (isStale()) return;
      this.#filter = counts;
    }
    this.#hooks.onChange();
  }

  timeline(): ReplayTimeline {
    const { recording, opened } = this.source;
    const analysedUs = Math.min(recording.endUs, Math.max(recording.startUs, this.analysis.analysedUs));
    return timelineOf(recording, this.incidents, opened.phases, analysedUs);
  }

  incidentList(query: IncidentQuery): IncidentList {
    return this.incidents.listAt(this.#atUs(), query);
  }

  incidentDetail(id: string): IncidentDetail | null {
    return this.incidents.detailAt(this.#atUs(), id);
  }

  /** SHA-256 (hex) of all that the picture at the moment shown is made from. */
  async stateHash(): Promise<string> {
    const timeUs = this.#wantedUs ?? this.#atUs();
    await this.analysedTo(timeUs);
    const { opened } = this.source;
    return sha256(
      encodeUtf8(
        JSON.stringify({
          recording: opened.sha256,
          timeUs,
          filter: this.filter,
          picture: this.#pictureAt(timeUs),
          incidents: this.analysis.history.at(timeUs),
          state: this.analysis.digestAt(timeUs),
        }),
      ),
    );
  }
}
