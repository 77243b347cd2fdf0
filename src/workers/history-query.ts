import type { RecordBatch, Schema } from 'apache-arrow';
import { BgpError } from '#core/error.ts';
import type { Engine, QueryReader } from '../lib/store/history/engine.ts';
import type { ResultColumn } from '../lib/store/history/result.ts';
import { appendRows, columnsOf } from '../lib/store/history/result.ts';
import { guardSql } from '../lib/store/history/sql-guard.ts';
import type { HistoryQuery, QueryResult } from './api-history.ts';
import { MAX_ROWS } from './api-history.ts';

const DEFAULT_TIMEOUT_MS = 60_000;
const MAX_TIMEOUT_MS = 600_000;
/** A text longer than this is shown cut, and a result with more characters in all has no more rows. Exports are whole. */
const MAX_CELL_CHARS = 10_000;
const MAX_RESULT_CHARS = 32_000_000;
const MAX_COLUMNS = 500;
/** Queries at a time; more are refused. */
const MAX_RUNNING = 8;

/** Runs guarded SQL with a time limit, and stops it by its id. */
export class Queries {
  readonly #engine: Engine;
  readonly #running = new Map<string, AbortController>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  cancel(id: string): void {
    this.#running.get(id)?.abort();
  }

  cancelAll(): void {
    for (const control of this.#running.values()) control.abort();
  }

  /** Run a query on views made for it and hand its batches to a reader. @throws {BgpError} SQL_* and HISTORY_FAILED */
  async run(query: HistoryQuery, views: readonly string[], reader: QueryReader): Promise<void> {
    const guarded = guardSql(String(query.sql));
    if ('reason' in guarded) throw new BgpError('SQL_REFUSED', guarded.reason);
    if (this.#running.size >= MAX_RUNNING) {
      throw new BgpError('SQL_REFUSED', `${MAX_RUNNING} queries are running: wait for one, or cancel it`);
    }
    const control = new AbortController();
    this.#running.set(query.id, control);
    const timeoutMs = Math.min(MAX_TIMEOUT_MS, Math.max(100, query.timeoutMs ?? DEFAULT_TIMEOUT_MS));
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      control.abort();
    }, timeoutMs);
    try {
      await this.#engine.read(views, guarded.sql, reader, control.signal);
    } catch (error) {
      if (isLate) throw new BgpError('SQL_TIMEOUT', `stopped after ${timeoutMs / 1000} s`, { cause: error });
      throw error;
    } finally {
      clearTimeout(timer);
      this.#running.delete(query.id);
    }
  }

  /** The first rows of a query. */
  async rows(query: HistoryQuery, views: readonly string[]): Promise<QueryResult> {
    const startMs = performance.now();
    const most = Math.min(MAX_ROWS, Math.max(1, Math.floor(query.maxRows ?? MAX_ROWS)));
    let columns: ResultColumn[] = [];
    let rowCount = 0;
    let chars = 0;
    let isCut = false;
    await this.run(query, views, {
      onSchema: (schema: Schema) => {
        if (schema.fields.length > MAX_COLUMNS) {
          throw new BgpError(
            'SQL_TOO_LARGE',
            `${schema.fields.length} columns: at most ${MAX_COLUMNS} can be shown`,
          );
        }
        columns = columnsOf(schema);
      },
      onBatch: (batch: RecordBatch) => {
        const rows = Math.min(batch.numRows, most - rowCount);
        appendRows(columns, batch, rows);
        chars += cutCells(columns, rowCount);
        rowCount += rows;
        isCut = rows < batch.numRows || chars > MAX_RESULT_CHARS;
        return !isCut;
      },
    });
    return { ok: true, columns, rowCount, isCut, elapsedMs: performance.now() - startMs };
  }
}

/** Cut the long texts of the rows from `from` on. @returns characters left */
function cutCells(columns: readonly ResultColumn[], from: number): number {
  let chars = 0;
  for (const { values } of columns) {
    for (let row = from; row < values.length; row++) {
      const value = values[row];
      if (typeof value !== 'string') continue;
      if (value.length > MAX_CELL_CHARS) {
        values[row] = `${value.slice(0, MAX_CELL_CHARS)}… (${value.length} characters)`;
      }
      chars += Math.min(value.length, MAX_CELL_CHARS);
    }
  }
  return chars;
}
