import { MODEL_WIDTH } from '../../src/lib/ml/columns.ts';
import {
  LSTM_COUNT_COLUMNS,
  LSTM_GROUP_COLUMNS,
  LSTM_HISTORY_MINUTES,
  LstmInput,
} from '../../src/lib/ml/lstm-input.ts';
import type { PreparedStream } from '../dataset/prepared.ts';
import { normal } from './lstm-normal.ts';
import type { Random } from './random.ts';

/** What rises are like. Ranges are drawn from evenly on a logarithmic scale. */
export interface RiseParams {
  /** From onset to end. */
  readonly minutes: readonly [number, number];
  /** Height in spreads (z). */
  readonly height: readonly [number, number];
  /** Standard deviation of the logarithm of a column's height beside that of the others. */
  readonly columnSpread: number;
  /** The same of a minute's beside that of the others. */
  readonly minuteSpread: number;
}

/** Chance of a column in no group to rise with the others. */
const OTHER_CHANCE = 0.5;
const GROUPED = new Set(LSTM_GROUP_COLUMNS.flat());
const OTHER_COLUMNS = LSTM_COUNT_COLUMNS.filter((column) => !GROUPED.has(column));

/**
 * Write the sequence of a regular minute as it would be if something had begun a while ago, and ended `endedMinutes` ago (0: it goes
 * on): some groups of columns rise together. Labelled events are few and each of its own kind; what is made teaches that a sustained
 * rise is one, whichever columns it is in, and only as long as it lasts. It goes through the serving input, so that the means know of
 * it as they would.
 */
export function writeRise(
  { z, isKnown }: Pick<PreparedStream, 'z' | 'isKnown'>,
  minute: number,
  params: RiseParams & { readonly endedMinutes: number },
  random: Random,
  target: Float32Array,
): void {
  const heights = columnHeights(params, random);
  const end = minute - params.endedMinutes;
  const onset = end - Math.floor(between(params.minutes, random));
  const input = new LstmInput();
  const row = new Float32Array(MODEL_WIDTH);
  for (let i = Math.max(0, minute - LSTM_HISTORY_MINUTES + 1); i <= minute; i++) {
    if (!isKnown[i]) continue;
    row.set(z.subarray(i * MODEL_WIDTH, (i + 1) * MODEL_WIDTH));
    if (i > onset && i <= end) {
      const burst = Math.exp(params.minuteSpread * normal(random));
      for (let column = 0; column < MODEL_WIDTH; column++) {
        row[column] = row[column]! + burst * heights[column]!;
      }
    }
    input.push(i, row);
  }
  input.write(target);
}

function columnHeights(params: RiseParams, random: Random): Float64Array {
  const heights = new Float64Array(MODEL_WIDTH);
  const height = between(params.height, random);
  const own = (): number => height * Math.exp(params.columnSpread * normal(random));
  // Some rises are in nearly everything, some in two or three groups.
  const chance = 0.3 + 0.7 * random();
  for (const group of LSTM_GROUP_COLUMNS) {
    if (random() >= chance) continue;
    for (const column of group) heights[column] = own();
  }
  for (const column of OTHER_COLUMNS) if (random() < OTHER_CHANCE) heights[column] = own();
  return heights;
}

function between([least, most]: readonly [number, number], random: Random): number {
  return least * (most / least) ** random();
}
