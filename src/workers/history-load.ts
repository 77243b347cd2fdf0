import { BgpError } from '#core/error.ts';
import { decodeBatch } from '#core/wire/batch.ts';
import { decodeFrame, FRAME_KIND } from '#core/wire/frame.ts';
import { FrameLogDecoder, LOG_MAGIC } from '#core/wire/log.ts';
import { inflateBody } from '../lib/feed/inflate.ts';
import { beginDataSet, completeDataSet, typeStage, usedBytes } from '../lib/store/history/data-sets.ts';
import type { ElemSlice } from '../lib/store/history/elem-arrow.ts';
import { countElems, encodeElems } from '../lib/store/history/elem-arrow.ts';
import type { Engine } from '../lib/store/history/engine.ts';
import { dropDataSet } from '../lib/store/history/expire.ts';
import { putIncidentsSql } from '../lib/store/history/incident-sql.ts';
import { fileToArrow } from '../lib/store/history/file-arrow.ts';
import { fetchRange, isNarrowed, rangeKey, rangeName, readAll } from '../lib/store/history/relay-range.ts';
import { createElems, createIncidents, literal } from '../lib/store/history/schema.ts';
import type { DataSource, LoadProgress } from './api-history.ts';
import { IncidentFinder } from './history-incidents.ts';

/** Elems stored in one go. */
const CHUNK_ELEMS = 50_000;
const MAX_FILE_BYTES = 512 * 1024 * 1024;
const PROGRESS_MS = 100;
/** DuckDB's own. */
const BLOCK_BYTES = 262_144;

export interface LoadOptions {
  readonly engine: Pick<Engine, 'rows' | 'write'>;
  /** Take away what there is of a data set. */
  readonly drop: (id: string) => Promise<void>;
  readonly nowMs: () => number;
  /** Bytes the whole history may take. */
  readonly quotaBytes: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: LoadProgress) => void;
}

/**
 * Takes one source in as a data set of its own. What fails, is cancelled or finds no room leaves nothing behind.
 *
 * @returns the data set's id
 * @throws {BgpError} HISTORY_FILE_BAD, HISTORY_RELAY, HISTORY_FULL, SQL_CANCELLED, and of a recording WIRE_*
 */
export async function loadDataSet(source: DataSource, options: LoadOptions): Promise<string> {
  const load = new Load(options);
  try {
    await load.run(source);
    return load.id;
  } catch (error) {
    await options.drop(load.id).catch(() => undefined);
    throw error;
  }
}

