import { pipeline, Readable } from 'node:stream';
import type { DataType, Data } from 'apache-arrow';
import {
  Bool,
  Field,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMicrosecond,
  Uint32,
  Uint8,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import type { ElemBatch } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import type { CellValue, SliceColumn } from './columns.ts';
import { SLICE_COLUMNS, sliceColumns } from './columns.ts';

const TYPES: Readonly<Record<SliceColumn['type'], DataType>> = {
  time: new TimestampMicrosecond(),
  text: new Utf8(),
  u8: new Uint8(),
  u32: new Uint32(),
  bool: new Bool(),
};

/** Batches as an Arrow IPC stream, one record batch each; `metadata` goes into the schema. */
export function arrowStream(
  batches: AsyncIterable<ElemBatch>,
  metadata: Readonly<Record<string, string>>,
): Readable {
  const fields = SLICE_COLUMNS.map(({ name, type }) => new Field(name, TYPES[type], true));
  const schema = new Schema(fields, new Map(Object.entries(metadata)));
  const writer = RecordBatchStreamWriter.throughNode({
    writableObjectMode: true,
    writableHighWaterMark: 2,
    autoDestroy: true,
  });
  // The reader of the stream gets the error; there is nobody to tell here.
  pipeline(Readable.from(recordBatches(schema, batches), { highWaterMark: 2 }), writer, () => undefined);
  return writer;
}

async function* recordBatches(
  schema: Schema,
  batches: AsyncIterable<ElemBatch>,
): AsyncGenerator<RecordBatch, void, undefined> {
  // Even a slice without a row says what its columns are.
  yield recordBatch(schema, new BatchBuilder(1).take());
  for await (const batch of batches) yield recordBatch(schema, batch);
}

function recordBatch(schema: Schema, batch: ElemBatch): RecordBatch {
  const children = sliceColumns(batch).map((cells, c) => columnData(cells, TYPES[SLICE_COLUMNS[c]!.type]));
  const type = new Struct(schema.fields);
  return new RecordBatch(schema, makeData({ type, length: batch.length, nullCount: 0, children }));
}

function columnData(cells: readonly CellValue[], type: DataType): Data {
  if (type instanceof TimestampMicrosecond) {
    // The library's own conversion starts from milliseconds and loses the rest.
    const data = BigInt64Array.from(cells as number[], BigInt);
    return makeData({ type, length: cells.length, nullCount: 0, data });
  }
  return vectorFromArray(cells, type).data[0] ?? makeData({ type, length: 0, nullCount: 0 });
}
