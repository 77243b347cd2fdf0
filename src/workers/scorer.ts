import { BgpError } from '#core/error.ts';
import type { FeatureHistory } from '#core/feature/history.ts';
import { FEATURE_NAMES } from '#core/feature/features.ts';
import { MODEL_COLUMNS } from '../lib/ml/columns.ts';
import type { Refusal } from './api-reports.ts';
import type { AlarmChange, FeatureHealth, FeatureMessage, FeatureReply } from './api-features.ts';
import type {
  AlarmRecord,
  Correlation,
  FeatureTrend,
  PastState,
  ScorerCounts,
  ScorerState,
  ScoreStrip,
  ScoresView,
  StreamReport,
} from './api-scores.ts';
import { HEAT_MINUTES } from './api-scores.ts';
import { correlationOf, trendOf } from './score-analytics.ts';
import { askedFrom, framesOf, readPast } from './score-past.ts';
import { DAY_MINUTES } from './score-day.ts';
import type { ModelsOptions } from './score-models.ts';
import { ScoringModels } from './score-models.ts';
import { stripOf } from './score-strip.ts';
import { Scoring } from './scoring.ts';

/** The end of a channel features come from; a `MessagePort` is one. */
export interface ScoringPort {
  postMessage(message: FeatureReply): void;
  onmessage: ((event: MessageEvent<FeatureMessage>) => void) | null;
  close(): void;
}

const VIEW_MS = 250;
/** Calls of the network the median time is taken over. */
const TIMED_CALLS = 101;
const SHOWN_ALARMS = 20;
const LISTED_ALARMS = 100;

/** Minutes of a past taken in at one go; then others have their turn. */
const PAST_MINUTES = 16;
const NO_PAST: PastState = { state: 'none', minutes: 0, streams: 0, code: '', reason: '' };

export interface ScorerOptions extends ModelsOptions {
  /** Bytes of a feature history, gzipped; null where there is none. Rejects when it cannot be read. */
  readonly readPast: (url: string) => Promise<Uint8Array | null>;
}

/** Everything of the scorer worker but its thread: models, port, views, reports. */
export class Scorer {
  readonly #nowMs: () => number;
  readonly #models: ScoringModels;
  readonly #scoring: Scoring;
  #onView: ((view: ScoresView) => unknown) | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  readonly #readPast: ScorerOptions['readPast'];
  #port: ScoringPort | null = null;
  #pastUrl: string | null = null;
  #past: PastState = NO_PAST;
  /** The stream has been given its past. */
  #hasBegun = false;
  #loading: Promise<ScorerState> | null = null;
  /** What comes through the port is taken one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #features: FeatureHealth | null = null;
  #callMs: number[] = [];
  #loadedMs = 0;
  #firstScoreMs: number | null = null;

  constructor(options: ScorerOptions) {
    this.#readPast = options.readPast;
    this.#nowMs = options.backend.nowMs;
    this.#models = new ScoringModels(options);
    this.#scoring = new Scoring(this.#nowMs);
    this.#scoring.onCall = (ms) => {
      this.#callMs.push(ms);
      if (this.#callMs.length > TIMED_CALLS) this.#callMs.shift();
    };
    this.#scoring.onNetworkFailure = (error) => {
      this.#turn = this.#turn.then(() => this.#recover(error));
    };
  }

  /** @see ScoresApi.load */
  load(): Promise<ScorerState> {
    this.#loadedMs = this.#nowMs();
    this.#firstScoreMs = null;
    const loading = this.#turn.then(() => this.#models.load()).then((state) => this.#use(state));
    this.#loading = loading;
    this.#turn = loading.then(() => undefined);
    return loading;
  }

