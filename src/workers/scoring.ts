import { FEATURE_COUNT, FEATURE_NAMES } from '#core/feature/features.ts';
import type { FeatureFrame } from '#core/feature/window.ts';
import { ALL_STREAM, MASK } from '#core/feature/window.ts';
import { locateModelColumns, MODEL_WIDTH } from '../lib/ml/columns.ts';
import { LSTM_SEQUENCE } from '../lib/ml/lstm-input.ts';
import type { LstmScorer } from '../lib/ml/lstm.ts';
import type { Models } from '../lib/ml/model-files.ts';
import type { Observed, ScoredMinute } from '../lib/ml/stream-scorer.ts';
import type { AlarmChange } from './api-features.ts';
import type { Explanation } from './api-scores.ts';
import { explanationOf } from './score-explanation.ts';
import { AlarmLog } from './score-alarms.ts';
import { FeatureDays } from './score-day.ts';
import { ScoredStream } from './score-stream.ts';

/** Streams scored at a time: about 350 KB each. */
export const MAX_STREAMS = 1024;
/** Streams whose vectors are kept for a day: about 300 KB each. */
const MAX_DAYS = 128;
/** A stream not heard for so long makes room for another. */
const STALE_MINUTES = 1440;
/** An alarm is over when nothing could be said of its stream for so long. */
const SILENT_MINUTES = 60;
const TOP_COLUMNS = 8;
const COLUMNS = locateModelColumns(FEATURE_NAMES);

export interface ScoringCounts {
  windows: number;
  scored: number;
  masked: number;
  cold: number;
  late: number;
  badValues: number;
  refused: number;
  calls: number;
}

/** What the network says, or why it could not. */
type Network = Pick<LstmScorer, 'score' | 'explain'>;

/**
 * Scores frames of features, all streams of a boundary in one call of the network. The same frames give the same scores, in
 * whatever company a stream is. Bounded in streams and in what is kept of each.
 */
export class Scoring {
  readonly counts: ScoringCounts = {
    windows: 0,
    scored: 0,
    masked: 0,
    cold: 0,
    late: 0,
    badValues: 0,
    refused: 0,
    calls: 0,
  };
  readonly alarms = new AlarmLog();
  readonly days = new FeatureDays(MAX_DAYS);
  /** Called with what the network threw; from then on it is not asked any more. */
  onNetworkFailure: (error: unknown) => void = () => undefined;
  /** Called with the milliseconds of each call of the network. */
  onCall: (ms: number) => void = () => undefined;
  readonly #streams = new Map<string, ScoredStream>();
  readonly #nowMs: () => number;
  #models: Models | null = null;
  #network: Network | null = null;
  #hasNetwork = false;
  #minute = -1;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Score with these from now on; streams begin anew. Null: only keep what trends are made of. */
  setModels(models: Models | null, network: Network | null): void {
    this.#models = models;
    this.#network = network;
    this.#hasNetwork = network !== null;
    this.clear();
  }

  /** Score on with another network of the same weights, or without. */
  setNetwork(network: Network | null): void {
    this.#network = network;
  }

  /** The newest minute taken in; -1 before the first. */
  get minute(): number {
    return this.#minute;
  }

  get size(): number {
    return this.#streams.size;
  }

  stream(name: string): ScoredStream | null {
    return this.#streams.get(name) ?? null;
  }

  streams(): Iterable<ScoredStream> {
    return this.#streams.values();
  }

  /**
   * Take in the windows that ended together. @returns alarms raised and over.
   * @param isAsking whether the network is asked, where there is one
   */
  async step(frame: FeatureFrame, isAsking = true): Promise<AlarmChange[]> {
    if (frame.widthS !== 60 || frame.values.length !== frame.streams.length * FEATURE_COUNT) return [];
    const minute = frame.startUs / 60e6;
    this.#minute = Math.max(this.#minute, minute);
    const heard: { stream: ScoredStream; observed: Observed }[] = [];
    for (let i = 0; i < frame.streams.length; i++) {
      const stream = this.#take(frame, i, minute);
      if (stream?.observed?.minute === minute) heard.push({ stream, observed: stream.observed });
    }
    const warm = heard.filter(({ observed }) => observed.isWarm).map(({ stream }) => stream);
    const scores = isAsking ? await this.#ask(warm) : null;
    const changes: AlarmChange[] = [];
    for (const { stream, observed } of heard) {
      const scored = stream.conclude(observed, scores?.get(stream) ?? null);
      if (!observed.isWarm) this.counts.cold++;
      else {
        this.counts.scored++;
        const change = await this.#follow(stream, scored);
        if (change) changes.push(change);
      }
    }
    return [...changes, ...this.#endSilent(minute)];
  }

  #take(frame: FeatureFrame, i: number, minute: number): ScoredStream | null {
    const name = frame.streams[i]!;
    this.counts.windows++;
    const stream = this.#streamOf(name, minute);
    if (frame.masks[i] !== MASK.none) {
      this.counts.masked++;
      stream?.masked(minute, frame.masks[i]!);
      return null;
    }
    const vector = frame.values.subarray(i * FEATURE_COUNT, (i + 1) * FEATURE_COUNT);
    this.days.note(name, minute, vector);
    if (!stream) return null;
    const values = new Float64Array(MODEL_WIDTH);
    for (let column = 0; column < MODEL_WIDTH; column++) values[column] = vector[COLUMNS[column]!] ?? NaN;
    const observed = stream.observe(minute, values);
    if (!observed) {
      this.counts.late++;
      return null;
    }
    this.counts.badValues += observed.badEntries;
    return stream;
  }

