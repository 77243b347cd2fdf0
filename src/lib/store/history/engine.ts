import { AsyncDuckDB, DuckDBAccessMode, VoidLogger } from '@duckdb/duckdb-wasm';
import type { AsyncDuckDBConnection } from '@duckdb/duckdb-wasm';
import wasmUrl from '@duckdb/duckdb-wasm/dist/duckdb-eh.wasm?url';
import workerUrl from '@duckdb/duckdb-wasm/dist/duckdb-browser-eh.worker.js?url';
import type { RecordBatch, Schema } from 'apache-arrow';
import { BgpError } from '#core/error.ts';
import { historyError } from './failure.ts';
import { DATABASE_FILE } from './opfs.ts';
import { CREATE_TABLES, TABLES_VERSION } from './schema.ts';

/** The most memory DuckDB may take, MB. */
const MEMORY_MB = 1024;
/** How long a query may go on after it was told to stop, before its engine is ended. */
const OBEY_MS = 2500;
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
  /** Bytes of the engine received, and of how many; before it runs. */
  readonly onProgress?: (loaded: number, total: number) => void;
}

/**
 * DuckDB in a worker of its own. One connection writes, in turns; each query has another, reads only, and sees a state in
 * which no write is half done. An engine that died or was ended starts again with the next call; what is not on disk is
 * then gone, and every call under way fails with HISTORY_FAILED.
 */
export class Engine {
  readonly #options: EngineOptions;
  #running: Promise<Running> | null = null;
  #writes: Promise<unknown> = Promise.resolve();
  /** How many times it had to be started again. */
  restarts = -1;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Resolves when the database is open. */
  async start(): Promise<void> {
    await this.#engine();
  }

  #engine(): Promise<Running> {
    this.#running ??= this.#open().catch((error: unknown) => {
      this.#running = null;
      throw historyError(error);
    });
    return this.#running;
  }

  async #open(): Promise<Running> {
    this.restarts++;
    const running = new Running(this.#options.onProgress);
    try {
      await running.open(this.#options.place);
      return running;
    } catch (error) {
      running.end('it could not be opened');
      throw error;
    }
  }

  /** End the engine as it is: the next call starts another. */
  async restart(reason: string): Promise<void> {
    const running = await this.#running?.catch(() => null);
    this.#running = null;
    running?.end(reason);
  }

  /** Run `work` when no other write is under way. It is one transaction, followed by a checkpoint. */
  write<T>(work: (writer: Writer) => Promise<T>): Promise<T> {
    const turn = this.#writes.then(async () => {
      const running = await this.#engine();
      return running.write(work);
    });
    this.#writes = turn.catch(() => undefined);
    return turn;
  }

  /**
   * Read with a query on views made for it.
   *
   * @throws {BgpError} SQL_BAD, SQL_REFUSED, SQL_TOO_LARGE, SQL_CANCELLED when the signal said so, HISTORY_FAILED
   */
  async read(views: readonly string[], sql: string, reader: QueryReader, signal: AbortSignal): Promise<void> {
    const running = await this.#engine();
    const reading = running.read(views, sql, reader, signal);
    const disobeyed = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        setTimeout(() => reject(new BgpError('SQL_CANCELLED', 'stopped')), OBEY_MS);
      });
    });
    let hasEnded = false;
    reading.then(() => (hasEnded = true)).catch(() => (hasEnded = true));
    try {
      await Promise.race([reading, disobeyed]);
    } catch (error) {
      if (!hasEnded) await this.restart('a query did not stop when told to');
      throw signal.aborted ? new BgpError('SQL_CANCELLED', 'stopped') : historyError(error, true);
    }
  }

  /** All rows of one of our own queries, as objects. */
  async rows(sql: string): Promise<SqlRow[]> {
    const running = await this.#engine();
    return running.rows(sql);
  }

  /** End for good. */
  close(): Promise<void> {
    return this.restart('closed');
  }
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
class Running {
  readonly #worker: Worker;
  readonly #db: AsyncDuckDB;
  readonly #onProgress: EngineOptions['onProgress'];
  /** Rejects when the worker is no more; calls to a dead worker would wait for ever. */
  readonly #death: Promise<never>;
  #die: (error: BgpError) => void = () => undefined;
  #writer: AsyncDuckDBConnection | null = null;

  constructor(onProgress: EngineOptions['onProgress']) {
    this.#onProgress = onProgress;
    this.#death = new Promise((_resolve, reject) => (this.#die = reject));
    this.#death.catch(() => undefined);
    this.#worker = new Worker(new URL(workerUrl, self.location.href));
    this.#worker.addEventListener('error', (event) => this.end(event.message || 'its worker failed'));
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
    const wasm = new URL(wasmUrl, self.location.href).href;
    await this.#living(
      this.#db.instantiate(wasm, null, ({ bytesLoaded, bytesTotal }) =>
        this.#onProgress?.(bytesLoaded, bytesTotal),
      ),
    );
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
    for (const sql of ['CHECKPOINT', 'SET enable_external_access = false', 'SET lock_configuration = true'])
      await this.#living(writer.query(sql));
  }

  async #openFile(place: 'opfs' | 'memory'): Promise<void> {
    if (place === 'memory') return this.#living(this.#db.open({}));
    for (let attempt = 0; ; attempt++) {
      try {
        const path = `opfs://${DATABASE_FILE}`;
        return await this.#living(this.#db.open({ path, accessMode: DuckDBAccessMode.READ_WRITE }));
      } catch (error) {
        const isHeld = /access handle|createSyncAccessHandle|NoModificationAllowed/i.test(String(error));
        if (!isHeld || attempt >= REOPEN_TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, REOPEN_MS));
      }
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
      // What is only in the log is lost when the tab is killed. A reader under way may forbid it: the next write tries again.
      await run('CHECKPOINT').catch(() => undefined);
      return result;
    } catch (error) {
      await run('ROLLBACK').catch(() => undefined);
      throw historyError(error);
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
