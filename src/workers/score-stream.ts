import { MASK_NAMES } from '#core/feature/window.ts';
import { LstmInput } from '../lib/ml/lstm-input.ts';
import type { Models } from '../lib/ml/model-files.ts';
import type { Observed, ScoredMinute } from '../lib/ml/stream-scorer.ts';
import { StreamScorer } from '../lib/ml/stream-scorer.ts';
import type { StreamScore } from './api-scores.ts';
import { MinuteDay } from './score-day.ts';

const SCORE = 0;
const IS_ALARM = 1;

/** One stream being scored: its past as the models need it, and its last day of scores. About 350 KB. */
export class ScoredStream {
  readonly name: string;
  readonly scorer: StreamScorer;
  /** What the network reads; null without one. */
  readonly input: LstmInput | null;
  readonly #day = new MinuteDay(2);
  #observed: Observed | null = null;
  #values: Float64Array | null = null;
  #scored: ScoredMinute | null = null;
  #mask = 0;
  #pastMinutes = 0;
  /** The minute it was last heard of, masked or not. */
  lastMinute = -1;

  constructor(name: string, models: Models, hasLstm: boolean) {
    this.name = name;
    this.scorer = new StreamScorer(models, hasLstm);
    this.input = hasLstm ? new LstmInput() : null;
  }

  /** Its last window, as the models took it in; null before one. */
  get observed(): Observed | null {
    return this.#observed;
  }

  /** Values of the models' columns in that window. */
  get values(): Float64Array | null {
    return this.#values;
  }

  get scored(): ScoredMinute | null {
    return this.#scored;
  }

  masked(minute: number, mask: number): void {
    this.lastMinute = minute;
    this.#mask = mask;
  }

  /** Take in a window. @returns null when it does not come after the last. @param values of the models' columns; kept */
  observe(minute: number, values: Float64Array): Observed | null {
    const observed = this.scorer.observe(minute, values);
    if (!observed) return null;
    this.lastMinute = minute;
    this.#mask = 0;
    this.#pastMinutes++;
    this.#observed = observed;
    this.#values = values;
    if (observed.isWarm) this.input?.push(minute, observed.z);
    return observed;
  }

  /** @param lstm the network's score; null without one */
  conclude(observed: Observed, lstm: number | null): ScoredMinute {
    const scored = this.scorer.conclude(observed, lstm);
    this.#scored = scored;
    if (!Number.isNaN(scored.score)) this.#day.set(scored.minute, [scored.score, scored.isAlarm ? 1 : 0]);
    return scored;
  }

  /** Scores of `count` minutes up to and with `lastMinute`. */
  scores(lastMinute: number, count: number): Float32Array<ArrayBuffer> {
    return this.#day.column(SCORE, lastMinute, count);
  }

  alarmed(lastMinute: number, count: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#day.column(IS_ALARM, lastMinute, count), (value) => (value === 1 ? 1 : 0));
  }

  row(minute: number): StreamScore {
    const { name: stream } = this;
    const isNow = this.#scored?.minute === minute && this.#mask === 0;
    const members = isNow ? this.#scored!.members : null;
    return {
      stream,
      score: isNow ? orNull(this.#scored!.score) : null,
      forest: orNull(members?.forest ?? NaN),
      logistic: orNull(members?.logistic ?? NaN),
      lstm: orNull(members?.lstm ?? NaN),
      trust: this.#observed?.trust ?? 0,
      pastMinutes: this.#pastMinutes,
      isAlarm: this.#scored?.isAlarm ?? false,
      mask: this.lastMinute === minute ? MASK_NAMES[this.#mask]! : 'silence',
    };
  }
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
