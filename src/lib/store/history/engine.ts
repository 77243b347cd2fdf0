import { BgpError } from '#core/error.ts';
import type { EngineOptions, QueryReader, SqlRow, Writer } from './engine-run.ts';
import { Running } from './engine-run.ts';
import { historyError, isFatal } from './failure.ts';

export type { QueryReader, SqlRow, Writer };

/** How long a query may go on after it was told to stop, before its engine is ended. */
const OBEY_MS = 2500;

/**
 * DuckDB in a worker of its own. One connection writes, in turns; each query has another, reads only, and sees a state in
 * which no write is half done. An engine that died, that was ended or that cannot be trusted any more starts again with the
 * next call; what is not on disk is then gone, and every call under way fails with HISTORY_FAILED.
 */
export class Engine {
  readonly #options: EngineOptions;
  #starting: Promise<Running> | null = null;
  #running: Running | null = null;
  #writes: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  /** How many times it had to be started again. */
  restarts = -1;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Resolves when the database is open. @throws {BgpError} HISTORY_ENGINE, HISTORY_DAMAGED, HISTORY_HELD, HISTORY_VERSION … */
  async start(): Promise<void> {
    await this.#engine();
  }

  #engine(): Promise<Running> {
    if (this.#isClosed) return Promise.reject(new BgpError('HISTORY_FAILED', 'it was closed'));
    this.#starting ??= this.#open().catch((error: unknown) => {
      this.#starting = null;
      throw historyError(error);
    });
    return this.#starting;
  }

  async #open(): Promise<Running> {
    this.restarts++;
    const running = new Running(this.#options, (reason) => {
      if (this.#running === running) this.#lose(new BgpError('HISTORY_FAILED', reason));
    });
    try {
      await running.open(this.#options.place);
    } catch (error) {
      running.end('it could not be opened');
      throw error;
    }
    this.#running = running;
    return running;
  }

  /** The engine has ended, or is ended now: the next call starts another. */
  #lose(why: BgpError): void {
    const running = this.#running;
    this.#running = null;
    this.#starting = null;
    running?.end(why.message);
    if (running && !this.#isClosed) this.#options.onLost?.(why);
  }

  /** Do something with the engine; one that fails so that nothing it says can be trusted is ended. */
  async #with<T>(work: (running: Running) => Promise<T>): Promise<T> {
    const running = await this.#engine();
    try {
      return await work(running);
    } catch (error) {
      if (isFatal(error) && this.#running === running) this.#lose(historyError(error));
      throw error;
    }
  }

  /** Run `work` when no other write is under way. It is one transaction, followed by a checkpoint. */
  write<T>(work: (writer: Writer) => Promise<T>): Promise<T> {
    const turn = this.#writes.then(() => this.#with((running) => running.write(work)));
    this.#writes = turn.catch(() => undefined);
    return turn;
  }

  /**
   * Read with a query on views made for it.
   *
   * @throws {BgpError} SQL_BAD, SQL_REFUSED, SQL_TOO_LARGE, SQL_CANCELLED when the signal said so, HISTORY_FAILED
   */
  async read(views: readonly string[], sql: string, reader: QueryReader, signal: AbortSignal): Promise<void> {
    let hasBegun = false;
    const watched: QueryReader = {
      onSchema: (schema) => {
        hasBegun = true;
        reader.onSchema(schema);
      },
      onBatch: (batch) => reader.onBatch(batch),
    };
    const once = (): Promise<void> =>
      this.#with((running) => this.#readOrEnd(running.read(views, sql, watched, signal), signal));
    try {
      await once().catch((error: unknown) => {
        // Its engine ended for something that was none of its doing.
        const isBystander = error instanceof BgpError && error.code === 'HISTORY_FAILED' && !isFatal(error);
        if (!isBystander || hasBegun || signal.aborted || this.#isClosed) throw error;
        return once();
      });
    } catch (error) {
      throw signal.aborted ? new BgpError('SQL_CANCELLED', 'stopped') : historyError(error, true);
    }
  }

  /** A query that goes on though it was told to stop is ended with its engine. */
  async #readOrEnd(reading: Promise<void>, signal: AbortSignal): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const disobeyed = new Promise<never>((_resolve, reject) => {
      const wait = (): void => {
        timer = setTimeout(() => {
          this.#lose(new BgpError('SQL_CANCELLED', 'a query did not stop when told to'));
          reject(new BgpError('SQL_CANCELLED', 'stopped'));
        }, OBEY_MS);
      };
      if (signal.aborted) wait();
      else signal.addEventListener('abort', wait, { once: true });
    });
    reading.catch(() => undefined);
    try {
      await Promise.race([reading, disobeyed]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** All rows of one of our own queries, as objects. */
  rows(sql: string): Promise<SqlRow[]> {
    return this.#with((running) => running.rows(sql));
  }

  /** End for good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#starting?.catch(() => null);
    this.#lose(new BgpError('HISTORY_FAILED', 'closed'));
  }
}
