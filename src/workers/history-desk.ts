import { BgpError } from '#core/error.ts';
import type { DataSetRow, RecordingStock } from '../lib/store/history/data-sets.ts';
import { listDataSets, recordingStock } from '../lib/store/history/data-sets.ts';
import { Engine } from '../lib/store/history/engine.ts';
import { dropDataSet } from '../lib/store/history/expire.ts';
import { putIncidentsSql } from '../lib/store/history/incident-sql.ts';
import { damagedDatabase, missingOpfs, removeDamaged, removeDatabase } from '../lib/store/history/opfs.ts';
import { Reserve } from '../lib/store/history/reserve.ts';
import { RECORDING, viewsOf } from '../lib/store/history/schema.ts';
import { WASM_BYTES } from '../lib/store/history/wasm-download.ts';
import type {
  DataSet,
  DataSource,
  ExportedFile,
  ExportFormat,
  HistoryQuery,
  HistorySettings,
  HistoryState,
  LoadProgress,
  QueryResult,
  TableInfo,
} from './api-history.ts';
import { DEFAULT_SETTINGS } from './api-history.ts';
import type { IncidentRow } from './api-detect.ts';
import type { Refusal } from './api-reports.ts';
import { describeViews } from './history-schema.ts';
import { deskState } from './history-desk-state.ts';
import { exportQuery } from './history-export.ts';
import { loadDataSet } from './history-load.ts';
import { openPlace, refusalOf } from './history-place.ts';
import { Queries } from './history-query.ts';
import { Recorder } from './history-recorder.ts';
import { Room } from './history-room.ts';

/** How often age and room are looked at. */
const EXPIRE_MS = 10_000;
const EMPTY: RecordingStock = { elems: 0, fromUs: null, toUs: null, oldestMs: null };

export type DeskState = Omit<HistoryState, 'role'>;

export interface DeskOptions {
  readonly nowMs: () => number;
  readonly onChange: () => void;
}

