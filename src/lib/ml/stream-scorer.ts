import { AlarmRule } from './alarm.ts';
import { StreamCalibration, combineScores } from './calibration.ts';
import { TrailingContext } from './context.ts';
import { isolationContributions, isolationScore } from './isolation.ts';
import { linearContributions, linearScore } from './linear.ts';
import { LSTM_CHANNELS, writeChannels } from './lstm-input.ts';
import type { Operating } from './manifest.ts';
import type { Models } from './model-files.ts';
import { StreamNormaliser } from './normaliser.ts';

/**
 * Rows of past from which on a stream is scored, fewer than training asks for: a page that has been open for an hour and a half wants to
 * hear something, and the trust beside the score says on how little it rests.
 */
const EARLIEST_ROWS = 30;

/** Ids of the scorers in calibrations and results. */
export const SCORER = { forest: 'forest', linear: 'logistic', lstm: 'lstm' } as const;

/** A minute taken in, before the LSTM has spoken. */
export interface Observed {
  readonly minute: number;
  /** Normalised columns, for the LSTM's sequence; the caller's to keep. */
  readonly z: Float32Array;
  readonly context: Float32Array;
  /** 0..1, how much past the measure rests on. */
  readonly trust: number;
  /** Too little past to say anything: conclude gives NaN. */
  readonly isWarm: boolean;
  readonly forest: number;
  readonly linear: number;
  /** Feature entries that were not finite or negative, taken as unknown. */
  readonly badEntries: number;
}

/** What the models say of one minute of one stream. */
export interface ScoredMinute {
  readonly minute: number;
  /** Calibrated; 1 is the threshold. NaN while the stream has too little past. */
  readonly score: number;
  /** Each scorer's own score, NaN where it has none. */
  readonly members: { readonly forest: number; readonly logistic: number; readonly lstm: number };
  /** The alarm stands: enough of the last minutes were over the threshold. */
  readonly isAlarm: boolean;
  readonly trust: number;
}

/** How much a channel (`LSTM_CHANNELS`) moved the forest (mean path length saved) and the regression (log-odds). */
export interface ChannelContribution {
  readonly channel: string;
  readonly forest: number;
  readonly logistic: number;
}

/**
 * The models over one stream: normalise, look back, score, calibrate, alarm. The same past gives the same scores, whatever else is
 * scored beside it. Masked minutes are simply not observed.
 */
export class StreamScorer {
  readonly #models: Models;
  readonly #operating: Operating;
  readonly #normaliser: StreamNormaliser;
  readonly #context: TrailingContext;
  readonly #calibration: StreamCalibration;
  readonly #alarm: AlarmRule;
  readonly #channels = new Float64Array(LSTM_CHANNELS.length);

  /** `hasLstm`: whether `conclude` will be given the LSTM's scores; its absence has a calibration and threshold of its own. */
  constructor(models: Models, hasLstm: boolean) {
    const { manifest } = models;
    this.#models = models;
    this.#operating = hasLstm ? manifest.operating.all : manifest.operating.withoutLstm;
    const { normaliser } = manifest;
    this.#normaliser = new StreamNormaliser({
      ...normaliser,
      minRows: Math.min(normaliser.minRows, EARLIEST_ROWS),
    });
    this.#context = new TrailingContext(LSTM_CHANNELS.length, manifest.contextSpansMinutes);
    this.#calibration = new StreamCalibration(this.#operating.calibration);
    this.#alarm = new AlarmRule(manifest.alarm);
  }

  /**
   * Take in a minute's raw values, in the order of `MODEL_COLUMNS` (NaN: unknown). Minutes count from the Unix epoch and ascend.
   * @returns null for a minute that does not come after the last one.
   */
  observe(minute: number, values: ArrayLike<number>): Observed | null {
    const row = this.#normaliser.push(minute, values);
    if (!row) return null;
    const { trust, isWarm, badEntries } = row;
    const z = row.z.slice();
    if (!isWarm) {
      const context = new Float32Array(0);
      return { minute, z, context, trust, isWarm, forest: NaN, linear: NaN, badEntries };
    }
    writeChannels(z, this.#channels);
    const context = this.#context.push(minute, this.#channels).slice();
    const forest = isolationScore(this.#models.forest, context);
    return {
      minute,
      z,
      context,
      trust,
      isWarm,
      forest,
      linear: linearScore(this.#models.linear, context),
      badEntries,
    };
  }

  /** Put the scorers together; `lstm` null where there is none (with `hasLstm` that minute is left to the others). */
  conclude(observed: Observed, lstm: number | null): ScoredMinute {
    const { minute, trust, isWarm, forest, linear } = observed;
    const members = { forest, logistic: linear, lstm: lstm ?? NaN };
    if (!isWarm) return { minute, score: NaN, members, isAlarm: false, trust };
    const { calibration, threshold } = this.#operating;
    const score = this.#calibration.step(minute, combineScores(calibration, members)) / threshold;
    return { minute, score, members, isAlarm: this.#alarm.step(score >= 1), trust };
  }

  /** What moved the forest and the regression at an observed minute, by channel, strongest first. */
  explain(observed: Observed): ChannelContribution[] {
    const sums = LSTM_CHANNELS.map((channel) => ({ channel, forest: 0, logistic: 0 }));
    if (!observed.isWarm) return sums;
    const saved = isolationContributions(this.#models.forest, observed.context);
    const odds = linearContributions(this.#models.linear, observed.context);
    saved.forEach((value, i) => (sums[i % sums.length]!.forest += value));
    odds.forEach((value, i) => (sums[i % sums.length]!.logistic += value));
    const strength = (one: ChannelContribution): number => Math.abs(one.forest) + Math.abs(one.logistic);
    return [...sums].sort((a, b) => strength(b) - strength(a));
  }
}
