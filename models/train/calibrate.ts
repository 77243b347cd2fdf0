import type { CalibrationParams } from '../../src/lib/ml/calibration.ts';
import { StreamCalibration, combineScores } from '../../src/lib/ml/calibration.ts';
import type { PreparedStream } from '../dataset/prepared.ts';

/** A stream with the scores of each scorer, by the scorer's id. */
export interface MemberScores {
  readonly stream: PreparedStream;
  readonly scores: ReadonlyMap<string, Float64Array>;
}

/** Fit the calibration on regular scored minutes. */
export function fitCalibration(streams: readonly MemberScores[], ids: readonly string[]): CalibrationParams {
  const scorers = Object.fromEntries(
    ids.map((id) => {
      const sorted = regularScores(streams.map(({ stream, scores }) => [stream, scores.get(id)!]));
      const median = quantile(sorted, 0.5);
      return [id, { median, spread: Math.max(quantile(sorted, 0.99) - median, 1e-6) }];
    }),
  );
  const rough: CalibrationParams = { scorers, level: 0, cap: 0 };
  const combined = regularScores(streams.map((one) => [one.stream, combinedScores(rough, one)]));
  return { scorers, level: quantile(combined, 0.99), cap: quantile(combined, 0.997) };
}

/** Calibrated scores of a stream, NaN where unknown. */
export function calibratedScores(params: CalibrationParams, one: MemberScores): Float64Array {
  const calibration = new StreamCalibration(params);
  const first = one.stream.source.firstMinute;
  return combinedScores(params, one).map((combined, i) =>
    Number.isNaN(combined) ? NaN : calibration.step(first + i, combined),
  );
}

function combinedScores(params: CalibrationParams, { stream, scores }: MemberScores): Float64Array {
  const members = [...scores];
  return Float64Array.from(stream.isKnown, (isKnown, i) =>
    isKnown ? combineScores(params, Object.fromEntries(members.map(([id, of]) => [id, of[i]!]))) : NaN,
  );
}

function regularScores(parts: readonly (readonly [PreparedStream, Float64Array])[]): Float64Array {
  const all = parts.flatMap(([stream, scores]) => [
    ...scores.filter(
      (score, i) => stream.isScored[i] === 1 && stream.source.label[i] === 0 && !Number.isNaN(score),
    ),
  ]);
  return Float64Array.from(all).sort();
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
