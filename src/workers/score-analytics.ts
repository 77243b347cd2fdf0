import { FEATURES } from '#core/feature/features.ts';
import { TrailingQuantiles } from '../lib/ml/trailing.ts';
import type { Correlation, FeatureTrend } from './api-scores.ts';
import type { MinuteDay } from './score-day.ts';
import { DAY_MINUTES } from './score-day.ts';

/** Minutes the usual is taken over, and how long before the minute judged they end. */
const BAND_MINUTES = 1440;
const LAG_MINUTES = 60;
/** Fewer minutes than this say nothing about what is usual, or about what goes together. */
const MIN_MINUTES = 30;

/** A feature over the last day, with the quartiles of the day that ended an hour before each minute. */
export function trendOf(day: MinuteDay, stream: string, column: number): FeatureTrend {
  const { name, unit, definition } = FEATURES[column]!;
  const firstMinute = day.lastMinute - DAY_MINUTES + 1;
  const values = day.column(column, day.lastMinute, DAY_MINUTES);
  const blank = (): Float32Array<ArrayBuffer> => new Float32Array(DAY_MINUTES).fill(NaN);
  const [low, middle, high] = [blank(), blank(), blank()];
  const past = new TrailingQuantiles(1, BAND_MINUTES, LAG_MINUTES);
  const row = new Float64Array(1);
  for (let i = 0; i < DAY_MINUTES; i++) {
    past.advance(firstMinute + i);
    if (past.count(0) >= MIN_MINUTES) {
      low[i] = Math.expm1(past.quantile(0, 0.25));
      middle[i] = Math.expm1(past.quantile(0, 0.5));
      high[i] = Math.expm1(past.quantile(0, 0.75));
    }
    if (Number.isNaN(values[i])) continue;
    row[0] = Math.log1p(values[i]!);
    past.push(firstMinute + i, row);
  }
  return { ok: true, stream, feature: name, unit, definition, firstMinute, values, low, middle, high };
}

/** Pearson's correlation of log1p of every two of `columns` over the minutes known. */
export function correlationOf(day: MinuteDay, stream: string, columns: readonly number[]): Correlation {
  const series = columns.map((column) => day.column(column, day.lastMinute, DAY_MINUTES));
  const known = Array.from({ length: DAY_MINUTES }, (_, i) => i).filter((i) =>
    series.every((one) => Number.isFinite(one[i])),
  );
  const standard = series.map((one) => standardised(known.map((i) => Math.log1p(Math.max(0, one[i]!)))));
  const matrix = new Float32Array(columns.length ** 2).fill(NaN);
  for (const [row, a] of standard.entries()) {
    for (const [column, b] of standard.entries()) {
      if (known.length < MIN_MINUTES || !a || !b) continue;
      let sum = 0;
      for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
      matrix[row * columns.length + column] = Math.max(-1, Math.min(1, sum / a.length));
    }
  }
  return {
    ok: true,
    stream,
    features: columns.map((column) => FEATURES[column]!.name),
    matrix,
    minutes: known.length,
  };
}

/** Mean 0, standard deviation 1; null for values that never change. */
function standardised(values: readonly number[]): Float64Array | null {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return spread > 1e-9 ? Float64Array.from(values, (value) => (value - mean) / spread) : null;
}