class Load {
  readonly id: string;
  readonly #options: LoadOptions;
  readonly #engine: LoadOptions['engine'];
  #progress: LoadProgress = { phase: 'reading', share: null, elems: 0, bytes: 0 };
  #toldMs = -Infinity;
  #usedBefore = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#engine = options.engine;
    this.id = `d${Math.floor(options.nowMs()).toString(36)}${Math.floor(Math.random() * 1296).toString(36)}`;
  }

  async run(source: DataSource): Promise<void> {
    this.#usedBefore = await usedBytes(this.#engine);
    const { signal } = this.#options;
    if (source.kind === 'relay') {
      await this.#begin('relay', rangeName(source.range), rangeKey(source.range));
      const bytes = await fetchRange(source.range, (read, total) => this.#read(read, total), signal);
      await (isNarrowed(source.range) ? this.#storeArrow(bytes, false) : this.#storeLog(bytes));
    } else if (source.kind === 'replay') {
      await this.#begin('replay', source.name, `replay:${source.url.split('/').at(-1)!}`);
      const response = await fetch(source.url, { signal });
      if (!response.ok)
        throw new BgpError('HISTORY_FILE_BAD', `the recording is not there (${response.status})`);
      const bytes = await readAll(response, (read, total) => this.#read(read, total), MAX_FILE_BYTES, signal);
      await this.#storeLog(bytes);
    } else await this.#runFile(source.file);
    this.#tell({ phase: 'done', share: 1 }, true);
  }

  async #runFile(file: File): Promise<void> {
    if (file.size > MAX_FILE_BYTES) {
      throw new BgpError(
        'HISTORY_FILE_BAD',
        `over ${MAX_FILE_BYTES / 1048576} MiB: cut it, or ask the relay's archive`,
      );
    }
    const bytes = new Uint8Array(await file.arrayBuffer());
    this.#read(bytes.length, bytes.length);
    const isLog = LOG_MAGIC.every((byte, i) => bytes[i] === byte);
    await this.#begin(isLog ? 'replay' : 'file', file.name, this.id);
    if (isLog) return this.#storeLog(bytes);
    const { format, ipc } = await fileToArrow(bytes);
    await this.#storeArrow(ipc, format === 'csv');
  }

  /** What was a copy of the same makes room for this one. */
  #begin(kind: 'replay' | 'file' | 'relay', name: string, key: string): Promise<void> {
    const loadedMs = this.#options.nowMs();
    return this.#engine.write(async (writer) => {
      for (const row of await writer.rows(`SELECT id FROM data_sets WHERE key = ${literal(key)}`)) {
        await dropDataSet(writer, String(row['id']));
      }
      await beginDataSet(writer, { id: this.id, key, kind, name, loadedMs });
    });
  }

  #read(bytes: number, total: number | null): void {
    this.#tell({ bytes, share: total ? bytes / total : null });
  }

  #tell(change: Partial<LoadProgress>, isLast = false): void {
    this.#progress = { ...this.#progress, ...change };
    const nowMs = performance.now();
    if (!isLast && nowMs - this.#toldMs < PROGRESS_MS) return;
    this.#toldMs = nowMs;
    this.#options.onProgress(this.#progress);
  }

  #check(): void {
    if (this.#options.signal.aborted) throw new BgpError('SQL_CANCELLED', 'stopped');
  }

  async #checkRoom(): Promise<number> {
    this.#check();
    const used = await usedBytes(this.#engine);
    if (used > this.#options.quotaBytes) {
      throw new BgpError('HISTORY_FULL', 'it does not fit into the room the history may take');
    }
    return used;
  }

  async #storeArrow(ipc: Uint8Array, isText: boolean): Promise<void> {
    this.#tell({ phase: 'storing', share: null }, true);
    this.#check();
    await this.#engine.write(async (writer) => {
      await writer.insert(ipc, `${this.id}_stage`, true);
      await typeStage(writer, this.id, isText);
    });
    await this.#complete(false);
  }

  async #storeLog(bytes: Uint8Array): Promise<void> {
    await this.#engine.write(async (writer) => {
      await writer.run(createElems(`${this.id}_elems`));
      await writer.run(createIncidents(`${this.id}_incidents`));
    });
    const finder = new IncidentFinder();
    for await (const slices of this.#slices(bytes, finder)) {
      await this.#engine.write((writer) =>
        writer.insert(encodeElems(slices, this.#options.nowMs()), `${this.id}_elems`, false),
      );
      this.#tell({ elems: this.#progress.elems + countElems(slices) });
      await this.#checkRoom();
    }
    const rows = finder.take();
    await this.#engine.write(async (writer) => {
      for (const sql of putIncidentsSql(`${this.id}_incidents`, rows)) await writer.run(sql);
    });
    await this.#complete(true);
  }

  /** The batches of a frame log, a few at a time, and each to the detectors. */
  async *#slices(bytes: Uint8Array, finder: IncidentFinder): AsyncGenerator<ElemSlice[]> {
    const frames: Uint8Array<ArrayBuffer>[] = [];
    const decoder = new FrameLogDecoder({ onFrame: (frame) => frames.push(frame) });
    let slices: ElemSlice[] = [];
    let elems = 0;
    const step = 262_144;
    for (let at = 0; at < bytes.length; at += step) {
      decoder.push(bytes.subarray(at, at + step));
      this.#tell({ phase: 'storing', share: Math.min(1, at / bytes.length) });
      for (const frame of frames.splice(0)) {
        const { header, body } = decodeFrame(frame);
        if (header.kind === FRAME_KIND.reset) continue;
        const batch = decodeBatch(await inflateBody(header, body as Uint8Array<ArrayBuffer>));
        finder.step(batch);
        slices.push({ batch, rows: null, source: '' });
        elems += batch.length;
        if (elems < CHUNK_ELEMS) continue;
        yield slices;
        slices = [];
        elems = 0;
      }
    }
    decoder.end();
    if (elems > 0) yield slices;
  }

  async #complete(hasIncidents: boolean): Promise<void> {
    const grown = (await this.#checkRoom()) - this.#usedBefore;
    // A little fits into blocks that others have begun.
    const bytes = grown > 0 ? grown : Math.min(this.#progress.bytes, BLOCK_BYTES);
    await this.#engine.write((writer) =>
      completeDataSet(writer, this.id, { bytes, hasIncidents, isComplete: true }),
    );
  }
}
