import type { ModelColumn } from './columns.ts';
import { MODEL_COLUMNS, MODEL_WIDTH } from './columns.ts';

/** Minutes a sequence covers, oldest first. */
export const LSTM_STEPS = 15;
/** Every channel comes three times: of the minute, and as mean of these spans that end with it. */
export const LSTM_SPANS_MINUTES: readonly number[] = [1, 15, 60];

/**
 * Columns that tell of the same thing are one channel, their mean: a single column's habits differ from peer to peer and from year
 * to year, what a group of them says does not. Path lengths are left out, they tell of the peer's place.
 */
const GROUPS: readonly (readonly [string, readonly ModelColumn[]])[] = [
  ['announced', ['announcements', 'nlri_ann', 'origin_0']],
  ['withdrawn', ['withdrawals']],
  [
    'moved',
    [
      'imp_wd_dpath',
      'ann_to_longer',
      'ann_to_shorter',
      'edit_distance_dict_1',
      'edit_distance_dict_2',
      'edit_distance_dict_3',
    ],
  ],
  ['repeated', ['imp_wd_spath', 'edit_distance_dict_0', 'dups']],
  ['returned', ['nadas', 'flaps']],
  ['origins', ['origin_changes', 'origin_2']],
];

/** Names of the channels of one span. `level`, `breadth` and `peak` are of all counts together. */
export const LSTM_CHANNELS: readonly string[] = [...GROUPS.map(([name]) => name), 'level', 'breadth', 'peak'];

/** Values per step. */
export const LSTM_WIDTH = LSTM_CHANNELS.length * LSTM_SPANS_MINUTES.length;

/** Values per sequence: `LSTM_STEPS` rows of `LSTM_WIDTH`. */
export const LSTM_SEQUENCE = LSTM_STEPS * LSTM_WIDTH;

/** Changes with anything above or in how channels are computed; networks of another version are refused. */
export const LSTM_INPUT_VERSION = 1;

const PATH_COLUMNS: readonly ModelColumn[] = [
  'as_path_avg',
  'as_path_max',
  'unique_as_path_max',
  'edit_distance_avg',
  'edit_distance_max',
];
/** Indices into `MODEL_COLUMNS` of all counts. */
export const LSTM_COUNT_COLUMNS: readonly number[] = MODEL_COLUMNS.flatMap((name, i) =>
  PATH_COLUMNS.includes(name) ? [] : [i],
);
/** The same of each group, in the order of `LSTM_CHANNELS`. */
export const LSTM_GROUP_COLUMNS: readonly (readonly number[])[] = GROUPS.map(([, names]) =>
  names.map((name) => MODEL_COLUMNS.indexOf(name)),
);

/** A z of this many spreads is squashed to about three quarters of the most it can count. */
const SQUASH_SPREADS = 3;
const SQUASH_MAX = 1.5;
/** A count is part of the breadth when its squashed z is beyond this (z of 2.4). */
const BROAD = 1;
const BREADTH_SCALE = 2;
/** The peak is the mean of this many of the highest. */
const PEAKS = 4;

/**
 * One minute's channels from its normalised columns (`StreamNormaliser`), written to `target`. A column that is not finite counts
 * as usual (0).
 */
export function writeChannels(z: ArrayLike<number>, target: Float64Array, at = 0): void {
  const byColumn = new Float64Array(MODEL_WIDTH);
  const squashed = new Float64Array(LSTM_COUNT_COLUMNS.length);
  let sum = 0;
  let broad = 0;
  for (let i = 0; i < LSTM_COUNT_COLUMNS.length; i++) {
    const column = LSTM_COUNT_COLUMNS[i]!;
    const value = z[column]!;
    const squash = Number.isFinite(value) ? SQUASH_MAX * Math.tanh(value / SQUASH_SPREADS) : 0;
    byColumn[column] = squash;
    squashed[i] = squash;
    sum += squash;
    if (squash > BROAD) broad++;
  }
  for (const [group, columns] of LSTM_GROUP_COLUMNS.entries()) {
    let total = 0;
    for (const column of columns) total += byColumn[column]!;
    target[at + group] = total / columns.length;
  }
  squashed.sort();
  let peak = 0;
  for (let i = LSTM_COUNT_COLUMNS.length - PEAKS; i < LSTM_COUNT_COLUMNS.length; i++) peak += squashed[i]!;
  const groups = LSTM_GROUP_COLUMNS.length;
  target[at + groups] = sum / LSTM_COUNT_COLUMNS.length;
  target[at + groups + 1] = (BREADTH_SCALE * broad) / LSTM_COUNT_COLUMNS.length;
  target[at + groups + 2] = peak / PEAKS;
}

