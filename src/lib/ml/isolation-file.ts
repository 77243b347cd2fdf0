import { BgpError } from '#core/error.ts';
import type { IsolationForest } from './isolation.ts';
import { FOREST_LIMITS, checkForest } from './isolation.ts';

/** `RSIF`, little-endian. */
const MAGIC = 0x4649_5352;
const FORMAT = 1;
const HEADER_BYTES = 16;

/**
 * Isolation forest file, little-endian:
 *
 *     0: magic u32   4: format u16   6: width u16   8: rows u16   10: trees u16   12: nodes u32
 *    16: starts u32 x (trees + 1)   then, per node, threshold f32[], right u16[], column u8[], size u8[]
 */
export function encodeForest(forest: IsolationForest): Uint8Array<ArrayBuffer> {
  const { starts, threshold, right, column, size } = forest;
  const bytes = new Uint8Array(forestBytes(starts.length - 1, column.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, FORMAT, true);
  view.setUint16(6, forest.width, true);
  view.setUint16(8, forest.rows, true);
  view.setUint16(10, starts.length - 1, true);
  view.setUint32(12, column.length, true);
  let at = HEADER_BYTES;
  for (const start of starts) view.setUint32((at += 4) - 4, start, true);
  for (const value of threshold) view.setFloat32((at += 4) - 4, value, true);
  for (const index of right) view.setUint16((at += 2) - 2, index, true);
  bytes.set(column, at);
  bytes.set(size, at + column.length);
  return bytes;
}

/** Read a forest and check it. @throws {BgpError} MODEL_BAD, MODEL_VERSION */
export function decodeForest(bytes: Uint8Array): IsolationForest {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES || view.getUint32(0, true) !== MAGIC) {
    throw new BgpError('MODEL_BAD', 'not a forest file');
  }
  const format = view.getUint16(4, true);
  if (format !== FORMAT) throw new BgpError('MODEL_VERSION', `forest format ${format}, ours is ${FORMAT}`);
  const trees = view.getUint16(10, true);
  const nodes = view.getUint32(12, true);
  if (
    trees > FOREST_LIMITS.trees ||
    nodes > FOREST_LIMITS.nodes ||
    bytes.length !== forestBytes(trees, nodes)
  ) {
    throw new BgpError('MODEL_BAD', `forest: ${trees} trees, ${nodes} nodes in ${bytes.length} bytes`);
  }
  let at = HEADER_BYTES;
  const starts = Uint32Array.from({ length: trees + 1 }, () => view.getUint32((at += 4) - 4, true));
  const threshold = Float32Array.from({ length: nodes }, () => view.getFloat32((at += 4) - 4, true));
  const right = Uint16Array.from({ length: nodes }, () => view.getUint16((at += 2) - 2, true));
  return checkForest({
    width: view.getUint16(6, true),
    rows: view.getUint16(8, true),
    starts,
    threshold,
    right,
    column: bytes.slice(at, at + nodes),
    size: bytes.slice(at + nodes, at + 2 * nodes),
  });
}

function forestBytes(trees: number, nodes: number): number {
  return HEADER_BYTES + 4 * (trees + 1) + 8 * nodes;
}
