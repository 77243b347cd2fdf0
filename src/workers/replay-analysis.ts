import { DetectionEngine, RIB_OPTIONS } from '#core/detect/engine.ts';
import type { DetectParams } from '#core/detect/params.ts';
import type { ElemBatch } from '#core/elem/batch.ts';
import { hashWord } from '#core/elem/columns.ts';
import type { Incident } from '#core/incident/incident.ts';
import type { Transition } from '#core/incident/journal.ts';
import type { OpenFrame } from '#core/replay/frame-cache.ts';
import { firstWhere } from '#core/replay/recording.ts';
import type { StepResult } from '#core/rib/rib.ts';
import { Rib } from '#core/rib/rib.ts';
import type { RpkiData } from '#core/rpki/data.ts';
import type { ReplayFeed } from '../lib/feed/replay.ts';
import type { SampleRoute } from './api.ts';
import { IncidentHistory } from './replay-history.ts';
import { RpkiStatus } from './rpki-state.ts';
import { routesBefore, withRoutesNow } from './samples.ts';
import { StepTimes } from './step-times.ts';

export interface AnalysisOptions {
  /** VRPs and ASPAs of the recording's time; null for none. */
  readonly rpki: RpkiData | null;
  /** The recording's table entries are a whole table: what is not in them was not announced. */
  readonly hasFullTable: boolean;
  /** Thresholds that are not the defaults. */
  readonly params?: Partial<DetectParams>;
  /** Also what the routes of incidents looked like (default yes). */
  readonly samples?: boolean;
}

/** Budget of the routing state: more than the live page's, because a whole table may come at once. */
const RIB_BUDGET_BYTES = 512 * 1024 * 1024;
/** Data time between two counts of all there is, microseconds: the engine's own tick. */
const CENSUS_US = 10e6;
/** Looks at the routes of an incident after it was raised, seconds of data time. */
const SAMPLE_AFTER_S = [0, 30, 120, 600, 3600] as const;
/** Incidents whose routes are looked at in one go; the others have their turn at the next. */
const MAX_SAMPLED = 20;
/** Sample routes kept of all incidents together. */
const MAX_SAMPLES = 150_000;

interface Sampling {
  readonly alertedAtUs: number;
  incident: Incident;
  taken: number;
  samples: readonly SampleRoute[];
}

/**
 * One pass of the detectors over a recording, second by second of its data, the same code in the same order as the live
 * stream. What it finds goes into `history`; the caller says when to go on, so that nothing is ever blocked.
 */
export class Analysis {
  readonly history = new IncidentHistory();
  readonly rpki = new RpkiStatus(() => 0);
  readonly #options: AnalysisOptions;
  readonly #rib = new Rib({ ...RIB_OPTIONS, budgetBytes: RIB_BUDGET_BYTES });
  readonly #engine: DetectionEngine;
  readonly #stepTimes = new StepTimes();
  readonly #sampled = new Map<string, Sampling>();
  readonly #digests: { timeUs: number; digest: string }[] = [];
  #digest: [number, number] = [0x9e37_79b9, 0x85eb_ca6b];
  #frame: OpenFrame | null = null;
  #at = 0;
  #elems = 0;
  #second = -Infinity;
  #endUs = -Infinity;
  #analysedUs = -Infinity;
  #nextCensusUs = -Infinity;
  #isDone = false;
  #samples = 0;
  #samplesLeftOut = 0;

