import { proxy } from 'comlink';
import type { ElemFilter } from '#core/elem/filter.ts';
import type {
  ReplayApi,
  ReplayOpened,
  ReplayProgress,
  ReplaySource,
  ReplayStep,
  ReplayTimeline,
  ReplayView,
  VerdictList,
} from '../../../workers/api-replay.ts';
import type { Refusal } from '../../../workers/api-reports.ts';
import type { ReplayHandle } from '../../../workers/spawn.ts';
import { sameFilter } from '../live.svelte.ts';
import { LatestSeek } from './latest-seek.ts';

/** What the parts of the page may ask the worker by themselves. */
type Askable = Pick<
  ReplayApi,
  | 'incidents'
  | 'incident'
  | 'paths'
  | 'compare'
  | 'features'
  | 'rerun'
  | 'cancelRerun'
  | 'stateHash'
  | 'exportBundle'
>;

const CALM_MS = 400;
const TIMELINE_MS = 1000;

/** The page's mirror of the replay worker: what is open, how far it is read, the newest picture, the whole at a glance. */
export class Playback {
  stage = $state.raw<'closed' | 'opening' | 'open' | 'failed'>('closed');
  progress = $state.raw<ReplayProgress | null>(null);
  failure = $state.raw<Refusal | null>(null);
  opened = $state.raw<ReplayOpened | null>(null);
  view = $state.raw<ReplayView | null>(null);
  /** The same, but a few times a second while playing: for lists, so that rows can be read. */
  calm = $state.raw<ReplayView | null>(null);
  timeline = $state.raw<ReplayTimeline | null>(null);
  /** What this analysis said, once it is complete. */
  verdicts = $state.raw<VerdictList | null>(null);
  /** Where the user wants to be, while the picture is not there yet. */
  wantedUs = $state.raw<number | null>(null);
  /** Stays true while playback waits for the analysis or for a seek. */
  isPlaying = $state.raw(false);

  isAnalysed = $derived(this.opened !== null && this.progress?.phase === 'done');
  playState: 'paused' | 'playing' | 'ended' = $derived(
    this.isPlaying ? 'playing' : this.view?.state === 'ended' ? 'ended' : 'paused',
  );

  #spawn: () => ReplayHandle;
  #handle: ReplayHandle | null = null;
  #seek = new LatestSeek(async (timeUs) => this.#handle?.replay.seek(timeUs) ?? null);
  /** Counts openings: what an earlier one still says is not heard. */
  #round = 0;
  #calmAtMs = Number.NEGATIVE_INFINITY;
  #timelineAtMs = Number.NEGATIVE_INFINITY;

  constructor(spawn: () => ReplayHandle) {
    this.#spawn = spawn;
  }

  /** Ask the worker something; null without one. */
  async ask<T>(question: (replay: Askable) => Promise<T>): Promise<T | null> {
    return this.#handle ? question(this.#handle.replay) : null;
  }

  close(): void {
    this.#round++;
    this.#handle?.terminate();
    this.#handle = null;
    this.stage = 'closed';
    this.#forget();
  }

  /** Start over with something else. @returns the round, for `isRound` */
  protected begin(): number {
    this.#forget();
    this.stage = 'opening';
    return ++this.#round;
  }

  /** Whether nothing else was begun since. */
  protected isRound(round: number): boolean {
    return round === this.#round;
  }

  protected fail(failure: Refusal): void {
    this.failure = failure;
    this.stage = 'failed';
  }

  /** @returns whether it is open now, and nothing else was asked for meanwhile */
  protected async openSource(source: ReplaySource): Promise<boolean> {
    const round = this.begin();
    const onProgress = (progress: ReplayProgress): void => {
      if (round !== this.#round) return;
      this.progress = progress;
      void this.#lookAtTimeline(round);
    };
    const answer = await this.#worker().replay.open(source, proxy(onProgress));
    if (round !== this.#round) return false;
    if (!answer.ok) {
      this.fail(answer);
      return false;
    }
    this.opened = answer;
    this.stage = 'open';
    // The analysis of something short may be over by now, and its last word said before there was anything to draw.
    void this.#lookAtTimeline(round);
    return true;
  }

  /** Show a moment; it is clamped to the recording. */
  protected async moveTo(timeUs: number): Promise<void> {
    if (!this.opened) return;
    const round = this.#round;
    const wantedUs = this.within(timeUs);
    this.wantedUs = wantedUs;
    const view = await this.#seek.to(wantedUs);
    if (round !== this.#round || this.wantedUs !== wantedUs) return;
    this.wantedUs = null;
    if (view) this.accept(view);
  }

  /** The nearest moment of what is open. */
  protected within(timeUs: number): number {
    const { startUs = 0, endUs = 0 } = this.opened ?? {};
    return Math.min(endUs, Math.max(startUs, Math.round(timeUs)));
  }

  /** @returns where one is then; null when there is none such */
  protected async stepTo(to: ReplayStep): Promise<number | null> {
    this.isPlaying = false;
    return (await this.#handle?.replay.step(to)) ?? null;
  }

  protected async playAt(speed: number): Promise<void> {
    this.isPlaying = this.opened !== null;
    await this.#handle?.replay.play(speed);
  }

  protected async hold(): Promise<void> {
    this.isPlaying = false;
    await this.#handle?.replay.pause();
  }

  protected async narrowTo(filter: ElemFilter | null): Promise<void> {
    await this.#handle?.replay.setFilter(filter);
  }

  /** Take over a picture. */
  protected accept(view: ReplayView): void {
    this.view = view;
    const nowMs = performance.now();
    const isOther = !sameFilter(view.filter, this.calm?.filter ?? null);
    if (view.state !== 'playing' || isOther || nowMs - this.#calmAtMs >= CALM_MS) {
      this.#calmAtMs = nowMs;
      this.calm = view;
    }
    // Waiting says nothing about whether it goes on afterwards.
    if (view.state !== 'waiting') this.isPlaying = view.state === 'playing';
  }

  #forget(): void {
    this.opened = this.view = this.calm = this.timeline = this.verdicts = null;
    this.progress = this.failure = this.wantedUs = null;
    this.isPlaying = false;
    this.#timelineAtMs = Number.NEGATIVE_INFINITY;
  }

  #worker(): ReplayHandle {
    if (this.#handle) return this.#handle;
    const handle = this.#spawn();
    this.#handle = handle;
    handle.onCrash((reason) => {
      if (this.#handle !== handle) return;
      handle.terminate();
      this.#handle = null;
      this.begin();
      this.fail({ ok: false, code: 'REPLAY_CRASHED', reason });
    });
    void handle.replay.subscribe(
      proxy((view: ReplayView) => {
        if (this.#handle === handle && this.stage === 'open') this.accept(view);
      }),
    );
    return handle;
  }

  /** Fetch the timeline now and then while the analysis goes on, and once more with the verdicts when it is done. */
  async #lookAtTimeline(round: number): Promise<void> {
    const nowMs = performance.now();
    const isDone = this.progress?.phase === 'done';
    if (!this.opened || (!isDone && nowMs - this.#timelineAtMs < TIMELINE_MS)) return;
    this.#timelineAtMs = nowMs;
    const timeline = await this.#handle?.replay.timeline();
    if (round !== this.#round || !timeline) return;
    this.timeline = timeline;
    if (!isDone || this.verdicts) return;
    const verdicts = await this.#handle?.replay.verdicts();
    if (round === this.#round && verdicts) this.verdicts = verdicts;
  }
}
