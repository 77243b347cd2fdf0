import { createContext } from 'svelte';
import type { ElemFilter } from '#core/elem/filter.ts';
import type { RoutingEvent } from '#core/event/event.ts';
import type { ReplayPhase, ReplayStep, ReplayView } from '../../../workers/api-replay.ts';
import type { ReplayHandle } from '../../../workers/spawn.ts';
import { mergeFilters } from '../filter-chips.ts';
import { sameFilter } from '../live.svelte.ts';
import { tidyFilter } from '../query.ts';
import type { Scene } from '../scene.ts';
import type { Write } from './address.ts';
import { Address } from './address.ts';
import { fetchEvent } from './catalogue.ts';
import { linkTo } from './destinations.ts';
import type { ReplayLink } from './link.ts';
import { EMPTY_LINK, formatLink, parseLink, SPEEDS } from './link.ts';
import { phaseMoments } from './phases.ts';
import { Playback } from './playback.svelte.ts';
import { eventSource, sameSource, sourceTitle } from './source.ts';

const FOLLOW_MS = 1000;

/**
 * One replay with its link. The link is the one truth for what the user chose; the worker's views are the one truth for what
 * there is. The address bar follows: choices and jumps are steps for the Back button, playing is not.
 */
export class Replay extends Playback implements Scene {
  link = $state.raw<ReplayLink>(EMPTY_LINK);
  /** Members of the link that were not understood. */
  ignored = $state.raw<readonly string[]>([]);
  /** What the page that made the link judged with, until the user goes on with this one's. */
  claimed = $state.raw<{ readonly rules: number; readonly model: string | null } | null>(null);
  /** The entry of the catalogue, for a replay of one. */
  event = $state.raw<RoutingEvent | null>(null);
  /** The file that is open; a link cannot carry it. */
  file = $state.raw<File | null>(null);

  /** The moment the controls stand at. */
  atUs = $derived(this.wantedUs ?? this.view?.timeUs ?? this.link.timeUs ?? this.opened?.startUs ?? 0);
  phases: readonly ReplayPhase[] = $derived(phaseMoments(this.opened, this.event));
  title: string = $derived(
    this.event?.title ?? this.opened?.title ?? this.file?.name ?? sourceTitle(this.link.source),
  );

  #address: Address;
  #followedAtMs = Number.NEGATIVE_INFINITY;