  constructor(options: AnalysisOptions) {
    this.#options = options;
    if (options.rpki) this.rpki.set(options.rpki);
    const { params } = options;
    this.#engine = new DetectionEngine(this.#rib, {
      knowledge: this.#knowledge(),
      ...(params && { params }),
    });
  }

  #knowledge() {
    const { hasFullTable } = this.#options;
    return { ...this.rpki.knowledge(), ...(hasFullTable && { hasFullTable }) };
  }

  /** Everything up to here is known, Unix microseconds; -Infinity before the first step. */
  get analysedUs(): number {
    return this.#analysedUs;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Elems taken in so far. */
  get elems(): number {
    return this.#elems;
  }

  /** The next frame of the recording; the one before has been stepped through. */
  begin(frame: OpenFrame): void {
    this.#frame = frame;
    this.#at = 0;
  }

  /** Take in the next second of data, as far as it is in the frame. @returns false when the frame has no more. */
  step(): boolean {
    if (!this.#frame || this.#at >= this.#frame.batch.length) return false;
    const { batch, clockUs } = this.#frame;
    const from = this.#at;
    const second = Math.floor(clockUs[from]! / 1e6);
    // The second before is complete only now: the rest of it might have been in this frame.
    if (second !== this.#second) this.#analysedUs = this.#endUs;
    this.#second = second;
    const to = from + firstWhere(batch.length - from, (i) => Math.floor(clockUs[from + i]! / 1e6) > second);
    this.#take(batch, from, to, clockUs[from]!, clockUs[to - 1]!);
    this.#at = to;
    this.#elems += to - from;
    return true;
  }

  #take(batch: ElemBatch, from: number, to: number, startUs: number, endUs: number): void {
    if (this.rpki.advance(endUs)) this.#engine.setKnowledge(this.#knowledge());
    const result = this.#rib.stepRange(batch, from, to);
    this.#engine.stepRange(batch, result, from, to);
    this.#stir(result, from, to);
    for (const transition of this.#engine.transitions()) this.#noteStep(transition, startUs, endUs);
    for (const incident of this.#engine.changed()) this.#noteChange(incident, endUs);
    this.history.settle(endUs);
    this.#sample(endUs);
    this.#stepTimes.note(this.#rib.steps, this.#engine.nowUs);
    if (endUs >= this.#nextCensusUs) this.#count(endUs);
    this.#digests.push({ timeUs: endUs, digest: this.#digest.map((word) => word >>> 0).join('.') });
    this.#endUs = endUs;
  }

  #noteStep({ change, incident }: Transition, startUs: number, endUs: number): void {
    // Raised at a moment of its own; of the other steps it is known that they came by the end of the second.
    const timeUs = change === 'opened' ? Math.min(endUs, Math.max(startUs, incident.alertedAtUs)) : endUs;
    this.history.note(timeUs, incident, change);
    this.#stirText(`${change}${incident.id}`);
    if (change === 'resolved') this.#sampled.delete(incident.id);
    else if (change === 'opened' && this.#options.samples !== false)
      this.#sampled.set(incident.id, { alertedAtUs: incident.alertedAtUs, incident, taken: 0, samples: [] });
  }

  #noteChange(incident: Incident, endUs: number): void {
    this.history.note(endUs, incident, null);
    const sampling = this.#sampled.get(incident.id);
    if (sampling) sampling.incident = incident;
  }

  /** Look at the routes of incidents whose turn it is. */
  #sample(nowUs: number): void {
    let left = MAX_SAMPLED;
    for (const [id, sampling] of this.#sampled) {
      const dueS = SAMPLE_AFTER_S[sampling.taken];
      if (dueS === undefined) {
        this.#sampled.delete(id);
        continue;
      }
      if (nowUs - sampling.alertedAtUs < dueS * 1e6) continue;
      this.#look(sampling, nowUs);
      this.#samples += sampling.samples.length;
      if (this.#samples <= MAX_SAMPLES) this.history.setSamples(nowUs, id, sampling.samples);
      else this.#samplesLeftOut += sampling.samples.length;
      if (--left === 0) return;
    }
  }

  #look(sampling: Sampling, nowUs: number): void {
    const { incident, samples } = sampling;
    const held = { rib: this.#rib, rpki: this.rpki };
    const isFirst = sampling.taken++ === 0;
    const before = isFirst
      ? routesBefore(incident, this.#stepTimes.before(incident.firstSeenUs), held)
      : { samples, leftOut: 0 };
    const all = withRoutesNow(incident, before.samples, nowUs, held);
    if (isFirst) this.#samplesLeftOut += before.leftOut + all.leftOut;
    sampling.samples = all.samples;
  }

  #count(nowUs: number): void {
    this.#nextCensusUs = (Math.floor(nowUs / CENSUS_US) + 1) * CENSUS_US;
    const { candidates, nearMisses, dropped, baselineOrigins, silent } = this.#engine.stats();
    const hasBaseline = baselineOrigins > 0;
    this.history.setCensus(nowUs, {
      candidates,
      nearMisses,
      dropped: dropped + this.history.refused,
      samplesLeftOut: this.#samplesLeftOut,
      hasBaseline,
      silent,
    });
  }

  /** No more frames: what is still open, as it stands at `endUs`. */
  finish(endUs: number): void {
    for (const incident of this.#engine.incidents()) this.history.note(endUs, incident, null);
    this.history.settle(endUs, true);
    this.#count(endUs);
    this.#isDone = true;
    this.#analysedUs = endUs;
  }

  #stir({ outcomes, previousOrigins, drops }: StepResult, from: number, to: number): void {
    let [a, b] = this.#digest;
    for (let i = from; i < to; i++) {
      a = hashWord(a, outcomes[i]!);
      b = hashWord(b, previousOrigins[i]! + 1);
    }
    for (const word of drops) a = hashWord(a, word);
    this.#digest = [a, b];
  }

  #stirText(text: string): void {
    const [a] = this.#digest;
    let [, b] = this.#digest;
    for (let i = 0; i < text.length; i++) b = hashWord(b, text.charCodeAt(i));
    this.#digest = [hashWord(a, b), b];
  }

  /** A digest of everything the state and the detectors said up to a moment. */
  digestAt(timeUs: number): string {
    const at = firstWhere(this.#digests.length, (i) => this.#digests[i]!.timeUs > timeUs);
    return this.#digests[at - 1]?.digest ?? '';
  }

  stats() {
    return { engine: this.#engine.stats(), rib: this.#rib.stats() };
  }
}

/** Let a feed go through an analysis to its end. @param giveWay waited for often; what it throws ends the run */
export async function analyse(
  feed: ReplayFeed,
  analysis: Analysis,
  giveWay: () => Promise<void>,
): Promise<void> {
  for await (const frame of feed) {
    analysis.begin(frame);
    while (analysis.step()) await giveWay();
  }
  analysis.finish(feed.endUs);
}