  #use(state: ScorerState): ScorerState {
    this.#scoring.setModels(this.#models.models, this.#models.network);
    this.#hasBegun = false;
    this.#changed();
    return state;
  }

  async #recover(error: unknown): Promise<void> {
    await this.#models.failed(error);
    this.#scoring.setNetwork(this.#models.network);
    this.#changed();
  }

  /** @see ScoresApi.connect */
  connect(port: ScoringPort, pastUrl: string | null = null): void {
    this.#port?.close();
    this.#port = port;
    this.#pastUrl = pastUrl;
    if (!this.#loading) void this.load();
    port.onmessage = ({ data }) => {
      this.#turn = this.#turn.then(() => (port === this.#port ? this.#take(data, port) : undefined));
    };
  }

  async #take(message: FeatureMessage, port: ScoringPort): Promise<void> {
    if (message.type === 'reset') {
      this.#scoring.clear();
      this.#features = null;
      this.#hasBegun = false;
      this.#past = NO_PAST;
    } else {
      this.#features = message.health;
      const { frame } = message;
      const stood = this.#hasBegun ? [] : await this.#begin(frame.startUs / 60e6);
      const alarms = [...stood, ...(await this.#scoring.step(frame))];
      if (this.#firstScoreMs === null && this.#scoring.counts.scored > 0)
        this.#firstScoreMs = this.#nowMs() - this.#loadedMs;
      port.postMessage({ type: 'ack', alarms, scored: this.#scoring.size });
    }
    this.#changed();
  }

  /** Learn what was usual before minute `minute`. @returns alarms that stand already. */
  async #begin(minute: number): Promise<AlarmChange[]> {
    this.#hasBegun = true;
    const history = await this.#pastOf();
    if (!history) return [];
    const askedFromUs = askedFrom(history, minute) * 60e6;
    const streams = history.streams.length;
    let minutes = 0;
    for (const frame of framesOf(history, minute)) {
      await this.#scoring.step(frame, frame.startUs >= askedFromUs);
      if (++minutes % PAST_MINUTES > 0) continue;
      this.#past = { ...NO_PAST, state: 'reading', minutes, streams };
      this.#changed();
      await new Promise((resolve) => setTimeout(resolve));
    }
    this.#past = { ...NO_PAST, state: 'taken', minutes, streams };
    return this.#scoring.alarms.all().map(({ stream, startUs, peakScore, explanation }) => ({
      stream,
      isAlarm: true,
      timeUs: startUs,
      score: peakScore,
      columns: explanation.columns.slice(0, 3).map(({ column }) => column),
    }));
  }

  async #pastOf(): Promise<FeatureHistory | null> {
    if (this.#pastUrl === null) return null;
    this.#past = { ...NO_PAST, state: 'reading' };
    this.#changed();
    try {
      const bytes = await this.#readPast(this.#pastUrl);
      if (bytes) return await readPast(bytes);
      this.#past = NO_PAST;
    } catch (error) {
      const code = error instanceof BgpError ? error.code : 'FEATURE_HISTORY_BAD';
      const reason = error instanceof Error ? error.message : String(error);
      this.#past = { ...NO_PAST, state: 'failed', code, reason };
    }
    return null;
  }

  /** Resolves when everything that has come so far is taken in. */
  async settled(): Promise<void> {
    await this.#turn;
  }

  /** @see ScoresApi.subscribe */
  subscribe(onView: (view: ScoresView) => unknown): void {
    this.#onView = onView;
    this.#changed();
  }

  #changed(): void {
    if (!this.#onView || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#onView?.(this.view());
    }, VIEW_MS);
  }

  view(): ScoresView {
    const { minute, alarms } = this.#scoring;
    const ordered = this.#scoring.ordered();
    const heat = new Float32Array(ordered.length * HEAT_MINUTES);
    for (const [i, stream] of ordered.entries())
      heat.set(stream.scores(minute, HEAT_MINUTES), i * HEAT_MINUTES);
    return {
      scorer: this.#models.state,
      past: this.#past,
      timeUs: minute < 0 ? null : (minute + 1) * 60e6,
      streams: ordered.map((stream) => stream.row(minute)),
      heat,
      alarms: alarms.between(-Infinity, Infinity, SHOWN_ALARMS),
      counts: this.#counts(),
      features: this.#features,
    };
  }

  #counts(): ScorerCounts {
    const { counts, size, alarms, days } = this.#scoring;
    const sorted = [...this.#callMs].sort((a, b) => a - b);
    return {
      ...counts,
      refused: counts.refused + days.refused,
      streams: size,
      alarms: alarms.total,
      callMs: sorted[sorted.length >>> 1] ?? null,
      firstScoreMs: this.#firstScoreMs,
    };
  }

  /** @see ScoresApi.stream */
  async stream(name: string): Promise<StreamReport | Refusal> {
    const stream = this.#scoring.stream(name);
    if (!stream) return unknown(name);
    const { minute, alarms } = this.#scoring;
    return {
      ok: true,
      ...stream.row(minute),
      firstMinute: minute - DAY_MINUTES + 1,
      scores: stream.scores(minute, DAY_MINUTES),
      isAlarmed: stream.alarmed(minute, DAY_MINUTES),
      explanation: await this.#scoring.explain(stream),
      alarms: alarms.of(name),
    };
  }

  /** @see ScoresApi.strip */
  strip(fromUs: number, toUs: number): ScoreStrip {
    return stripOf(this.#scoring.streams(), fromUs, toUs);
  }

  /** @see ScoresApi.alarms */
  alarms(fromUs: number, toUs: number): AlarmRecord[] {
    return this.#scoring.alarms.between(fromUs, toUs, LISTED_ALARMS);
  }

  /** @see ScoresApi.trend */
  trend(name: string, feature: string): FeatureTrend | Refusal {
    const day = this.#scoring.days.get(name);
    const column = FEATURE_NAMES.indexOf(feature);
    if (!day || column === -1) return unknown(day ? feature : name);
    return trendOf(day, name, column);
  }

  /** @see ScoresApi.correlation */
  correlation(name: string): Correlation | Refusal {
    const day = this.#scoring.days.get(name);
    if (!day) return unknown(name);
    return correlationOf(
      day,
      name,
      MODEL_COLUMNS.map((column) => FEATURE_NAMES.indexOf(column)),
    );
  }

  /** Let the event loop go; the scorer is of no more use. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#onView = null;
    this.#port?.close();
    this.#models.network?.dispose();
  }
}

function unknown(what: string): Refusal {
  const { code, message } = new BgpError('SCORE_UNKNOWN', `${what.slice(0, 100)}: nothing is kept of it`);
  return { ok: false, code, reason: message };
}
