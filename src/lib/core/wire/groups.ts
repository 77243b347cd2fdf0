import type { ElemBatch } from '../elem/batch.ts';
import { ELEM_FLAG, KIND, NONE } from '../elem/batch.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { decodeColumn, encodeColumn, FreshDecoder, FreshEncoder } from './columns.ts';

/**
 * The per-elem columns (docs/wire.md §6.6). Elems of a message differ in little but their prefix, so every column but
 * the prefix is written once per group: a run of elems that share all of it, of which only the head may begin a message.
 */

/** The columns of a batch that hold one entry per elem. */
export type ElemColumns = Pick<
  ElemBatch,
  'length' | 'timeUs' | 'kind' | 'flags' | 'vantage' | 'prefix' | 'attrs' | 'pathId' | 'labels' | 'state'
>;

/** Lengths of the tables the elem columns point into. */
export interface TableLengths {
  readonly vantages: number;
  readonly prefixes: number;
  readonly attrSets: number;
  readonly labelStacks: number;
}

/** Positions at which a group starts, and `batch.length` as the last entry. */
function groupStarts(batch: ElemBatch): Uint32Array {
  const { length, timeUs, kind, flags, vantage, attrs, pathId, labels, state } = batch;
  const starts = new Uint32Array(length + 1);
  let groups = 0;
  for (let i = 0; i < length; i++) {
    const p = i - 1;
    const isSame =
      i > 0 &&
      timeUs[i] === timeUs[p] &&
      vantage[i] === vantage[p] &&
      attrs[i] === attrs[p] &&
      kind[i] === kind[p] &&
      flags[i] === (flags[p]! & ~ELEM_FLAG.first) &&
      pathId[i] === pathId[p] &&
      labels[i] === labels[p] &&
      state[i] === state[p];
    if (!isSame) starts[groups++] = i;
  }
  starts[groups] = length;
  return starts.subarray(0, groups + 1);
}

function heads(column: ArrayLike<number>, starts: Uint32Array): Uint32Array {
  const values = new Uint32Array(starts.length - 1);
  for (let g = 0; g < values.length; g++) values[g] = column[starts[g]!]!;
  return values;
}

export function encodeElems(writer: ByteWriter, batch: ElemBatch): void {
  writer.varint(batch.length);
  if (batch.length === 0) return;
  const starts = groupStarts(batch);
  const groups = starts.length - 1;
  writer.varint(groups);
  const sizes = new Uint32Array(groups);
  for (let g = 0; g < groups; g++) sizes[g] = starts[g + 1]! - starts[g]! - 1;
  encodeColumn(writer, sizes, groups);
  encodeColumn(writer, heads(batch.kind, starts), groups);
  encodeColumn(writer, heads(batch.flags, starts), groups);
  encodeTimes(writer, batch.timeUs, starts);
  encodeColumn(writer, fresh(heads(batch.vantage, starts)), groups);
  encodeColumn(writer, heads(batch.pathId, starts), groups);
  encodeColumn(writer, fresh(heads(batch.labels, starts)), groups);
  encodeColumn(writer, heads(batch.state, starts), groups);
  encodeAttrIndexes(writer, batch, starts);
  encodePrefixIndexes(writer, batch);
}

function fresh(indexes: Uint32Array): Uint32Array {
  const encoder = new FreshEncoder();
  return indexes.map((index) => encoder.code(index));
}

/** First time, the greatest common divisor of the steps, then each step in that unit, zigzag. */
function encodeTimes(writer: ByteWriter, timeUs: Float64Array, starts: Uint32Array): void {
  const groups = starts.length - 1;
  let unit = 0;
  for (let g = 1; g < groups; g++) unit = gcd(Math.abs(timeUs[starts[g]!]! - timeUs[starts[g - 1]!]!), unit);
  writer.varint53(timeUs[0]!);
  writer.varint53(unit);
  for (let g = 1; unit !== 0 && g < groups; g++) {
    const step = (timeUs[starts[g]!]! - timeUs[starts[g - 1]!]!) / unit;
    writer.varint53(step < 0 ? -step * 2 - 1 : step * 2);
  }
}

