import { BgpError } from '#core/error.ts';
import type { RandomForest, TreeNode } from './random-forest.ts';

const LEAF = 255;
const NODE_BYTES = 5;
/** Deeper than any tree that is grown. */
const MAX_DEPTH = 64;

/**
 * The reference forest in preorder, little-endian, 5 bytes a node: column u8 (255: leaf), then the threshold or the leaf's share
 * f32. Only evaluation reads it; browsers do not.
 */
export function encodeRandomForest(forest: RandomForest): Uint8Array {
  const nodes: [number, number][] = [];
  const walk = (node: TreeNode): void => {
    if (!node.left || !node.right) return void nodes.push([LEAF, node.share]);
    nodes.push([node.column, node.threshold]);
    walk(node.left);
    walk(node.right);
  };
  for (const tree of forest) walk(tree);
  const bytes = new Uint8Array(nodes.length * NODE_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [i, [column, value]] of nodes.entries()) {
    view.setUint8(i * NODE_BYTES, column);
    view.setFloat32(i * NODE_BYTES + 1, value, true);
  }
  return bytes;
}

/** @throws {BgpError} MODEL_BAD */
export function decodeRandomForest(bytes: Uint8Array, width: number): RandomForest {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const read = (depth: number): TreeNode => {
    if (at + NODE_BYTES > bytes.length || depth > MAX_DEPTH) {
      throw new BgpError('MODEL_BAD', 'reference forest ends inside a tree');
    }
    const column = view.getUint8(at);
    const value = view.getFloat32(at + 1, true);
    at += NODE_BYTES;
    if (!Number.isFinite(value) || (column !== LEAF && column >= width)) {
      throw new BgpError('MODEL_BAD', 'reference forest: node');
    }
    if (column === LEAF) return { share: value, column: 0, threshold: 0, left: null, right: null };
    return { share: 0, column, threshold: value, left: read(depth + 1), right: read(depth + 1) };
  };
  const forest: TreeNode[] = [];
  while (at < bytes.length) forest.push(read(0));
  return forest;
}