const CHANNELS = LSTM_CHANNELS.length;
/** Minutes a stream's past reaches back: the first step of a sequence looks back a whole span too. */
export const LSTM_HISTORY_MINUTES = Math.max(...LSTM_SPANS_MINUTES) + LSTM_STEPS - 1;
const CAPACITY = LSTM_HISTORY_MINUTES;

const slotOf = (minute: number): number => ((minute % CAPACITY) + CAPACITY) % CAPACITY;

/**
 * The recent past of one stream as the network reads it. Minutes without a row (gaps) are left out of the means, and stand in the
 * sequence as zeros: nothing is known, so nothing is unusual. Fixed size.
 */
export class LstmInput {
  /** By minute modulo capacity: the minute, its z, its channels, its row of all spans. */
  readonly #minutes = new Float64Array(CAPACITY).fill(-Infinity);
  readonly #z = new Float32Array(CAPACITY * MODEL_WIDTH);
  readonly #channels = new Float64Array(CAPACITY * CHANNELS);
  readonly #rows = new Float32Array(CAPACITY * LSTM_WIDTH);
  #last = -Infinity;

  /** Add a known minute (minutes since the epoch, ascending; another is ignored). `z`: `MODEL_WIDTH` normalised columns. */
  push(minute: number, z: ArrayLike<number>): void {
    if (!(Number.isSafeInteger(minute) && minute >= 0 && minute > this.#last)) return;
    this.#last = minute;
    const slot = slotOf(minute);
    this.#minutes[slot] = minute;
    for (let column = 0; column < MODEL_WIDTH; column++) {
      this.#z[slot * MODEL_WIDTH + column] = z[column]!;
    }
    writeChannels(z, this.#channels, slot * CHANNELS);
    for (const [span, minutes] of LSTM_SPANS_MINUTES.entries()) {
      this.#writeMeans(minutes, slot * LSTM_WIDTH + span * CHANNELS);
    }
  }

  /** Write the sequence that ends with the last minute pushed: `LSTM_SEQUENCE` values from `at`. */
  write(target: Float32Array, at = 0): void {
    for (let step = 0; step < LSTM_STEPS; step++) {
      const minute = this.#last - (LSTM_STEPS - 1 - step);
      const slot = slotOf(minute);
      const to = at + step * LSTM_WIDTH;
      if (this.#minutes[slot] === minute) {
        target.set(this.#rows.subarray(slot * LSTM_WIDTH, (slot + 1) * LSTM_WIDTH), to);
      } else target.fill(0, to, to + LSTM_WIDTH);
    }
  }

  /**
   * The same sequence as `write`, had some columns been as usual (z of 0) all the while: what an explanation compares
   * with. `columns` are indices into `MODEL_COLUMNS`.
   */
  writeWithout(columns: readonly number[], target: Float32Array, at = 0): void {
    const other = new LstmInput();
    const z = new Float32Array(MODEL_WIDTH);
    for (let minute = this.#last - CAPACITY + 1; minute <= this.#last; minute++) {
      const slot = slotOf(minute);
      if (this.#minutes[slot] !== minute) continue;
      z.set(this.#z.subarray(slot * MODEL_WIDTH, (slot + 1) * MODEL_WIDTH));
      for (const column of columns) z[column] = 0;
      other.push(minute, z);
    }
    other.write(target, at);
  }

  /** Means over the known minutes of a span that ends now. Summed anew each time: no rounding is carried along. */
  #writeMeans(spanMinutes: number, at: number): void {
    let count = 0;
    const sums = new Float64Array(CHANNELS);
    for (let minute = this.#last - spanMinutes + 1; minute <= this.#last; minute++) {
      const slot = slotOf(minute);
      if (this.#minutes[slot] !== minute) continue;
      count++;
      for (let i = 0; i < CHANNELS; i++) sums[i]! += this.#channels[slot * CHANNELS + i]!;
    }
    for (let i = 0; i < CHANNELS; i++) this.#rows[at + i] = sums[i]! / count;
  }
}
