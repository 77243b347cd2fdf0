import type { Random } from '../train/random.ts';
import { sampleIndices } from '../train/random.ts';
import type { LabelledRows } from '../train/rows.ts';

/** Breiman's random forest with histogram splits: the supervised reference row. */
const PARAMS = { trees: 60, bins: 64, maxDepth: 12, minLeafRows: 30, sampleShare: 0.2 } as const;

/** A split (with children) or a leaf. */
export interface TreeNode {
  /** Share of weight labelled, of a leaf. */
  readonly share: number;
  readonly column: number;
  readonly threshold: number;
  readonly left: TreeNode | null;
  readonly right: TreeNode | null;
}

/** A grown forest. */
export type RandomForest = readonly TreeNode[];

/** Everything a tree is grown from: values as bin numbers, and the upper edges of the bins. */
interface Binned {
  readonly rows: LabelledRows;
  readonly bins: Uint8Array;
  readonly edges: readonly Float32Array[];
}

/** Grow the forest; the same rows and random numbers give the same one. */
export function growRandomForest(rows: LabelledRows, random: Random): RandomForest {
  const binned = bin(rows);
  const taken = Math.ceil(rows.count * PARAMS.sampleShare);
  return Array.from({ length: PARAMS.trees }, () =>
    grow(binned, sampleIndices(rows.count, taken, random), 0, random),
  );
}

/** Mean share over the trees, 0..1. */
export function randomForestScore(forest: RandomForest, row: ArrayLike<number>, at: number): number {
  let sum = 0;
  for (let node of forest) {
    while (node.left && node.right) node = row[at + node.column]! <= node.threshold ? node.left : node.right;
    sum += node.share;
  }
  return sum / forest.length;
}

/** Bins of about equally many distinct values: edges are quantiles of a sample. */
function bin(rows: LabelledRows): Binned {
  const { width, count, values } = rows;
  const bins = new Uint8Array(values.length);
  const edges = Array.from({ length: width }, (_, column) => {
    const step = Math.max(1, Math.floor(count / 20_000));
    const sample: number[] = [];
    for (let row = 0; row < count; row += step) sample.push(values[row * width + column]!);
    const distinct = [...new Set(sample)].sort((a, b) => a - b);
    const wanted = Math.min(PARAMS.bins - 1, distinct.length - 1);
    const cut = Array.from(
      { length: wanted },
      (_, i) => distinct[Math.floor(((i + 1) * distinct.length) / (wanted + 1)) - 1]!,
    );
    return Float32Array.from(new Set(cut));
  });
  for (let i = 0; i < values.length; i++) {
    const of = edges[i % width]!;
    let low = 0;
    let high = of.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (of[middle]! < values[i]!) low = middle + 1;
      else high = middle;
    }
    bins[i] = low;
  }
  return { rows, bins, edges };
}

function grow(binned: Binned, indices: Uint32Array, depth: number, random: Random): TreeNode {
  const { labels, weights, width } = binned.rows;
  let total = 0;
  let positive = 0;
  for (const row of indices) {
    total += weights[row]!;
    positive += weights[row]! * labels[row]!;
  }
  const leaf = {
    share: total > 0 ? Math.fround(positive / total) : 0,
    column: 0,
    threshold: 0,
    left: null,
    right: null,
  };
  const isPure = positive <= 0 || positive >= total;
  if (isPure || depth >= PARAMS.maxDepth || indices.length < 2 * PARAMS.minLeafRows) return leaf;
  const columns = sampleIndices(width, Math.round(Math.sqrt(width)), random);
  const split = bestSplit(binned, indices, columns, total, positive);
  if (!split) return leaf;
  const goesLeft = (row: number): boolean => binned.bins[row * width + split.column]! <= split.bin;
  return {
    ...leaf,
    column: split.column,
    threshold: binned.edges[split.column]![split.bin]!,
    left: grow(binned, indices.filter(goesLeft), depth + 1, random),
    right: grow(
      binned,
      indices.filter((row) => !goesLeft(row)),
      depth + 1,
      random,
    ),
  };
}

/** The split with the least Gini impurity, weighted. */
function bestSplit(
  { rows, bins, edges }: Binned,
  indices: Uint32Array,
  columns: Uint32Array,
  total: number,
  positive: number,
): { column: number; bin: number } | null {
  const gini = (all: number, of: number): number => (all > 0 ? (of * (all - of)) / all : 0);
  let best: { column: number; bin: number } | null = null;
  let least = gini(total, positive) - 1e-12;
  const counts = new Float64Array(PARAMS.bins);
  const totals = new Float64Array(PARAMS.bins);
  const positives = new Float64Array(PARAMS.bins);
  for (const column of columns) {
    counts.fill(0);
    totals.fill(0);
    positives.fill(0);
    for (const row of indices) {
      const at = bins[row * rows.width + column]!;
      counts[at]!++;
      totals[at]! += rows.weights[row]!;
      positives[at]! += rows.weights[row]! * rows.labels[row]!;
    }
    let [count, all, of] = [0, 0, 0];
    for (let at = 0; at < edges[column]!.length; at++) {
      count += counts[at]!;
      all += totals[at]!;
      of += positives[at]!;
      if (count < PARAMS.minLeafRows || indices.length - count < PARAMS.minLeafRows) continue;
      const impurity = gini(all, of) + gini(total - all, positive - of);
      if (impurity >= least) continue;
      least = impurity;
      best = { column, bin: at };
    }
  }
  return best;
}
