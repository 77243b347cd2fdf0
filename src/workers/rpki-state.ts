import { aspaKnowledge, rovKnowledge } from '#core/detect/rpki-knowledge.ts';
import type { Knowledge } from '#core/detect/knowledge.ts';
import type { ElemBatch } from '#core/elem/batch.ts';
import type { PrefixKey } from '#core/prefix/prefix.ts';
import { pathHops } from '#core/rpki/aspa.ts';
import type { RpkiData } from '#core/rpki/data.ts';
import { RpkiJudge } from '#core/rpki/judge.ts';
import type { RovCode } from '#core/rpki/rov.ts';
import { ROV, rovText, STALE_S, validateOrigin } from '#core/rpki/rov.ts';
import { vrpCount } from '#core/rpki/vrp-set.ts';
import type { HopVerdict, RouteVerdict, RpkiState, RpkiSummary } from './api.ts';
import { VerdictWindow } from './verdict-window.ts';

/** How the loading of RPKI data is going: as `RpkiFeedStatus`. */
export interface RpkiSource {
  readonly state: 'loading' | 'ready' | 'absent' | 'failing';
  readonly reason: string;
}

/**
 * RPKI data and whether they may judge what is being watched: only routes within two hours of the data's own time, before
 * or after. Today's VRPs say nothing about a recording of 2008.
 */
export class RpkiStatus {
  readonly #judge = new RpkiJudge();
  readonly #window = new VerdictWindow();
  readonly #nowMs: () => number;
  #data: RpkiData | null = null;
  /** What the data are of, Unix seconds: told by the validator, else when they came. */
  #timeS = 0;
  #source: () => RpkiSource = () => ({ state: 'absent', reason: '' });
  #dataTimeUs = Number.NaN;
  #state: RpkiState = 'none';
  #asked: { readonly of: RpkiData; readonly knowledge: Knowledge } | null = null;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Where data come from, asked for its state each time somebody wants to know. What there is of another is forgotten. */
  setSource(source: () => RpkiSource): void {
    this.#source = source;
    this.set(null);
  }

  /** New data, or null for none. */
  set(data: RpkiData | null): void {
    this.#data = data;
    this.#timeS = data?.version.generatedS || Math.floor(this.#nowMs() / 1000);
    this.#state = this.#stateNow();
    this.#judge.setData(this.usable);
  }

  /** Forget the window's counts and the data's time; the data stay. */
  clear(): void {
    this.#dataTimeUs = Number.NaN;
    this.#window.clear();
    this.#settle();
  }

  /** Data time has come to `timeUs`. @returns whether judging began or ended with that. */
  advance(timeUs: number): boolean {
    const before = this.usable;
    this.#dataTimeUs = timeUs;
    this.#settle();
    return before !== this.usable;
  }

  #settle(): void {
    const before = this.#state;
    this.#state = this.#stateNow();
    if (before !== this.#state) this.#judge.setData(this.usable);
  }

  #stateNow(): RpkiState {
    if (!this.#data) return 'none';
    const aheadS = this.#dataTimeUs / 1e6 - this.#timeS;
    if (aheadS > STALE_S) return 'stale';
    return aheadS < -STALE_S ? 'other-time' : 'ready';
  }

  /** The data to judge with; null when there are none, or none of this time. */
  get usable(): RpkiData | null {
    return this.#state === 'ready' ? this.#data : null;
  }

  /** Whether there are data, of whatever time. */
  get hasData(): boolean {
    return this.#data !== null;
  }

  /** What the data are of, Unix seconds. */
  get timeS(): number {
    return this.#timeS;
  }

  /** What the detectors may ask; empty while nothing is usable, so that the rules that need it say so. */
  knowledge(): Knowledge {
    const data = this.usable;
    if (!data) return NOTHING;
    if (this.#asked?.of !== data) this.#asked = { of: data, knowledge: knowledgeOf(data) };
    return this.#asked.knowledge;
  }

  /** Count the verdicts on a batch's announcements. */
  judge(batch: ElemBatch): void {
    this.#window.count(batch, this.#judge.judge(batch).rov);
  }

  route(prefix: PrefixKey, origin: number): RouteVerdict {
    const code = this.usable
      ? validateOrigin(this.usable.vrps, prefix.isV6, prefix.bits, prefix.words, 0, origin)
      : ROV.noData;
    return this.#verdict(code);
  }

  #verdict(code: RovCode): RouteVerdict {
    const { state, reason } = rovText(code);
    if (code !== ROV.noData) return { state: state ?? 'unknown', reason };
    const isOther = this.#state === 'stale' || this.#state === 'other-time';
    return { state: 'unknown', reason: isOther ? (this.#state as 'stale' | 'other-time') : 'no-data' };
  }

  /** From the origin on; null without usable ASPAs. */
  hops(path: readonly number[]): readonly HopVerdict[] | null {
    const data = this.usable;
    return data && data.aspas.length > 0 ? pathHops(data.aspas, path) : null;
  }

  summary(): RpkiSummary {
    const data = this.#data;
    const generatedS = data?.version.generatedS ?? 0;
    const source = this.#source();
    return {
      state: data ? this.#state : source.state === 'loading' || source.state === 'ready' ? 'loading' : 'none',
      reason: source.reason,
      vrps: data ? vrpCount(data.vrps) : 0,
      aspas: data?.aspas.length ?? 0,
      serial: data?.version.serial ?? 0,
      generatedUs: generatedS > 0 ? generatedS * 1e6 : null,
      ...this.#window.read(),
    };
  }
}

const NOTHING: Knowledge = {};

function knowledgeOf({ vrps, aspas, version }: RpkiData): Knowledge {
  return {
    ...rovKnowledge(vrps, `${version.session}-${version.serial}`),
    ...(aspas.length > 0 ? aspaKnowledge(aspas) : {}),
  };
}

/** RPKI data where there are none. */
export function noRpki(): { status(): RpkiSource; stop(): void } {
  return { status: () => ({ state: 'absent', reason: '' }), stop: () => undefined };
}