function gcd(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

/** Whether elems of this kind carry attributes. */
function isRoute(kind: number): boolean {
  return kind === KIND.announce || kind === KIND.rib;
}

/** One per group of routes. */
function encodeAttrIndexes(writer: ByteWriter, { kind, attrs }: ElemBatch, starts: Uint32Array): void {
  const encoder = new FreshEncoder();
  for (let g = 0; g + 1 < starts.length; g++) {
    const i = starts[g]!;
    if (isRoute(kind[i]!)) writer.varint(encoder.code(attrs[i]!));
  }
}

/** One per elem. A state change, which has no prefix, writes 0 all the same: so bytes bound the number of elems. */
function encodePrefixIndexes(writer: ByteWriter, { kind, prefix, length }: ElemBatch): void {
  const encoder = new FreshEncoder();
  for (let i = 0; i < length; i++) writer.varint(kind[i] === KIND.state ? 0 : encoder.code(prefix[i]!));
}

/** @param maxElems most elems allowed */
export function decodeElems(reader: ByteReader, tables: TableLengths, maxElems: number): ElemColumns {
  const length = reader.count(maxElems, 'elems');
  const columns = emptyColumns(length);
  if (length === 0) return columns;
  const groups = reader.count(length, 'groups');
  const sizes = decodeColumn(reader, new Uint32Array(groups), length);
  const starts = startsOf(reader, sizes, length);
  const u8 = (max: number): Uint8Array => decodeColumn(reader, new Uint8Array(groups), max);
  const u32 = (max: number): Uint32Array => decodeColumn(reader, new Uint32Array(groups), max);
  spread(columns.kind, u8(KIND.rib), starts);
  const flags = u8(0xff);
  spread(columns.flags, flags, starts);
  for (let g = 0; g < groups; g++) {
    columns.flags.fill(flags[g]! & ~ELEM_FLAG.first, starts[g]! + 1, starts[g + 1]);
  }
  spread(columns.timeUs, decodeTimes(reader, groups), starts);
  spread(columns.vantage, fromFresh(reader, u32(0xffff_ffff), tables.vantages), starts);
  spread(columns.pathId, u32(0xffff_ffff), starts);
  spread(columns.labels, fromFresh(reader, u32(0xffff_ffff), tables.labelStacks), starts);
  spread(columns.state, u32(0xffff), starts);
  spread(columns.attrs, decodeAttrIndexes(reader, columns.kind, starts, tables.attrSets), starts);
  decodePrefixIndexes(reader, columns, tables.prefixes);
  return columns;
}

function emptyColumns(length: number): ElemColumns {
  return {
    length,
    timeUs: new Float64Array(length),
    kind: new Uint8Array(length),
    flags: new Uint8Array(length),
    vantage: new Uint32Array(length),
    prefix: new Uint32Array(length),
    attrs: new Uint32Array(length),
    pathId: new Uint32Array(length),
    labels: new Uint32Array(length),
    state: new Uint16Array(length),
  };
}

function startsOf(reader: ByteReader, sizes: Uint32Array, length: number): Uint32Array {
  const starts = new Uint32Array(sizes.length + 1);
  let at = 0;
  for (let g = 0; g < sizes.length; g++) {
    starts[g] = at;
    at += sizes[g]! + 1;
  }
  starts[sizes.length] = at;
  if (at !== length) throw reader.error(`groups hold ${at} elems of ${length}`);
  return starts;
}

function spread(
  column: { fill(value: number, from: number, to: number): unknown },
  values: ArrayLike<number>,
  starts: Uint32Array,
): void {
  for (let g = 0; g + 1 < starts.length; g++) column.fill(values[g]!, starts[g]!, starts[g + 1]!);
}

function fromFresh(reader: ByteReader, codes: Uint32Array, tableLength: number): Uint32Array {
  const decoder = new FreshDecoder(reader, tableLength);
  for (let i = 0; i < codes.length; i++) codes[i] = decoder.index(codes[i]!);
  return codes;
}

function decodeTimes(reader: ByteReader, groups: number): Float64Array {
  const times = new Float64Array(groups);
  let time = reader.varint53();
  const unit = reader.varint53();
  times[0] = time;
  for (let g = 1; g < groups; g++) {
    if (unit !== 0) {
      const code = reader.varint53();
      time += (code % 2 === 0 ? code / 2 : -(code + 1) / 2) * unit;
      if (!(time >= 0 && time <= Number.MAX_SAFE_INTEGER)) throw reader.error(`time ${time}`);
    }
    times[g] = time;
  }
  return times;
}

function decodeAttrIndexes(
  reader: ByteReader,
  kind: Uint8Array,
  starts: Uint32Array,
  tableLength: number,
): Uint32Array {
  const attrs = new Uint32Array(starts.length - 1).fill(NONE);
  const decoder = new FreshDecoder(reader, tableLength);
  for (let g = 0; g < attrs.length; g++) {
    if (isRoute(kind[starts[g]!]!)) attrs[g] = decoder.index(reader.varint());
  }
  return attrs;
}

function decodePrefixIndexes(reader: ByteReader, columns: ElemColumns, tableLength: number): void {
  const { kind, prefix, length } = columns;
  const decoder = new FreshDecoder(reader, tableLength);
  for (let i = 0; i < length; i++) {
    const code = reader.varint();
    if (kind[i] !== KIND.state) prefix[i] = decoder.index(code);
    else if (code === 0) prefix[i] = NONE;
    else throw reader.error('state change with a prefix');
  }
}