  constructor(spawn: () => ReplayHandle, write: Write) {
    super(spawn);
    this.#address = new Address(write);
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
    if (!this.#address.arrive(search + fragment, isOwnWay)) return;
    const { link, ignored } = parseLink(search, fragment);
    this.ignored = ignored;
    this.claimed = link.rules === null ? null : { rules: link.rules, model: link.model };
    const before = this.link;
    this.link = link;
    if (!sameSource(before.source, link.source) || this.stage === 'closed') return this.#openLinked();
    if (!sameFilter(before.filter, link.filter)) void this.narrowTo(link.filter);
    const timeUs = link.timeUs ?? this.opened?.startUs;
    if (timeUs !== undefined && timeUs !== this.view?.timeUs) await this.moveTo(timeUs);
  }

  openWindow(fromUs: number, toUs: number): void {
    this.link = { ...EMPTY_LINK, source: { kind: 'archive', fromUs, toUs } };
    this.#address.put(formatLink(this.link), 'push');
    void this.#openLinked();
  }

  /** Change a choice; one step for the Back button. */
  choose(change: Partial<ReplayLink>): void {
    const before = this.link;
    const filter = change.filter === undefined ? before.filter : change.filter && tidyFilter(change.filter);
    this.link = { ...this.shared, ...change, filter };
    if (!sameFilter(before.filter, filter)) void this.narrowTo(filter);
    if (change.speed !== undefined && this.isPlaying) void this.playAt(change.speed);
    this.#address.put(formatLink(this.link), 'push');
  }

  /** What another version said is no longer expected. */
  goOn(): void {
    this.claimed = null;
    this.#address.put(formatLink(this.shared), 'replace');
  }

  /** Go somewhere on purpose. `isPassing`: on the way, as while a slider is dragged. */
  async seek(timeUs: number, isPassing = false): Promise<void> {
    if (!this.opened) return;
    if (!isPassing) {
      // Before the picture is there: who goes back while it is on its way comes to where this began.
      this.link = { ...this.shared, timeUs: this.within(timeUs) };
      this.#address.jump(formatLink(this.link));
    }
    await this.moveTo(timeUs);
  }

  /** To the next or previous update, incident or phase; stays where there is none. */
  async step(to: ReplayStep): Promise<void> {
    if (!this.opened) return;
    if (to === 'next-phase' || to === 'previous-phase') {
      const phase = this.#phaseBeside(to === 'next-phase');
      return phase && this.seek(phase.timeUs);
    }
    const timeUs = await this.stepTo(to);
    if (timeUs === null) return;
    this.link = { ...this.shared, timeUs };
    this.#address.jump(formatLink(this.link));
  }

  togglePlay(): void {
    void (this.isPlaying ? this.hold() : this.playAt(this.link.speed));
  }

  /** The next speed up (1) or down (-1) of the list. */
  changeSpeed(by: 1 | -1): void {
    const rank = (speed: number): number => (speed === 0 ? Number.POSITIVE_INFINITY : speed);
    const now = rank(this.link.speed);
    const next =
      by === 1 ? SPEEDS.find((speed) => rank(speed) > now) : SPEEDS.findLast((speed) => rank(speed) < now);
    if (next !== undefined) this.choose({ speed: next });
  }

  /** Open a file of the user's. What a link said about a file of these bytes stays in force. */
  async openFile(file: File): Promise<void> {
    const kept = this.link.source?.kind === 'file' ? this.link : EMPTY_LINK;
    this.file = file;
    this.event = null;
    if (!(await this.openSource({ kind: 'file', file })) || !this.opened) return;
    const digest = this.opened.sha256.slice(0, 16);
    const isMeant = kept.source?.kind === 'file' && kept.source.digest === digest;
    this.link = { ...(isMeant ? kept : EMPTY_LINK), source: { kind: 'file', name: file.name, digest } };
    if (!isMeant) this.claimed = null;
    await this.#restore();
    this.#address.put(formatLink(this.shared), 'push');
  }

  /** Try again what failed. */
  async retry(): Promise<void> {
    await (this.file ? this.openFile(this.file) : this.#openLinked());
  }

  override close(): void {
    super.close();
    this.event = this.file = null;
  }

  protected override accept(view: ReplayView): void {
    const wasPlaying = this.view?.state === 'playing';
    super.accept(view);
    const nowMs = performance.now();
    const isDue = view.state === 'playing' ? nowMs - this.#followedAtMs >= FOLLOW_MS : wasPlaying;
    // On the way to somewhere else the address says where.
    if (!isDue || this.wantedUs !== null) return;
    this.#followedAtMs = nowMs;
    this.link = this.shared;
    this.#address.put(formatLink(this.link), 'replace');
  }

  async #openLinked(): Promise<void> {
    const { source } = this.link;
    // A file must be handed over by its owner; without any source there is the catalogue.
    if (!source || source.kind === 'file') return this.close();
    this.event = this.file = null;
    let isOpen: boolean;
    if (source.kind === 'archive') isOpen = await this.openSource({ ...source, filter: null });
    else {
      const round = this.begin();
      const answer = await fetchEvent(source.id);
      if (!this.isRound(round)) return;
      if (!answer.ok) return this.fail(answer);
      this.event = answer.value;
      isOpen = await this.openSource(eventSource(answer.value));
    }
    if (isOpen) await this.#restore();
  }

  /** Bring a freshly opened recording to where the link says. */
  async #restore(): Promise<void> {
    const { filter, timeUs } = this.link;
    if (filter) await this.narrowTo(filter);
    if (this.opened) await this.moveTo(timeUs ?? this.opened.startUs);
  }

  #phaseBeside(isNext: boolean): ReplayPhase | undefined {
    const { atUs, phases } = this;
    return isNext
      ? phases.find(({ timeUs }) => timeUs > atUs)
      : phases.findLast(({ timeUs }) => timeUs < atUs);
  }
}

export const [getReplay, setReplay] = createContext<Replay>();
