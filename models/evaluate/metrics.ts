/** Ranking of labelled scores; every function takes parallel arrays of scored minutes only, label 1 inside the event. */
export interface RankMetrics {
  /** Average precision: sum over thresholds of precision times the recall gained there; tied scores are one threshold. */
  readonly prAuc: number;
  /** Area under the ROC curve (Mann-Whitney with ties as halves). */
  readonly rocAuc: number;
  /** Best F1 any threshold could have had: tells bad ranking from a bad threshold. */
  readonly oracleF1: number;
}

/** Counts at a threshold. */
export interface PointMetrics {
  readonly f1: number;
  readonly precision: number;
  readonly recall: number;
}

/** Ranking metrics; NaN when there is only one class. */
export function rankMetrics(scores: ArrayLike<number>, labels: ArrayLike<number>): RankMetrics {
  const order = Int32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => scores[b]! - scores[a]!,
  );
  let positives = 0;
  for (let i = 0; i < labels.length; i++) positives += labels[i]!;
  const negatives = labels.length - positives;
  if (positives === 0 || negatives === 0) return { prAuc: NaN, rocAuc: NaN, oracleF1: NaN };
  let truePositives = 0;
  let falsePositives = 0;
  let prAuc = 0;
  let rocSum = 0;
  let oracleF1 = 0;
  for (let i = 0; i < order.length;) {
    let tiedPositives = 0;
    let tied = 0;
    for (const score = scores[order[i]!]!; i < order.length && scores[order[i]!] === score; i++) {
      tiedPositives += labels[order[i]!]!;
      tied++;
    }
    const tiedNegatives = tied - tiedPositives;
    rocSum += tiedNegatives * (truePositives + tiedPositives / 2);
    truePositives += tiedPositives;
    falsePositives += tiedNegatives;
    prAuc += (tiedPositives / positives) * (truePositives / (truePositives + falsePositives));
    oracleF1 = Math.max(oracleF1, (2 * truePositives) / (truePositives + falsePositives + positives));
  }
  return { prAuc, rocAuc: rocSum / positives / negatives, oracleF1 };
}

/** Precision, recall and F1 of `score >= threshold`; precision and F1 are 0 where nothing is found. */
export function pointMetrics(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  threshold: number,
): PointMetrics {
  let truePositives = 0;
  let found = 0;
  let positives = 0;
  for (let i = 0; i < scores.length; i++) {
    const isFound = scores[i]! >= threshold;
    positives += labels[i]!;
    if (!isFound) continue;
    found++;
    truePositives += labels[i]!;
  }
  return {
    f1: found + positives === 0 ? 0 : (2 * truePositives) / (found + positives),
    precision: found === 0 ? 0 : truePositives / found,
    recall: positives === 0 ? 0 : truePositives / positives,
  };
}

/** F1 of `score >= threshold` for ascending thresholds, in one pass over the sorted scores. */
export function f1Curve(
  scores: Float64Array,
  labels: ArrayLike<number>,
  thresholds: Float64Array,
): Float64Array {
  const order = Int32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => scores[b]! - scores[a]!,
  );
  let positives = 0;
  for (let i = 0; i < labels.length; i++) positives += labels[i]!;
  const f1 = new Float64Array(thresholds.length);
  let found = 0;
  let truePositives = 0;
  for (let i = thresholds.length - 1; i >= 0; i--) {
    while (found < order.length && scores[order[found]!]! >= thresholds[i]!)
      truePositives += labels[order[found++]!]!;
    f1[i] = found + positives === 0 ? 0 : (2 * truePositives) / (found + positives);
  }
  return f1;
}

/** Middle of the values, mean of the two middle ones; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Mean of the values that are numbers; NaN of none. */
export function mean(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
