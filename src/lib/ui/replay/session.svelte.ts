import { proxy } from 'comlink';
import { createContext } from 'svelte';
import type { ElemFilter } from '#core/elem/filter.ts';
import type { RoutingEvent } from '#core/event/event.ts';
import type {
  ReplayApi,
  ReplayOpened,
  ReplayPhase,
  ReplayProgress,
  ReplaySource,
  ReplayStep,
  ReplayTimeline,
  ReplayView,
  VerdictList,
} from '../../../workers/api-replay.ts';
import type { Refusal } from '../../../workers/api-reports.ts';
import type { ReplayHandle } from '../../../workers/spawn.ts';
import { mergeFilters } from '../filter-chips.ts';
import { sameFilter } from '../live.svelte.ts';
import { tidyFilter } from '../query.ts';
import type { Scene } from '../scene.ts';
import { formatSpan } from '../time.ts';
import { fetchEvent } from './catalogue.ts';
import { linkTo } from './destinations.ts';
import { LatestSeek } from './latest-seek.ts';
import type { LinkSource, ReplayLink } from './link.ts';
import { EMPTY_LINK, formatLink, parseLink, SPEEDS } from './link.ts';
import { phaseMoments } from './phases.ts';

/** What the parts of the page may ask the worker by themselves. */
type Askable = Pick<
  ReplayApi,
  | 'incidents'
  | 'incident'
  | 'paths'
  | 'compare'
  | 'verdicts'
  | 'rerun'
  | 'cancelRerun'
  | 'stateHash'
  | 'exportBundle'
>;

export type Write = (address: string, how: 'push' | 'replace') => void;

const FOLLOW_MS = 1000;
const TIMELINE_MS = 1000;
/** Jumps closer together than this are one step for the Back button: a key held down must not fill the history. */
const ONE_JUMP_MS = 1500;
const OWN_ADDRESSES = 8;

/**
 * The page's side of one replay: what is open, the moment shown, and the link that says all of it. The link is the one truth
 * for what the user chose; the worker's views are the one truth for what there is.
 */
export class Replay implements Scene {
  link = $state.raw<ReplayLink>(EMPTY_LINK);
  /** Members of the link that were not understood. */
  ignored = $state.raw<readonly string[]>([]);
  stage = $state.raw<'closed' | 'opening' | 'open' | 'failed'>('closed');
  progress = $state.raw<ReplayProgress | null>(null);
  failure = $state.raw<Refusal | null>(null);
  opened = $state.raw<ReplayOpened | null>(null);
  /** The entry of the catalogue, for a replay of one. */
  event = $state.raw<RoutingEvent | null>(null);
  view = $state.raw<ReplayView | null>(null);
  timeline = $state.raw<ReplayTimeline | null>(null);
  /** What this analysis said, once it is complete. */
  verdicts = $state.raw<VerdictList | null>(null);
  /** Where the user wants to be, while the picture is not there yet. */
  wantedUs = $state.raw<number | null>(null);
  /** What the page that made the link judged with, until the user goes on with this one's. */
  claimed = $state.raw<{ readonly rules: number; readonly model: string | null } | null>(null);
  /** The file that is open; a link cannot carry it. */
  file = $state.raw<File | null>(null);

  /** The moment the controls stand at. */
  atUs = $derived(this.wantedUs ?? this.view?.timeUs ?? this.link.timeUs ?? this.opened?.startUs ?? 0);
  isPlaying = $derived(this.view?.state === 'playing' || this.view?.state === 'waiting');
  isAnalysed = $derived(this.opened !== null && this.progress?.phase === 'done');
  playState: 'paused' | 'playing' | 'ended' = $derived(
    this.view?.state === 'ended' ? 'ended' : this.isPlaying ? 'playing' : 'paused',
  );
  title: string = $derived(
    this.event?.title ?? this.opened?.title ?? this.file?.name ?? sourceTitle(this.link.source),
  );
  phases: readonly ReplayPhase[] = $derived(phaseMoments(this.opened, this.event));

