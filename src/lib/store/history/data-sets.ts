import type { Engine, Writer } from './engine.ts';
import { ELEM_COLUMNS, literal, NEEDED_COLUMNS } from './schema.ts';

/** A data set as the database lists it. */
export interface DataSetRow {
  readonly id: string;
  /** What it is a copy of, the same on every device where it can be had again. */
  readonly key: string;
  readonly kind: 'replay' | 'file' | 'relay';
  readonly name: string;
  readonly elems: number;
  readonly bytes: number;
  readonly fromUs: number | null;
  readonly toUs: number | null;
  readonly loadedMs: number;
  readonly hasIncidents: boolean;
  readonly isComplete: boolean;
  readonly missing: readonly string[];
}

const number = (value: unknown): number => Number(value ?? 0);
const orNull = (value: unknown): number | null =>
  value === null || value === undefined ? null : Number(value);

/** Newest first. */
export async function listDataSets(engine: Pick<Engine, 'rows'>): Promise<DataSetRow[]> {
  const rows = await engine.rows('SELECT * FROM data_sets ORDER BY loaded_ms DESC, id DESC');
  return rows.map((row) => ({
    id: String(row['id']),
    key: String(row['key']),
    kind: String(row['kind']) as DataSetRow['kind'],
    name: String(row['name']),
    elems: number(row['elems']),
    bytes: number(row['bytes']),
    fromUs: orNull(row['from_us']),
    toUs: orNull(row['to_us']),
    loadedMs: number(row['loaded_ms']),
    hasIncidents: row['has_incidents'] === true,
    isComplete: row['is_complete'] === true,
    missing: String(row['missing'] ?? '')
      .split(' ')
      .filter(Boolean),
  }));
}

/** What the recording holds. `oldestMs`: when the oldest of it was recorded, Unix ms. */
export interface RecordingStock {
  readonly elems: number;
  readonly fromUs: number | null;
  readonly toUs: number | null;
  readonly oldestMs: number | null;
}

export async function recordingStock(engine: Pick<Engine, 'rows'>): Promise<RecordingStock> {
  const [row] = await engine.rows(
    `SELECT count(*)::DOUBLE AS elems, epoch_us(min(time))::DOUBLE AS first, epoch_us(max(time))::DOUBLE AS last, epoch_ms(min(recorded))::DOUBLE AS oldest FROM recording_elems`,
  );
  return {
    elems: number(row?.['elems']),
    fromUs: orNull(row?.['first']),
    toUs: orNull(row?.['last']),
    oldestMs: orNull(row?.['oldest']),
  };
}

/** Bytes in use by the database: blocks of its file that hold something, or memory where there is no file. */
export async function usedBytes(engine: Pick<Engine, 'rows'>): Promise<number> {
  const [row] = await engine.rows(
    `SELECT sum(used_blocks * block_size)::DOUBLE AS file, (SELECT sum(memory_usage_bytes)::DOUBLE FROM duckdb_memory()) AS memory FROM pragma_database_size()`,
  );
  return number(row?.['file']) || number(row?.['memory']);
}

/** Note that a data set is being loaded. */
export async function beginDataSet(
  writer: Writer,
  { id, key, kind, name, loadedMs }: Pick<DataSetRow, 'id' | 'key' | 'kind' | 'name' | 'loadedMs'>,
): Promise<void> {
  await writer.run(
    `INSERT INTO data_sets VALUES ('${id}', ${literal(key)}, '${kind}', ${literal(name)}, 0, 0, NULL, NULL, ${Math.floor(loadedMs)}, false, false, '')`,
  );
}

/** Write down what a data set has become. */
export async function completeDataSet(
  writer: Writer,
  id: string,
  { bytes, hasIncidents, isComplete }: Pick<DataSetRow, 'bytes' | 'hasIncidents' | 'isComplete'>,
): Promise<void> {
  const columns = await columnsOf(writer, `${id}_elems`);
  const missing = NEEDED_COLUMNS.filter((name) => !columns.has(name));
  const time = columns.has('time') ? 'time' : 'NULL::TIMESTAMP';
  const [row] = await writer.rows(
    `SELECT count(*)::BIGINT AS elems, epoch_us(min(${time})) AS first, epoch_us(max(${time})) AS last FROM ${id}_elems`,
  );
  const value = (name: string): string => String(row?.[name] ?? 'NULL');
  await writer.run(
    `UPDATE data_sets SET elems = ${value('elems')}, from_us = ${value('first')}, to_us = ${value('last')},
     bytes = ${Math.round(bytes)}, has_incidents = ${hasIncidents}, is_complete = ${isComplete}, missing = '${missing.join(' ')}' WHERE id = '${id}'`,
  );
}

async function columnsOf(writer: Writer, table: string): Promise<Map<string, string>> {
  const rows = await writer.rows(
    `SELECT column_name AS name, data_type AS type FROM duckdb_columns() WHERE table_name = '${table}' ORDER BY column_index`,
  );
  return new Map(rows.map((row) => [String(row['name']), String(row['type'])]));
}

/**
 * Make `<id>_elems` out of `<id>_stage`: columns named like an elem's get an elem's types, and columns of text that hold
 * nothing but numbers become numbers (a CSV file has no types).
 */
export async function typeStage(writer: Writer, id: string, isText: boolean): Promise<void> {
  const columns = await columnsOf(writer, `${id}_stage`);
  const wanted = new Map<string, string>(ELEM_COLUMNS);
  const replaced: string[] = [];
  for (const [name, type] of columns) {
    const quoted = `"${name.replaceAll('"', '""')}"`;
    const elemType = wanted.get(name);
    if (elemType !== undefined && elemType !== type) {
      // Text of ours says UTC with a Z, which TIMESTAMP does not take as a zone.
      const value = elemType === 'TIMESTAMP' && type === 'VARCHAR' ? `rtrim(${quoted}, 'Z')` : quoted;
      replaced.push(`CAST(${value} AS ${elemType}) AS ${quoted}`);
    } else if (elemType === undefined && isText && (await isNumeric(writer, `${id}_stage`, quoted))) {
      replaced.push(`CAST(${quoted} AS DOUBLE) AS ${quoted}`);
    }
  }
  const replace = replaced.length === 0 ? '' : ` REPLACE (${replaced.join(', ')})`;
  await writer.run(`CREATE TABLE ${id}_elems AS SELECT *${replace} FROM ${id}_stage`);
  await writer.run(`DROP TABLE ${id}_stage`);
}

async function isNumeric(writer: Writer, table: string, column: string): Promise<boolean> {
  const [row] = await writer.rows(
    `SELECT count(*) > 0 AND count(*) = count(TRY_CAST(${column} AS DOUBLE)) AS is_numeric FROM ${table} WHERE ${column} IS NOT NULL`,
  );
  return row?.['is_numeric'] === true;
}
