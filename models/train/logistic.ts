import type { LinearModel } from '../../src/lib/ml/linear.ts';
import { SQUASH_SPREADS } from '../../src/lib/ml/linear.ts';
import type { LabelledRows } from './rows.ts';

/** Pull of the standardised weights to zero, against a total row weight of 1 per event. */
const RIDGE = 1;
const MAX_STEPS = 25;
const TOLERANCE = 1e-5;
/** Keeps columns that hardly move from getting huge standardised values. */
const MIN_DEVIATION = 0.1;

/**
 * Weighted ridge logistic regression over squashed, standardised contexts by Newton's method (iteratively reweighted least
 * squares). Deterministic.
 */
export function fitLogistic(rows: LabelledRows): LinearModel {
  const { width, count } = rows;
  const x = Float64Array.from(rows.values, (value) => Math.tanh(value / SQUASH_SPREADS));
  const { means, deviations } = standardise(x, width);
  const size = width + 1;
  const beta = new Float64Array(size);
  for (let step = 0; step < MAX_STEPS; step++) {
    const gradient = new Float64Array(size);
    const hessian = new Float64Array(size * size);
    for (let row = 0; row < count; row++) addRow(x, row, rows, beta, gradient, hessian);
    for (let i = 0; i < width; i++) {
      gradient[i]! -= RIDGE * beta[i]!;
      hessian[i * size + i]! += RIDGE;
    }
    hessian[size * size - 1]! += 1e-9;
    const change = solve(hessian, gradient, size);
    for (let i = 0; i < size; i++) beta[i]! += change[i]!;
    if (Math.hypot(...change) < TOLERANCE * (1 + Math.hypot(...beta))) break;
  }
  const weights = beta.slice(0, width).map((value, i) => value / deviations[i]!);
  const bias = weights.reduce((sum, weight, i) => sum - weight * means[i]!, beta[width]!);
  return { bias, weights };
}

function standardise(x: Float64Array, width: number): { means: Float64Array; deviations: Float64Array } {
  const count = x.length / width;
  const means = new Float64Array(width);
  const deviations = new Float64Array(width);
  for (let i = 0; i < x.length; i++) means[i % width]! += x[i]! / count;
  for (let i = 0; i < x.length; i++) deviations[i % width]! += (x[i]! - means[i % width]!) ** 2 / count;
  for (let i = 0; i < width; i++) deviations[i] = Math.sqrt(deviations[i]!) + MIN_DEVIATION;
  for (let i = 0; i < x.length; i++) x[i] = (x[i]! - means[i % width]!) / deviations[i % width]!;
  return { means, deviations };
}

/** Add a row to gradient and the lower triangle of the Hessian of the log-likelihood. The last entry is the bias. */
function addRow(
  x: Float64Array,
  row: number,
  { width, labels, weights }: LabelledRows,
  beta: Float64Array,
  gradient: Float64Array,
  hessian: Float64Array,
): void {
  const at = row * width;
  const size = width + 1;
  let odds = beta[width]!;
  for (let i = 0; i < width; i++) odds += beta[i]! * x[at + i]!;
  const share = 1 / (1 + Math.exp(-odds));
  const residual = weights[row]! * (labels[row]! - share);
  const curvature = weights[row]! * share * (1 - share);
  for (let i = 0; i < size; i++) {
    const xi = i < width ? x[at + i]! : 1;
    gradient[i]! += residual * xi;
    const scaled = curvature * xi;
    for (let j = 0; j < i; j++) hessian[i * size + j]! += scaled * x[at + j]!;
    hessian[i * size + i]! += scaled * xi;
  }
}

/** Solve a symmetric positive definite system, lower triangle given, by Cholesky's method; both arguments are used up. */
function solve(a: Float64Array, b: Float64Array, size: number): Float64Array {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * size + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * size + k]! * a[j * size + k]!;
      a[i * size + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / a[j * size + j]!;
    }
  }
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) b[i]! -= a[i * size + k]! * b[k]!;
    b[i]! /= a[i * size + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) b[i]! -= a[k * size + i]! * b[k]!;
    b[i]! /= a[i * size + i]!;
  }
  return b;
}
