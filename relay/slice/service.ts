import type { Readable } from 'node:stream';
import { Duck } from '../archive/duck.ts';
import { readElems } from '../archive/read.ts';
import type { ElemBatch } from '#core/elem/batch.ts';
import { limited, sliceBytes } from './answer.ts';
import type { SliceQuery } from './query.ts';
import type { ArchiveView } from './view.ts';

/** Slices answered at a time, each with a DuckDB of its own. */
const MAX_RUNNING = 2;
/** Those that wait for one of these; more are turned away. */
const MAX_WAITING = 16;
/** A slice that takes longer is ended: its answer stays unfinished, which the client sees. */
const MAX_MS = 10 * 60_000;
const DUCK = { memoryMb: 512, threads: 1 } as const;
/** Elems of a batch by format: frames and record batches shrink better when they are big. */
const BATCH_ELEMS = { ndjson: 1000, arrow: 8192, rsl: 10_000 } as const;

export interface SliceStats {
  readonly running: number;
  readonly waiting: number;
  readonly answered: number;
  readonly turnedAway: number;
  /** Ended before their end: by their client, by time, by an error. */
  readonly cancelled: number;
  readonly timedOut: number;
  readonly failed: number;
  readonly elems: number;
}

/** Answers slices of the archive, a few at a time, bounded in time and memory. */
export class SliceService {
  readonly #archive: ArchiveView;
  readonly #version: string;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  readonly #counts = { answered: 0, turnedAway: 0, cancelled: 0, timedOut: 0, failed: 0, elems: 0 };

  constructor(archive: ArchiveView, version: string) {
    this.#archive = archive;
    this.#version = version;
  }

  stats(): SliceStats {
    return { running: this.#running, waiting: this.#waiting.length, ...this.#counts };
  }

  /** The bytes of an answer, or null when too many are waiting already. Destroy the stream to end the query. */
  answer(query: SliceQuery): Readable | null {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#counts.turnedAway++;
      return null;
    }
    const files = this.#archive.index().files;
    const archivedUs = files.reduce((latest, { maxTimeUs }) => Math.max(latest, maxTimeUs), 0);
    const abort = new AbortController();
    const stream = sliceBytes(this.#batches(query, abort), query, { archivedUs, version: this.#version });
    const timer = setTimeout(() => {
      this.#counts.timedOut++;
      stream.destroy(new Error(`a slice took longer than ${MAX_MS / 1000} s`));
    }, MAX_MS);
    stream.once('close', () => {
      clearTimeout(timer);
      abort.abort();
    });
    return stream;
  }

  async *#batches(query: SliceQuery, abort: AbortController): AsyncGenerator<ElemBatch, void, undefined> {
    await this.#turn();
    let duck: Duck | null = null;
    let isOver = false;
    const interrupt = (): void => duck?.connection.interrupt();
    try {
      if (abort.signal.aborted) return;
      duck = await Duck.open(DUCK);
      abort.signal.addEventListener('abort', interrupt);
      const options = { signal: abort.signal, batchElems: BATCH_ELEMS[query.format] };
      const elems = readElems(this.#archive.dir, this.#archive.index(), duck, query, options);
      for await (const batch of limited(elems, query.limit)) {
        this.#counts.elems += batch.length;
        yield batch;
      }
      isOver = true;
      this.#counts.answered++;
    } catch (error) {
      // What ends because its reader went away is no failure.
      if (abort.signal.aborted) return;
      isOver = true;
      this.#counts.failed++;
      throw error;
    } finally {
      if (!isOver) this.#counts.cancelled++;
      // A connection must not be spoken to once it is closed.
      abort.signal.removeEventListener('abort', interrupt);
      duck?.close();
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    if (this.#running >= MAX_RUNNING) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
  }
}