  #streamOf(name: string, minute: number): ScoredStream | null {
    const known = this.#streams.get(name);
    if (known || !this.#models) return known ?? null;
    if (this.#streams.size >= MAX_STREAMS) this.#forgetStale(minute);
    if (this.#streams.size >= MAX_STREAMS) {
      this.counts.refused++;
      return null;
    }
    const stream = new ScoredStream(name, this.#models, this.#hasNetwork);
    this.#streams.set(name, stream);
    return stream;
  }

  #forgetStale(minute: number): void {
    for (const [name, stream] of this.#streams)
      if (minute - stream.lastMinute >= STALE_MINUTES) this.#streams.delete(name);
  }

  /** The network's score of each stream, in one call; null when it cannot be asked. */
  async #ask(streams: readonly ScoredStream[]): Promise<Map<ScoredStream, number> | null> {
    if (!this.#network || streams.length === 0) return null;
    const sequences = new Float32Array(streams.length * LSTM_SEQUENCE);
    for (const [i, stream] of streams.entries()) stream.input?.write(sequences, i * LSTM_SEQUENCE);
    const startMs = this.#nowMs();
    try {
      const scores = await this.#network.score(sequences, streams.length);
      this.counts.calls++;
      this.onCall(this.#nowMs() - startMs);
      return new Map(streams.map((stream, i) => [stream, scores[i]!]));
    } catch (error) {
      this.#network = null;
      this.onNetworkFailure(error);
      return null;
    }
  }

  async #follow(
    stream: ScoredStream,
    { minute, score, isAlarm, trust }: ScoredMinute,
  ): Promise<AlarmChange | null> {
    const timeUs = (minute + 1) * 60e6;
    const { name } = stream;
    const wasAlarm = this.alarms.standing(name) !== null;
    if (isAlarm && wasAlarm) this.alarms.note(name, timeUs, score);
    if (isAlarm === wasAlarm) return null;
    if (!isAlarm) {
      this.alarms.end(name, timeUs);
      return { stream: name, isAlarm, timeUs, score, columns: [] };
    }
    const { channels, columns } = (await this.explain(stream)) ?? NO_EXPLANATION;
    const top = columns.slice(0, TOP_COLUMNS);
    this.alarms.raise(name, timeUs, score, trust, { channels, columns: top });
    return { stream: name, isAlarm, timeUs, score, columns: top.slice(0, 3).map(({ column }) => column) };
  }

  /** What moved the last score of a stream; null before one. */
  async explain(stream: ScoredStream): Promise<Explanation | null> {
    const { observed, values } = stream;
    if (!observed?.isWarm || !values) return null;
    const channels = stream.scorer.explain(observed);
    return explanationOf(channels, values, observed.z, await this.#explainNetwork(stream));
  }

  async #explainNetwork(stream: ScoredStream): Promise<Float32Array | null> {
    if (!this.#network || !stream.input) return null;
    try {
      return await this.#network.explain(stream.input);
    } catch (error) {
      this.#network = null;
      this.onNetworkFailure(error);
      return null;
    }
  }

  /** Alarms of streams of which nothing has been said for an hour are over. */
  #endSilent(minute: number): AlarmChange[] {
    const changes: AlarmChange[] = [];
    for (const stream of this.#streams.values()) {
      const { name, scored } = stream;
      if (!scored || minute - scored.minute < SILENT_MINUTES || !this.alarms.standing(name)) continue;
      const timeUs = (minute + 1) * 60e6;
      this.alarms.end(name, timeUs);
      changes.push({ stream: name, isAlarm: false, timeUs, score: NaN, columns: [] });
    }
    return changes;
  }

  /** The stream began anew: nothing that was is known of what comes. Counters stay. */
  clear(): void {
    this.#streams.clear();
    this.days.clear();
    this.alarms.clear();
    this.#minute = -1;
  }

  /** Streams in the order they are shown: all of them together first, then by score. */
  ordered(): ScoredStream[] {
    const scoreOf = (stream: ScoredStream): number => {
      if (stream.name === ALL_STREAM) return Infinity;
      const { scored } = stream;
      return scored && scored.minute === this.#minute && !Number.isNaN(scored.score)
        ? scored.score
        : -Infinity;
    };
    return [...this.#streams.values()]
      .map((stream) => ({ stream, score: scoreOf(stream) }))
      .sort((a, b) => b.score - a.score || (a.stream.name < b.stream.name ? -1 : 1))
      .map(({ stream }) => stream);
  }
}

const NO_EXPLANATION: Explanation = { channels: [], columns: [] };
