import { BgpError } from '#core/error.ts';

/** A context value of this many spreads is half way (tanh) to as much as it can count. */
export const SQUASH_SPREADS = 3;

/** Logistic regression over squashed contexts: log-odds = bias + sum of weight * tanh(x / 3). */
export interface LinearModel {
  readonly bias: number;
  /** One per context entry. */
  readonly weights: Float64Array;
}

/** Log-odds of a context row. */
export function linearScore(model: LinearModel, row: ArrayLike<number>, at = 0): number {
  let sum = model.bias;
  const { weights } = model;
  for (let i = 0; i < weights.length; i++) sum += weights[i]! * Math.tanh(row[at + i]! / SQUASH_SPREADS);
  return sum;
}

/** What each entry adds to the log-odds of a row; a quiet stream's entries are 0. */
export function linearContributions(model: LinearModel, row: ArrayLike<number>, at = 0): Float64Array {
  return model.weights.map((weight, i) => weight * Math.tanh(row[at + i]! / SQUASH_SPREADS));
}

/** @throws {BgpError} MODEL_BAD for a model that is not finite or of another width. */
export function checkLinear(model: LinearModel, width: number): LinearModel {
  const isFinite = Number.isFinite(model.bias) && model.weights.every((weight) => Math.abs(weight) < 1e6);
  if (!isFinite || model.weights.length !== width) throw new BgpError('MODEL_BAD', 'linear: weights');
  return model;
}
