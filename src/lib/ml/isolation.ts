import { BgpError } from '#core/error.ts';

/** Euler's constant. */
const EULER_GAMMA = 0.5772156649015329;
/** `column` of a leaf. */
export const LEAF = 255;
/** Most columns, rows a tree may be grown on, nodes of all trees and trees. */
export const FOREST_LIMITS = { columns: 254, rows: 256, nodes: 200_000, trees: 4096 } as const;

/**
 * An isolation forest as flat arrays. Nodes of a tree stand in preorder: an inner node's left child is the next node, `right` is
 * the index of its right child within the tree. A row goes left when `row[column] < threshold`.
 */
export interface IsolationForest {
  /** Columns a row must have. */
  readonly width: number;
  /** Rows each tree was grown on. */
  readonly rows: number;
  /** Where trees begin in the node arrays, and the end: trees + 1 entries. */
  readonly starts: Uint32Array;
  /** Per node: the column it splits, or `LEAF`. */
  readonly column: Uint8Array;
  readonly threshold: Float32Array;
  readonly right: Uint16Array;
  /** Per node: training rows that came through it, less one. */
  readonly size: Uint8Array;
}

/**
 * Average path length of an unsuccessful search in a binary search tree of n keys: what isolating one of n rows takes on average.
 * Liu, Ting, Zhou, "Isolation Forest" (ICDM 2008), equation 1, with H(i) = ln(i) + Euler's constant.
 */
export function averagePathLength(n: number): number {
  if (n <= 1) return 0;
  if (n === 2) return 1;
  return 2 * (Math.log(n - 1) + EULER_GAMMA) - (2 * (n - 1)) / n;
}

const PATH_LENGTHS = Float64Array.from({ length: FOREST_LIMITS.rows + 1 }, (_, n) => averagePathLength(n));

/** Anomaly score of a row, 0..1: 2^(-E[h] / c(rows)), ibid. equation 2. Half is average; near 1 is isolated at once. */
export function isolationScore(forest: IsolationForest, row: ArrayLike<number>, at = 0): number {
  const trees = forest.starts.length - 1;
  let sum = 0;
  for (let tree = 0; tree < trees; tree++) sum += pathLength(forest, tree, row, at);
  return 2 ** (-sum / trees / PATH_LENGTHS[forest.rows]!);
}

function pathLength(forest: IsolationForest, tree: number, row: ArrayLike<number>, at: number): number {
  const { column, threshold, right, size } = forest;
  const start = forest.starts[tree]!;
  let node = start;
  let depth = 0;
  for (; column[node] !== LEAF; depth++) {
    node = row[at + column[node]!]! < threshold[node]! ? node + 1 : start + right[node]!;
  }
  return depth + PATH_LENGTHS[size[node]! + 1]!;
}

/**
 * What each column contributed to a row's score, in mean path length saved: at every split the expected path length that remains
 * drops from c(n) to 1 + c(n of the child taken), and the split's column gets the difference. The entries sum to
 * c(rows) - E[h]: positive where the column made the row easier to isolate.
 */
export function isolationContributions(
  forest: IsolationForest,
  row: ArrayLike<number>,
  at = 0,
): Float64Array {
  const { column, threshold, right, size } = forest;
  const trees = forest.starts.length - 1;
  const saved = new Float64Array(forest.width);
  for (let tree = 0; tree < trees; tree++) {
    const start = forest.starts[tree]!;
    let node = start;
    while (column[node] !== LEAF) {
      const split = column[node]!;
      const before = PATH_LENGTHS[size[node]! + 1]!;
      node = row[at + split]! < threshold[node]! ? node + 1 : start + right[node]!;
      saved[split]! += (before - 1 - PATH_LENGTHS[size[node]! + 1]!) / trees;
    }
  }
  return saved;
}

/**
 * Check that walking the arrays ends and stays inside them, whatever they came from.
 * @throws {BgpError} MODEL_BAD
 */
export function checkForest(forest: IsolationForest): IsolationForest {
  const { width, rows, starts, column, threshold, right, size } = forest;
  const nodes = column.length;
  const bad = (why: string): BgpError => new BgpError('MODEL_BAD', `forest: ${why}`);
  if (!(width >= 1 && width <= FOREST_LIMITS.columns)) throw bad(`${width} columns`);
  if (!(rows >= 2 && rows <= FOREST_LIMITS.rows)) throw bad(`grown on ${rows} rows`);
  if (starts.length < 2 || starts.length > FOREST_LIMITS.trees + 1) throw bad(`${starts.length - 1} trees`);
  if (nodes > FOREST_LIMITS.nodes) throw bad(`${nodes} nodes`);
  if (threshold.length !== nodes || right.length !== nodes || size.length !== nodes)
    throw bad('lengths differ');
  if (starts[0] !== 0 || starts.at(-1) !== nodes) throw bad('trees do not fill the nodes');
  for (let tree = 0; tree + 1 < starts.length; tree++) {
    const start = starts[tree]!;
    const end = starts[tree + 1]!;
    if (end <= start || size[start]! + 1 > rows) throw bad(`tree ${tree}`);
    for (let node = start; node < end; node++) {
      if (column[node] === LEAF) continue;
      // Children come after their parent, so that every walk ends.
      const isInside = node + 1 < end && start + right[node]! > node + 1 && start + right[node]! < end;
      if (column[node]! >= width || !isInside || !Number.isFinite(threshold[node]!))
        throw bad(`node ${node}`);
    }
  }
  return forest;
}