  #spawn: () => ReplayHandle;
  #write: Write;
  #handle: ReplayHandle | null = null;
  #seek = new LatestSeek((timeUs) => this.#handle?.replay.seek(timeUs) ?? Promise.resolve(null));
  /** Counts openings: what an earlier one still says is not heard. */
  #round = 0;
  #written: string | null = null;
  /** The newest addresses written from here, which the router may still be on its way to. */
  #own: readonly string[] = [];
  #followedAtMs = Number.NEGATIVE_INFINITY;
  #jumpedAtMs = Number.NEGATIVE_INFINITY;
  #timelineAtMs = Number.NEGATIVE_INFINITY;

  constructor(spawn: () => ReplayHandle, write: Write) {
    this.#spawn = spawn;
    this.#write = write;
  }

  get nowUs(): number | null {
    return this.view?.timeUs ?? null;
  }

  /** The link to exactly what is shown now. */
  get shared(): ReplayLink {
    const { versions } = this.opened ?? {};
    return {
      ...this.link,
      timeUs: this.view?.timeUs ?? this.link.timeUs,
      rules: versions?.rules ?? this.link.rules,
      model: versions ? versions.model : this.link.model,
    };
  }

  href(path: string): string {
    return `/replay${formatLink(linkTo(this.link, path))}`;
  }

  narrow(add: ElemFilter): void {
    this.choose({ filter: mergeFilters(this.link.filter, add) });
  }

