import { AsyncDuckDB, DuckDBAccessMode, VoidLogger } from '@duckdb/duckdb-wasm';
import type { AsyncDuckDBConnection } from '@duckdb/duckdb-wasm';
import wasmUrl from '@duckdb/duckdb-wasm/dist/duckdb-eh.wasm?url';
import workerUrl from '@duckdb/duckdb-wasm/dist/duckdb-browser-eh.worker.js?url';
import type { RecordBatch, Schema } from 'apache-arrow';
import { BgpError } from '#core/error.ts';
import { historyError, isFatal } from './failure.ts';
import { DATABASE_FILE, databaseBytes } from './opfs.ts';
import { CREATE_TABLES, TABLES_VERSION } from './schema.ts';
import { WasmDownload } from './wasm-download.ts';

/** The most memory DuckDB may take, MB. */
const MEMORY_MB = 1024;
/** How often, and how many times, opening is tried while another worker still holds the files. */
const REOPEN_MS = 100;
const REOPEN_TRIES = 100;

/** What is read of a query. */
export interface QueryReader {
  onSchema(schema: Schema): void;
  /** @returns whether to go on */
  onBatch(batch: RecordBatch): boolean;
}

export interface EngineOptions {
  /** Keep the database in the origin's private file system, or in memory only. */
  readonly place: 'opfs' | 'memory';
  /** Bytes of the engine received, unpacked, of `WASM_BYTES`; before it runs. */
  readonly onProgress?: (bytes: number) => void;
  /** An engine that was open is no more, for this reason: what it had not written to disk is lost. */
  readonly onLost?: (why: BgpError) => void;
}

/** A row of one of our own queries. */
export type SqlRow = Record<string, string | number | bigint | boolean | null>;

/** What a write may do: statements and Arrow, in one transaction. */
export interface Writer {
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<SqlRow[]>;
  /** Append to a table, or make it. The buffer is given away. */
  insert(ipc: Uint8Array, table: string, create: boolean): Promise<void>;
}

/** One start of DuckDB. */
export class Running {
  readonly #worker: Worker;
  readonly #db: AsyncDuckDB;
  readonly #onProgress: EngineOptions['onProgress'];
  readonly #onDeath: (reason: string) => void;
  /** Rejects when the worker is no more; calls to a dead worker would wait for ever. */
  readonly #death: Promise<never>;
  #die: (error: BgpError) => void = () => undefined;
  #writer: AsyncDuckDBConnection | null = null;

