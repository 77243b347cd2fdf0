import type { RecordBatch, Schema } from 'apache-arrow';
import { DataType } from 'apache-arrow';

/** What a value of a column is for people. `time` and `day`: Unix microseconds. `list` and what else has parts come as text. */
export type ColumnKind = 'time' | 'day' | 'number' | 'text' | 'bool' | 'list';

export type CellValue = string | number | boolean | null;

export interface ResultColumn {
  readonly name: string;
  /** DuckDB's or Arrow's name of the type. */
  readonly type: string;
  readonly kind: ColumnKind;
  readonly values: CellValue[];
}

/** Empty columns for a schema. */
export function columnsOf(schema: Schema): ResultColumn[] {
  return schema.fields.map(({ name, type }) => ({
    name,
    type: String(type),
    kind: kindOf(type as DataType),
    values: [],
  }));
}

function kindOf(type: DataType): ColumnKind {
  if (DataType.isDictionary(type)) return kindOf(type.dictionary as DataType);
  if (DataType.isTimestamp(type)) return 'time';
  if (DataType.isDate(type)) return 'day';
  if (DataType.isInt(type) || DataType.isFloat(type) || DataType.isDecimal(type)) return 'number';
  if (DataType.isBool(type)) return 'bool';
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return 'text';
  return 'list';
}

/** Append the first `rows` rows of a record batch. */
export function appendRows(columns: readonly ResultColumn[], batch: RecordBatch, rows: number): void {
  for (const [i, column] of columns.entries()) {
    const read = readerOf(batch.getChildAt(i)!);
    for (let row = 0; row < rows; row++) column.values.push(read(row));
  }
}

type Reader = (row: number) => CellValue;
type Child = NonNullable<ReturnType<RecordBatch['getChildAt']>>;

function readerOf(vector: Child): Reader {
  const type = vector.type as DataType;
  const nullable =
    (read: Reader): Reader =>
    (row) =>
      vector.isValid(row) ? read(row) : null;
  if (DataType.isTimestamp(type)) return nullable(timestampReader(vector, type.unit));
  if (DataType.isDate(type)) return nullable((row) => Number(vector.get(row)) * 1000);
  if (DataType.isDecimal(type)) {
    return nullable((row) => decimal(vector.get(row) as Uint32Array, type.scale));
  }
  return nullable((row) => plain(vector.get(row)));
}

const US_PER_UNIT = [1e6, 1e3, 1, 1e-3] as const;

/** Arrow's own getter gives milliseconds; the raw values keep the microseconds. */
function timestampReader(vector: Child, unit: number): Reader {
  const { data } = vector;
  const factor = US_PER_UNIT[unit] ?? 1;
  if (data.length === 1) {
    const values = data[0]!.values as unknown as BigInt64Array;
    return (row) => Math.floor(Number(values[row]) * factor);
  }
  return (row) => Math.round(Number(vector.get(row)) * 1000);
}

/** A decimal's 128-bit little-endian words as a number, or as text where a number would not be exact. */
export function decimal(words: Uint32Array, scale: number): number | string {
  let value = 0n;
  for (let i = words.length - 1; i >= 0; i--) value = (value << 32n) | BigInt(words[i]!);
  value = BigInt.asIntN(words.length * 32, value);
  if (scale === 0) return exact(value);
  return Number(value) / 10 ** scale;
}

function exact(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function plain(value: unknown): CellValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') return exact(value);
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value;
  return JSON.stringify(parts(value), (_key, part: unknown) =>
    typeof part === 'bigint' ? exact(part) : part,
  );
}

/** Lists and structs of Arrow as arrays and objects. */
function parts(value: unknown): unknown {
  if (value instanceof Uint8Array)
    return [...value].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return [...(value as unknown as Iterable<unknown>)];
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return parts((value.toJSON as () => unknown)());
  if (Array.isArray(value)) return value.map(parts);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, parts(part)]));
}