  /** The address changed: take over what it says, unless it only arrives at what was written from here. */
  async show(search: string, fragment: string, isOwnWay: boolean): Promise<void> {
    const address = search + fragment;
    if (address === this.#written || (isOwnWay && this.#own.includes(address))) return;
    const { link, ignored } = parseLink(search, fragment);
    this.ignored = ignored;
    this.claimed = link.rules === null ? null : { rules: link.rules, model: link.model };
    this.#written = address;
    const before = this.link;
    this.link = link;
    if (!sameSource(before.source, link.source) || this.stage === 'closed') return this.#openSource();
    if (!sameFilter(before.filter, link.filter)) void this.#handle?.replay.setFilter(link.filter);
    if (link.timeUs !== null && link.timeUs !== this.view?.timeUs) await this.#moveTo(link.timeUs);
  }

  openWindow(fromUs: number, toUs: number): void {
    this.link = { ...EMPTY_LINK, source: { kind: 'archive', fromUs, toUs } };
    this.#commit('push');
    void this.#openSource();
  }

  /** What another version said is no longer expected. */
  goOn(): void {
    this.claimed = null;
    this.#commit('replace');
  }

  /** Change a choice; one step for the Back button. */
  choose(change: Partial<ReplayLink>): void {
    const { filter } = this.link;
    this.link = { ...this.shared, ...change };
    if (change.filter !== undefined)
      this.link = { ...this.link, filter: change.filter && tidyFilter(change.filter) };
    if (!sameFilter(filter, this.link.filter)) void this.#handle?.replay.setFilter(this.link.filter);
    if (change.speed !== undefined && this.isPlaying) void this.#handle?.replay.play(change.speed);
    this.#commit('push');
  }

  /** Go somewhere on purpose. `isPassing`: on the way, as while a slider is dragged. */
  async seek(timeUs: number, isPassing = false): Promise<void> {
    if (!this.opened) return;
    const clamped = Math.min(this.opened.endUs, Math.max(this.opened.startUs, Math.round(timeUs)));
    await this.#moveTo(clamped);
    if (!isPassing) this.#jumped();
  }

  async step(to: ReplayStep): Promise<void> {
    if (!this.#handle || !this.opened) return;
    if (to === 'next-phase' || to === 'previous-phase') {
      const phase = this.#phaseBeside(to === 'next-phase');
      if (phase) await this.seek(phase.timeUs);
      return;
    }
    const timeUs = await this.#handle.replay.step(to);
    if (timeUs !== null) this.#jumped(timeUs);
  }

  togglePlay(): void {
    if (this.isPlaying) void this.pause();
    else void this.play();
  }

  async play(): Promise<void> {
    if (!this.#handle || !this.opened) return;
    if (this.view?.state === 'ended' || this.atUs >= this.opened.endUs)
      await this.#moveTo(this.opened.startUs);
    await this.#handle.replay.play(this.link.speed);
  }

  async pause(): Promise<void> {
    await this.#handle?.replay.pause();
    this.link = this.shared;
    this.#commit('replace');
  }

  /** The next speed up (1) or down (-1) of the list. */
  changeSpeed(by: 1 | -1): void {
    const rank = (speed: number): number => (speed === 0 ? Number.POSITIVE_INFINITY : speed);
    const now = rank(this.link.speed);
    const next =
      by === 1 ? SPEEDS.find((speed) => rank(speed) > now) : SPEEDS.findLast((speed) => rank(speed) < now);
    if (next !== undefined) this.choose({ speed: next });
  }

  /** Ask the worker something; null without one. */
  async ask<T>(question: (replay: Askable) => Promise<T>): Promise<T | null> {
    return this.#handle ? question(this.#handle.replay) : null;
  }

  /** Open a file of the user's. What a link said about a file of these bytes stays in force. */
  async openFile(file: File): Promise<void> {
    const kept = this.link.source?.kind === 'file' ? this.link : EMPTY_LINK;
    this.file = file;
    this.event = null;
    await this.#open({ kind: 'file', file });
    const { opened } = this;
    if (this.file !== file || !opened || this.stage !== 'open') return;
    const digest = opened.sha256.slice(0, 16);
    const isMeant = kept.source?.kind === 'file' && kept.source.digest === digest;
    this.link = { ...(isMeant ? kept : EMPTY_LINK), source: { kind: 'file', name: file.name, digest } };
    await this.#restore();
    this.#commit('push');
  }

  /** Try again what failed. */
  async retry(): Promise<void> {
    if (this.file) await this.openFile(this.file);
    else await this.#openSource();
  }

  close(): void {
    this.#round++;
    this.#handle?.terminate();
    this.#handle = null;
    this.stage = 'closed';
    this.#forget();
  }

  async #openSource(): Promise<void> {
    const { source } = this.link;
    this.file = source?.kind === 'file' ? this.file : null;
    if (source?.kind === 'event') return this.#openEvent(source.id);
    this.event = null;
    if (source?.kind === 'archive') {
      await this.#open({ ...source, filter: null });
      return this.#restore();
    }
    // A file must be handed over by its owner; without any source there is the catalogue.
    this.close();
  }

  async #openEvent(id: string): Promise<void> {
    const round = this.#begin();
    const answer = await fetchEvent(id);
    if (round !== this.#round) return;
    if (!answer.ok) return this.#fail(answer);
    this.event = answer.value;
    const { replay, from, to, collectors } = answer.value;
    // Without a recording it may have been imported into the relay's archive.
    await this.#open(
      replay
        ? { kind: 'url', url: `/${replay.path}` }
        : {
            kind: 'archive',
            fromUs: Date.parse(from) * 1000,
            toUs: Date.parse(to) * 1000,
            filter: { collectors },
          },
    );
    await this.#restore();
  }

  #begin(): number {
    this.#forget();
    this.stage = 'opening';
    this.failure = null;
    return ++this.#round;
  }