/** Everything the owner of the database does. Made once by the worker that owns it. */
export class HistoryDesk {
  readonly #options: DeskOptions;
  #engine: Engine;
  #queries: Queries;
  readonly #recorder: Recorder;
  readonly #reserve = new Reserve();
  readonly #room: Room;
  #opening: Promise<void> | null = null;
  #state: HistoryState['engine'] = 'idle';
  #loaded: HistoryState['loaded'] = null;
  /** Why it cannot be opened, or is not what it was. */
  #problem: Refusal | null = null;
  #setAside: HistoryState['setAside'] = null;
  #place: HistoryState['place'] = null;
  #settings = DEFAULT_SETTINGS;
  #stock = EMPTY;
  #dataSets: DataSetRow[] = [];
  #loading: AbortController | null = null;
  #isWatching = false;
  #port: MessagePort | null = null;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#engine = this.#createEngine('memory');
    this.#queries = new Queries(this.#engine);
    this.#recorder = this.#createRecorder();
    this.#room = new Room({
      engine: () => this.#engine,
      isOnDevice: () => this.#place === 'device',
      nowMs: options.nowMs,
      reserve: this.#reserve,
      makeRoom: () => this.#expireNow(),
    });
  }

  #createEngine(place: 'opfs' | 'memory'): Engine {
    const engine: Engine = new Engine({
      place,
      onProgress: (bytes) => {
        this.#loaded = { bytes, totalBytes: WASM_BYTES };
        this.#options.onChange();
      },
      onLost: (why) => {
        if (engine === this.#engine) this.#lose(why);
      },
    });
    return engine;
  }

  #createRecorder(): Recorder {
    return new Recorder({
      engine: {
        rows: (sql) => this.#engine.rows(sql),
        write: (work) => this.#room.write('record', work),
      },
      nowMs: this.#options.nowMs,
      makeRoom: async (isRefused) => {
        if (await this.#room.noteLoss(isRefused)) await this.#expireNow();
      },
      onWritten: (elems, fromUs, toUs) => {
        this.#room.noteSuccess();
        const { fromUs: first, toUs: last, oldestMs } = this.#stock;
        this.#stock = {
          oldestMs: oldestMs ?? this.#options.nowMs(),
          elems: this.#stock.elems + elems,
          fromUs: Math.min(first ?? fromUs, fromUs),
          toUs: Math.max(last ?? toUs, toUs),
        };
      },
      onChange: () => this.#options.onChange(),
    });
  }

  /** Open the database; at once when it is. @throws {BgpError} HISTORY_ENGINE, HISTORY_FAILED */
  open(): Promise<void> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = null;
      this.#state = 'failed';
      this.#problem = refusalOf(error);
      this.#options.onChange();
      throw error;
    });
    return this.#opening;
  }

  async #open(): Promise<void> {
    this.#state = 'loading';
    this.#problem = null;
    this.#options.onChange();
    await this.#reserve.open();
    // What is in the log of a database that found no room is written when it is opened.
    const { engine, place, problem } = await this.#reserve.lend(() =>
      openPlace({ create: (where) => this.#createEngine(where) }),
    );
    this.#engine = engine;
    this.#queries = new Queries(engine);
    this.#place = place;
    this.#problem = problem;
    this.#state = 'ready';
    this.#loaded = null;
    await this.#readSetAside();
    await this.#recorder.open();
    await this.#refresh();
    await this.#dropUnfinished();
    this.#follow();
    if (!this.#isWatching) setInterval(() => void this.#expireNow().catch(() => undefined), EXPIRE_MS);
    this.#isWatching = true;
    this.#options.onChange();
    void this.#expireNow().catch(() => undefined);
  }

  /** The engine has ended. What it had not written is asked for again, in the one that the next call starts. */
  #lose(why: BgpError): void {
    if (this.#state !== 'ready') return;
    this.#recorder.lost(why);
    const again = async (): Promise<void> => {
      if (why.code === 'HISTORY_DAMAGED' && this.#place === 'device') {
        await this.#engine.close();
        this.#opening = null;
        return this.open();
      }
      await this.#refresh();
      if (!this.#loading) await this.#dropUnfinished();
    };
    void again().catch(() => undefined);
  }

  async #readSetAside(): Promise<void> {
    const file = await damagedDatabase().catch(() => null);
    this.#setAside = file && { bytes: file.size, changedMs: file.lastModified };
  }

  /** What was being loaded when the page ended is not whole. */
  async #dropUnfinished(): Promise<void> {
    for (const { id, isComplete } of this.#dataSets) {
      if (!isComplete) await this.#drop(id);
    }
    await this.#refresh();
  }

  #drop(id: string): Promise<void> {
    return this.#room.write('remove', (writer) => dropDataSet(writer, id));
  }

  async #refresh(): Promise<void> {
    this.#stock = await recordingStock(this.#engine);
    this.#dataSets = await listDataSets(this.#engine);
    await this.#room.readRemovals();
    await this.#room.measure();
  }

  async configure(settings: HistorySettings): Promise<void> {
    this.#settings = settings;
    this.#follow();
    this.#options.onChange();
    if (this.#state === 'ready') await this.#expireNow();
    // Why it failed is told by the state.
    else if (settings.isRecording && this.#port) await this.open().catch(() => undefined);
  }

  /** Frames to record come over this port. */
  async listen(port: MessagePort): Promise<void> {
    if (this.#port) {
      if (this.#recorder.isListening) await this.#recorder.stop();
      this.#port.close();
    }
    this.#port = port;
    if (this.#settings.isRecording) await this.open().catch(() => undefined);
    this.#follow();
  }

  #follow(): void {
    const port = this.#settings.isRecording && this.#state === 'ready' ? this.#port : null;
    if (port !== null && !this.#recorder.isListening) this.#recorder.listen(port);
    else if (port === null && this.#recorder.isListening) void this.#recorder.stop();
  }

  /** Let go of what is too old or too much. */
  async #expireNow(): Promise<void> {
    if (this.#state !== 'ready') return;
    const stock = { recording: this.#stock, dataSets: this.#dataSets };
    if (await this.#room.expire(stock, this.#settings)) await this.#refresh();
    this.#options.onChange();
  }

  async putIncidents(rows: readonly IncidentRow[]): Promise<void> {
    if (this.#state !== 'ready' || !this.#settings.isRecording) return;
    const statements = putIncidentsSql('recording_incidents', rows.slice(0, 2000));
    if (statements.length === 0) return;
    await this.#room.write('record', async (writer) => {
      for (const sql of statements) await writer.run(sql);
    });
  }

  async #viewsOf(id: string): Promise<string[]> {
    await this.open();
    if (id === RECORDING) return viewsOf(id, { incidents: true, minutes: true });
    const found = this.#dataSets.find((dataSet) => dataSet.id === id);
    if (!found)
      throw new BgpError(
        'HISTORY_FAILED',
        `no data set ${id.slice(0, 40)}: it was removed, or let go for want of room`,
      );
    return viewsOf(id, { incidents: found.hasIncidents, minutes: found.missing.length === 0 });
  }

  async query(query: HistoryQuery): Promise<QueryResult | Refusal> {
    return orRefusal(async () => this.#queries.rows(query, await this.#viewsOf(query.dataSet)), true);
  }

  async exportResult(query: HistoryQuery, format: ExportFormat): Promise<ExportedFile | Refusal> {
    return orRefusal(
      async () => exportQuery(this.#queries, query, await this.#viewsOf(query.dataSet), format),
      true,
    );
  }

  cancel(id: string): void {
    this.#queries.cancel(id);
  }

  async schema(dataSet: string): Promise<readonly TableInfo[]> {
    return describeViews(this.#engine, await this.#viewsOf(dataSet).catch(() => []));
  }

  async load(
    source: DataSource,
    onProgress: (progress: LoadProgress) => void,
  ): Promise<{ readonly ok: true; readonly dataSet: DataSet } | Refusal> {
    return orRefusal(async () => {
      await this.open();
      if (this.#loading)
        throw new BgpError('HISTORY_FILE_BAD', 'something else is being loaded: wait for it, or cancel it');
      const control = new AbortController();
      this.#loading = control;
      try {
        const { nowMs } = this.#options;
        const { quotaBytes } = this.#settings;
        const id = await loadDataSet(source, {
          engine: {
            rows: (sql) => this.#engine.rows(sql),
            write: (work) => this.#room.write('load', work),
          },
          drop: (one) => this.#drop(one),
          nowMs,
          quotaBytes,
          signal: control.signal,
          onProgress,
        });
        await this.#refresh();
        return { ok: true as const, dataSet: this.state().dataSets.find((one) => one.id === id)! };
      } finally {
        this.#loading = null;
        this.#options.onChange();
      }
    }, false);
  }

  cancelLoad(): void {
    this.#loading?.abort();
  }

  async remove(id: string): Promise<void> {
    await this.open();
    if (!this.#dataSets.some((dataSet) => dataSet.id === id)) return;
    await this.#drop(id);
    await this.#refresh();
    this.#options.onChange();
  }

  async wipe(): Promise<{ readonly ok: true } | Refusal> {
    return orRefusal(async () => {
      this.#queries.cancelAll();
      this.#loading?.abort();
      if (this.#state === 'ready') await this.#recorder.stop();
      await this.#engine.close();
      if ((await missingOpfs()) === null) {
        await removeDatabase();
        await removeDamaged();
      }
      this.#recorder.forget();
      this.#room.forget();
      this.#opening = null;
      await this.open();
      return { ok: true as const };
    }, false);
  }

  /** The database that was damaged, for its owner to keep; and then, when told to, no more. */
  async takeSetAside(): Promise<ExportedFile | Refusal> {
    const file = await damagedDatabase().catch(() => null);
    if (file) return { ok: true, name: file.name, blob: file, rows: 0 };
    return { ok: false, code: 'HISTORY_FAILED', reason: 'nothing is put aside any more' };
  }

  async removeSetAside(): Promise<void> {
    await removeDamaged();
    if (this.#problem?.code === 'HISTORY_DAMAGED') this.#problem = null;
    await this.#readSetAside();
    await this.#room.measure();
    this.#options.onChange();
  }

  state(): DeskState {
    return deskState({
      engine: this.#state,
      loaded: this.#loaded,
      problem: this.#problem,
      setAside: this.#setAside,
      place: this.#place,
      settings: this.#settings,
      recording: this.#recorder.health(),
      room: this.#room,
      stock: this.#stock,
      dataSets: this.#dataSets,
      restarts: Math.max(0, this.#engine.restarts),
    });
  }
}

/** Expected failures as values; DuckDB's own too. */
async function orRefusal<T>(work: () => Promise<T>, isQuery: boolean): Promise<T | Refusal> {
  try {
    return await work();
  } catch (error) {
    return refusalOf(error, isQuery);
  }
}