  /** @param onDeath its worker ended by itself */
  constructor({ onProgress }: Pick<EngineOptions, 'onProgress'>, onDeath: (reason: string) => void) {
    this.#onProgress = onProgress;
    this.#onDeath = onDeath;
    this.#death = new Promise((_resolve, reject) => (this.#die = reject));
    this.#death.catch(() => undefined);
    this.#worker = new Worker(new URL(workerUrl, self.location.href));
    this.#worker.addEventListener('error', (event) => {
      const reason = event.message || 'its worker failed';
      this.end(reason);
      this.#onDeath(reason);
    });
    this.#db = new AsyncDuckDB(new VoidLogger(), this.#worker);
  }

  #living<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#death]);
  }

  end(reason: string): void {
    this.#die(new BgpError('HISTORY_FAILED', reason));
    this.#worker.terminate();
  }

  async open(place: 'opfs' | 'memory'): Promise<void> {
    await this.#load();
    await this.#openFile(place);
    const writer = await this.#living(this.#db.connect());
    this.#writer = writer;
    for (const sql of [
      'SET autoinstall_known_extensions = false',
      'SET autoload_known_extensions = false',
      `SET memory_limit = '${MEMORY_MB}MB'`,
      ...CREATE_TABLES,
    ])
      await this.#living(writer.query(sql));
    await this.#checkVersion(writer);
    await this.#living(writer.query('CHECKPOINT'));
    if (place === 'opfs') await this.#checkLength(writer);
    for (const sql of ['SET enable_external_access = false', 'SET lock_configuration = true'])
      await this.#living(writer.query(sql));
  }

  async #load(): Promise<void> {
    const wasm = new URL(wasmUrl, self.location.href).href;
    const download = new WasmDownload(wasm, (bytes) => this.#onProgress?.(bytes));
    const loading = this.#db.instantiate(wasm, null, ({ bytesLoaded }) => download.progress(bytesLoaded));
    loading.catch(() => undefined);
    try {
      await this.#living(Promise.race([loading, download.failure]));
    } finally {
      download.end();
    }
  }

  async #openFile(place: 'opfs' | 'memory'): Promise<void> {
    if (place === 'memory') return this.#living(this.#db.open({}));
    for (let attempt = 0; ; attempt++) {
      try {
        const path = `opfs://${DATABASE_FILE}`;
        return await this.#living(this.#db.open({ path, accessMode: DuckDBAccessMode.READ_WRITE }));
      } catch (error) {
        const isHeld = /access handle|createSyncAccessHandle|NoModificationAllowed/i.test(String(error));
        if (!isHeld) throw error;
        if (attempt >= REOPEN_TRIES) throw new BgpError('HISTORY_HELD', String(error), { cause: error });
        await new Promise((resolve) => setTimeout(resolve, REOPEN_MS));
      }
    }
  }

  /**
   * DuckDB looks at a block when it is read, and so not at whether the file still has them all. Blocks in use have been written
   * after a checkpoint; free ones at the end may never have been.
   */
  async #checkLength(writer: AsyncDuckDBConnection): Promise<void> {
    const [row] = await this.#rowsOf(
      writer,
      'SELECT (used_blocks * block_size)::DOUBLE AS bytes FROM pragma_database_size()',
    );
    const bytes = Number(row?.['bytes'] ?? 0);
    const fileBytes = await databaseBytes();
    if (bytes > fileBytes) {
      throw new BgpError('HISTORY_DAMAGED', `its file has ${fileBytes} bytes, and ${bytes} are in use`);
    }
  }

  async #checkVersion(writer: AsyncDuckDBConnection): Promise<void> {
    const [row] = await this.#rowsOf(writer, 'SELECT max(version) AS version FROM history_version');
    const version = row?.['version'];
    if (version === null || version === undefined) {
      await this.#living(writer.query(`INSERT INTO history_version VALUES (${TABLES_VERSION})`));
    } else if (version !== TABLES_VERSION) {
      throw new BgpError(
        'HISTORY_VERSION',
        `the history on this device is of version ${String(version)}, this page reads ${TABLES_VERSION}`,
      );
    }
  }

  async #rowsOf(connection: AsyncDuckDBConnection, sql: string): Promise<SqlRow[]> {
    const table = await this.#living(connection.query(sql));
    return table.toArray().map((row) => (row as { toJSON(): SqlRow }).toJSON());
  }

  async rows(sql: string): Promise<SqlRow[]> {
    const connection = await this.#living(this.#db.connect());
    try {
      return await this.#rowsOf(connection, sql);
    } catch (error) {
      throw historyError(error);
    } finally {
      await this.#living(connection.close()).catch(() => undefined);
    }
  }

  async write<T>(work: (writer: Writer) => Promise<T>): Promise<T> {
    const connection = this.#writer!;
    const run = (sql: string): Promise<unknown> => this.#living(connection.query(sql));
    await run('BEGIN TRANSACTION');
    try {
      const result = await work({
        run: async (sql) => void (await run(sql)),
        rows: (sql) => this.#rowsOf(connection, sql),
        insert: (ipc, name, create) =>
          this.#living(connection.insertArrowFromIPCStream(ipc, { name, create })),
      });
      await run('COMMIT');
      await this.#checkpoint(connection);
      return result;
    } catch (error) {
      await run('ROLLBACK').catch(() => undefined);
      throw historyError(error);
    }
  }

  /** What is only in the log is lost when the tab is killed. A reader under way may forbid it: the next write tries again. */
  async #checkpoint(connection: AsyncDuckDBConnection): Promise<void> {
    try {
      await this.#living(connection.query('CHECKPOINT'));
    } catch (error) {
      // One that broke off half-way leaves an engine that cannot be trusted, and maybe nothing written.
      if (isFatal(error)) throw error;
    }
  }

  async read(views: readonly string[], sql: string, reader: QueryReader, signal: AbortSignal): Promise<void> {
    const connection = await this.#living(this.#db.connect());
    const stop = (): void => void connection.cancelSent().catch(() => undefined);
    try {
      for (const view of views) await this.#living(connection.query(view));
      await this.#living(connection.query('BEGIN TRANSACTION READ ONLY'));
      if (signal.aborted) throw new BgpError('SQL_CANCELLED', 'stopped');
      signal.addEventListener('abort', stop);
      await this.#living(this.#pump(connection, sql, reader, signal));
    } finally {
      signal.removeEventListener('abort', stop);
      await this.#living(connection.close()).catch(() => undefined);
    }
  }

  async #pump(
    connection: AsyncDuckDBConnection,
    sql: string,
    reader: QueryReader,
    signal: AbortSignal,
  ): Promise<void> {
    const batches = await connection.send(sql, true);
    await batches.open();
    reader.onSchema(batches.schema);
    for await (const batch of batches) {
      if (signal.aborted) throw new BgpError('SQL_CANCELLED', 'stopped');
      if (batch.numRows > 0 && !reader.onBatch(batch)) break;
    }
    await connection.cancelSent().catch(() => undefined);
  }
}
