import type { RecordBatch, Schema } from 'apache-arrow';
import { RecordBatchStreamWriter, Table, tableToIPC } from 'apache-arrow';
import { BgpError } from '#core/error.ts';
import { encodeCsvHeader, encodeCsvRows } from '../lib/store/history/csv.ts';
import { arrowToParquet } from '../lib/store/history/parquet.ts';
import { appendRows, columnsOf } from '../lib/store/history/result.ts';
import type { ExportedFile, ExportFormat, HistoryQuery } from './api-history.ts';
import type { Queries } from './history-query.ts';

/** The most one file may hold, bytes of Arrow or of CSV. */
const MAX_BYTES = 512 * 1024 * 1024;
const EXPORT_TIMEOUT_MS = 600_000;
const TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv',
  parquet: 'application/vnd.apache.parquet',
  arrow: 'application/vnd.apache.arrow.file',
};

/** The whole result of a query as a file. @throws {BgpError} as queries do, and SQL_TOO_LARGE over `MAX_BYTES` */
export async function exportQuery(
  queries: Queries,
  query: HistoryQuery,
  views: readonly string[],
  format: ExportFormat,
): Promise<ExportedFile> {
  const whole = { ...query, timeoutMs: query.timeoutMs ?? EXPORT_TIMEOUT_MS };
  const sink = format === 'csv' ? new CsvSink() : new ArrowSink();
  let rows = 0;
  await queries.run(whole, views, {
    onSchema: (schema) => sink.begin(schema),
    onBatch: (batch) => {
      rows += batch.numRows;
      sink.add(batch);
      if (sink.bytes <= MAX_BYTES) return true;
      throw new BgpError('SQL_TOO_LARGE', `over ${MAX_BYTES / 1048576} MiB: narrow the query`);
    },
  });
  const parts = sink instanceof CsvSink ? sink.parts : [await sink.take(format as 'parquet' | 'arrow')];
  const blob = new Blob(parts, { type: TYPES[format] });
  return { ok: true, name: `routescope-history.${format}`, blob, rows };
}

class CsvSink {
  readonly parts: string[] = [];
  bytes = 0;
  #schema: Schema | null = null;

  begin(schema: Schema): void {
    this.#schema = schema;
    this.#push(encodeCsvHeader(columnsOf(schema)));
  }

  add(batch: RecordBatch): void {
    const columns = columnsOf(this.#schema!);
    appendRows(columns, batch, batch.numRows);
    this.#push(encodeCsvRows(columns));
  }

  #push(text: string): void {
    this.parts.push(text);
    this.bytes += text.length;
  }
}

class ArrowSink {
  readonly #batches: RecordBatch[] = [];
  #schema: Schema | null = null;
  bytes = 0;

  begin(schema: Schema): void {
    this.#schema = schema;
  }

  add(batch: RecordBatch): void {
    this.#batches.push(batch);
    this.bytes += batch.data.byteLength;
  }

  /** Arrow as a file, which readers can seek in; Parquet is made from a stream. */
  async take(format: 'parquet' | 'arrow'): Promise<Uint8Array<ArrayBuffer>> {
    const table = new Table(this.#schema!, this.#batches);
    if (format === 'arrow') return tableToIPC(table, 'file') as Uint8Array<ArrayBuffer>;
    return arrowToParquet(await RecordBatchStreamWriter.writeAll(table).toUint8Array());
  }
}