  #forget(): void {
    this.opened = this.view = this.timeline = this.verdicts = this.progress = this.wantedUs = null;
    this.#timelineAtMs = Number.NEGATIVE_INFINITY;
  }

  #fail(failure: Refusal): void {
    this.failure = failure;
    this.stage = 'failed';
  }

  async #open(source: ReplaySource): Promise<void> {
    const round = this.#begin();
    const handle = await this.#worker(round);
    const onProgress = (progress: ReplayProgress): void => {
      if (round !== this.#round) return;
      this.progress = progress;
      void this.#lookAtTimeline(round, progress.phase === 'done');
    };
    const answer = await handle.replay.open(source, proxy(onProgress));
    if (round !== this.#round) return;
    if (!answer.ok) return this.#fail(answer);
    this.opened = answer;
    this.stage = 'open';
    // The analysis of something short may be over by now, and its last word said before there was anything to draw.
    void this.#lookAtTimeline(round, true);
  }

  async #worker(round: number): Promise<ReplayHandle> {
    if (this.#handle) return this.#handle;
    const handle = this.#spawn();
    this.#handle = handle;
    handle.onCrash((reason) => {
      if (this.#handle !== handle) return;
      handle.terminate();
      this.#handle = null;
      this.#round++;
      this.#fail({ ok: false, code: 'WORKER_DIED', reason });
    });
    await handle.replay.subscribe(
      proxy((view: ReplayView) => {
        if (this.#handle === handle && round <= this.#round && this.opened) this.#accept(view);
      }),
    );
    return handle;
  }

  /** Bring a freshly opened recording to where the link says. */
  async #restore(): Promise<void> {
    const { opened, link } = this;
    if (!opened || this.stage !== 'open') return;
    if (link.filter) await this.#handle?.replay.setFilter(link.filter);
    await this.#moveTo(Math.min(opened.endUs, Math.max(opened.startUs, link.timeUs ?? opened.startUs)));
  }

  #accept(view: ReplayView): void {
    this.view = view;
    if (view.state !== 'playing') return;
    const nowMs = performance.now();
    if (nowMs - this.#followedAtMs < FOLLOW_MS) return;
    this.#followedAtMs = nowMs;
    this.link = this.shared;
    this.#commit('replace');
  }

  async #moveTo(timeUs: number): Promise<void> {
    const round = this.#round;
    this.wantedUs = timeUs;
    const view = await this.#seek.to(timeUs);
    if (round !== this.#round || this.wantedUs !== timeUs) return;
    this.wantedUs = null;
    if (view) this.view = view;
  }

  #jumped(timeUs = this.view?.timeUs ?? null): void {
    const nowMs = performance.now();
    const how = nowMs - this.#jumpedAtMs < ONE_JUMP_MS ? 'replace' : 'push';
    this.#jumpedAtMs = nowMs;
    this.link = { ...this.shared, timeUs };
    this.#commit(how);
  }

  #commit(how: 'push' | 'replace'): void {
    const address = formatLink({ ...this.link, rules: this.shared.rules, model: this.shared.model });
    const [search, fragment] = splitAddress(address);
    if (search + fragment === this.#written) return;
    this.#written = search + fragment;
    this.#own = [...this.#own, this.#written].slice(-OWN_ADDRESSES);
    this.#write(address, how);
  }

  #phaseBeside(isNext: boolean): ReplayPhase | undefined {
    const { atUs, phases } = this;
    return isNext
      ? phases.find(({ timeUs }) => timeUs > atUs)
      : phases.findLast(({ timeUs }) => timeUs < atUs);
  }

  async #lookAtTimeline(round: number, isLast: boolean): Promise<void> {
    const nowMs = performance.now();
    if (!this.opened || (!isLast && nowMs - this.#timelineAtMs < TIMELINE_MS)) return;
    this.#timelineAtMs = nowMs;
    const timeline = await this.#handle?.replay.timeline();
    if (round !== this.#round || !timeline) return;
    this.timeline = timeline;
    if (this.progress?.phase !== 'done') return;
    const verdicts = await this.#handle?.replay.verdicts();
    if (round === this.#round && verdicts) this.verdicts = verdicts;
  }
}

function sameSource(a: LinkSource | null, b: LinkSource | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function sourceTitle(source: LinkSource | null): string {
  switch (source?.kind) {
    case 'event':
      return source.id;
    case 'archive':
      return formatSpan(source.fromUs, source.toUs);
    case 'file':
      return source.name;
    default:
      return 'Replay';
  }
}

function splitAddress(address: string): readonly [search: string, fragment: string] {
  const at = address.indexOf('#');
  return at === -1 ? [address, ''] : [address.slice(0, at), address.slice(at)];
}

export const [getReplay, setReplay] = createContext<Replay>();
