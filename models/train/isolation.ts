import type { TreeNode } from 'ml-isolation-forest';
import { IsolationForest as Grower } from 'ml-isolation-forest';
import type { IsolationForest } from '../../src/lib/ml/isolation.ts';
import { FOREST_LIMITS, LEAF, checkForest } from '../../src/lib/ml/isolation.ts';
import type { Random } from './random.ts';
import { sampleIndices } from './random.ts';

export interface GrowParams {
  readonly trees: number;
  /** Rows of each tree's subsample. */
  readonly rows: number;
}

/** 256 rows as in the paper; more trees than its 100, since scores are compared across streams. */
export const GROW_PARAMS: GrowParams = { trees: 200, rows: 256 };

/** Rows of a training set in one array. */
export interface RowTable {
  readonly width: number;
  readonly count: number;
  readonly values: Float32Array;
}

/**
 * Grow an isolation forest: one ml-isolation-forest tree per seeded subsample, exported to flat arrays. The library would grow
 * every tree on all rows, has no seed and keeps the rows in its leaves; its scores are not used (models/card.md).
 */
export function growForest(
  table: RowTable,
  random: Random,
  params: GrowParams = GROW_PARAMS,
): IsolationForest {
  const rows = Math.min(params.rows, table.count, FOREST_LIMITS.rows);
  const nodes: FlatNode[] = [];
  const starts = [0];
  for (let tree = 0; tree < params.trees; tree++) {
    const sample = Array.from(sampleIndices(table.count, rows, random), (row) =>
      Array.from(table.values.subarray(row * table.width, (row + 1) * table.width)),
    );
    flatten(growTree(sample, random), nodes, nodes.length);
    starts.push(nodes.length);
  }
  return checkForest({
    width: table.width,
    rows,
    starts: Uint32Array.from(starts),
    column: Uint8Array.from(nodes, (node) => node.column),
    threshold: Float32Array.from(nodes, (node) => node.threshold),
    right: Uint16Array.from(nodes, (node) => node.right),
    size: Uint8Array.from(nodes, (node) => node.size - 1),
  });
}

interface FlatNode {
  column: number;
  threshold: number;
  right: number;
  size: number;
}

/** The library takes its randomness from `Math.random`: lend it ours for the one call. */
function growTree(sample: number[][], random: Random): TreeNode {
  const own = Math.random;
  Math.random = random;
  try {
    const grower = new Grower({ nEstimators: 1 });
    grower.train(sample);
    return grower.forest[0]!;
  } finally {
    Math.random = own;
  }
}

/**
 * Append a tree in preorder. Splits that leave one side empty (the library splits constant columns too) separate nothing and are
 * passed over, so that they do not count as depth. @returns the number of rows below.
 */
function flatten(node: TreeNode, nodes: FlatNode[], start: number): number {
  const { left, right } = node;
  if (!left || !right) {
    const size = node.trainingSet?.length ?? 0;
    if (size > 0) nodes.push({ column: LEAF, threshold: 0, right: 0, size });
    return size;
  }
  if (isEmpty(left)) return flatten(right, nodes, start);
  if (isEmpty(right)) return flatten(left, nodes, start);
  const at = nodes.length;
  nodes.push({ column: node.splitColumn!, threshold: roundUp(node.splitValue!), right: 0, size: 0 });
  const leftSize = flatten(left, nodes, start);
  nodes[at]!.right = nodes.length - start;
  nodes[at]!.size = leftSize + flatten(right, nodes, start);
  return nodes[at]!.size;
}

function isEmpty(node: TreeNode): boolean {
  return node.trainingSet?.length === 0;
}

/** The smallest float32 not below a float64: `x < value` stays the same for every float32 x. */
function roundUp(value: number): number {
  const near = Math.fround(value);
  if (near >= value) return near;
  const bits = new DataView(new ArrayBuffer(4));
  bits.setFloat32(0, near);
  // The next float32 upwards; below zero that is the next smaller magnitude.
  bits.setInt32(0, bits.getInt32(0) + (near < 0 ? -1 : 1));
  return near === 0 ? 2 ** -149 : bits.getFloat32(0);
}
