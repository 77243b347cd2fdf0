import { BgpError } from '#core/error.ts';
import type { DataSetRow, RecordingStock } from '../lib/store/history/data-sets.ts';
import { listDataSets, recordingStock, usedBytes } from '../lib/store/history/data-sets.ts';
import { Engine } from '../lib/store/history/engine.ts';
import { dropDataSet, expire } from '../lib/store/history/expire.ts';
import { historyError } from '../lib/store/history/failure.ts';
import { putIncidentsSql } from '../lib/store/history/incident-sql.ts';
import { databaseFileBytes, missingOpfs, removeDatabase } from '../lib/store/history/opfs.ts';
import { planExpiry } from '../lib/store/history/retention.ts';
import { RECORDING, viewsOf } from '../lib/store/history/schema.ts';
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
import { exportQuery } from './history-export.ts';
import { loadDataSet } from './history-load.ts';
import { Queries } from './history-query.ts';
import { Recorder } from './history-recorder.ts';

/** How often age and room are looked at. */
const EXPIRE_MS = 10_000;
/** What the browser should still have free before more is written. */
const MIN_FREE_BYTES = 16e6;
const NO_ROOM = 'the browser has no more room for this page: the oldest is let go';

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
  #opening: Promise<void> | null = null;
  #state: HistoryState['engine'] = 'idle';
  #loaded: HistoryState['loaded'] = null;
  #reason = '';
  #place: HistoryState['place'] = null;
  #settings = DEFAULT_SETTINGS;
  #stock: RecordingStock = { elems: 0, fromUs: null, toUs: null, oldestMs: null };
  #dataSets: DataSetRow[] = [];
  #usedBytes = 0;
  #fileBytes = 0;
  #browser: HistoryState['browser'] = null;
  #expired = 0;
  #loading: AbortController | null = null;
  #isWatching = false;
  #port: MessagePort | null = null;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#engine = this.#createEngine('memory');
    this.#queries = new Queries(this.#engine);
    this.#recorder = this.#createRecorder();
  }

  #createEngine(place: 'opfs' | 'memory'): Engine {
    return new Engine({
      place,
      onProgress: (bytes, totalBytes) => {
        this.#loaded = { bytes, totalBytes };
        this.#options.onChange();
      },
    });
  }

  #createRecorder(): Recorder {
    return new Recorder({
      engine: { rows: (sql) => this.#engine.rows(sql), write: (work) => this.#engine.write(work) },
      nowMs: this.#options.nowMs,
      makeRoom: () => this.#expireNow(true),
      onWritten: (elems, fromUs, toUs) => {
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

  /** Open the database; at once when it is. @throws {BgpError} HISTORY_FAILED */
  open(): Promise<void> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = null;
      this.#state = 'failed';
      this.#reason = historyError(error).message;
      this.#options.onChange();
      throw error;
    });
    return this.#opening;
  }

  async #open(): Promise<void> {
    this.#state = 'loading';
    this.#options.onChange();
    const missing = await missingOpfs();
    this.#reason = missing ?? '';
    await this.#start(missing === null ? 'opfs' : 'memory');
    this.#state = 'ready';
    this.#loaded = null;
    await this.#recorder.open();
    await this.#refresh();
    await this.#dropUnfinished();
    this.#follow();
    if (!this.#isWatching) setInterval(() => void this.#expireNow(false).catch(() => undefined), EXPIRE_MS);
    this.#isWatching = true;
    this.#options.onChange();
    void this.#expireNow(false).catch(() => undefined);
  }

  /** A database that cannot be opened is left as it is, and this page goes on without one on the device. */
  async #start(place: 'opfs' | 'memory'): Promise<void> {
    this.#engine = this.#createEngine(place);
    this.#queries = new Queries(this.#engine);
    try {
      await this.#engine.start();
      this.#place = place === 'opfs' ? 'device' : 'memory';
    } catch (error) {
      if (place === 'memory') throw error;
      this.#reason = `the history on this device cannot be opened: ${historyError(error).message}`;
      await this.#start('memory');
    }
  }

  /** What was being loaded when the page ended is not whole. */
  async #dropUnfinished(): Promise<void> {
    for (const { id, isComplete } of this.#dataSets) {
      if (!isComplete) await this.#engine.write((writer) => dropDataSet(writer, id));
    }
    await this.#refresh();
  }

  async #refresh(): Promise<void> {
    this.#stock = await recordingStock(this.#engine);
    this.#dataSets = await listDataSets(this.#engine);
    await this.#measure();
  }

  async #measure(): Promise<void> {
    this.#usedBytes = await usedBytes(this.#engine);
    this.#fileBytes = this.#place === 'device' ? await databaseFileBytes().catch(() => 0) : 0;
    const estimate = await navigator.storage?.estimate().catch(() => null);
    this.#browser =
      estimate?.usage === undefined || estimate.quota === undefined
        ? null
        : { usedBytes: estimate.usage, quotaBytes: estimate.quota };
  }

  async configure(settings: HistorySettings): Promise<void> {
    this.#settings = settings;
    this.#follow();
    this.#options.onChange();
    if (this.#state === 'ready') await this.#expireNow(false);
    else if (settings.isRecording && this.#port) await this.open();
  }

  /** Frames to record come over this port. */
  async listen(port: MessagePort): Promise<void> {
    if (this.#port) {
      if (this.#recorder.isListening) await this.#recorder.stop();
      this.#port.close();
    }
    this.#port = port;
    if (this.#settings.isRecording) await this.open();
    this.#follow();
  }

  #follow(): void {
    const port = this.#settings.isRecording && this.#state === 'ready' ? this.#port : null;
    if (port !== null && !this.#recorder.isListening) this.#recorder.listen(port);
    else if (port === null && this.#recorder.isListening) void this.#recorder.stop();
  }

  /** Let go of what is too old or too much. @param isUrgent the browser has no room: a tenth goes whatever the quota is. */
  async #expireNow(isUrgent: boolean): Promise<void> {
    if (this.#state !== 'ready') return;
    await this.#measure();
    const isTight =
      this.#place === 'device' &&
      this.#browser !== null &&
      this.#browser.quotaBytes - this.#browser.usedBytes < MIN_FREE_BYTES;
    const { quotaBytes, keepDays } = this.#settings;
    const plan = planExpiry({
      nowMs: this.#options.nowMs(),
      keepDays,
      quotaBytes: isUrgent || isTight ? Math.min(quotaBytes, this.#usedBytes * 0.999) : quotaBytes,
      usedBytes: this.#usedBytes,
      elems: this.#stock.elems,
      oldestMs: this.#stock.oldestMs,
      loaded: [...this.#dataSets].reverse(),
    });
    if (isUrgent || isTight) this.#reason = NO_ROOM;
    else if (this.#reason === NO_ROOM) this.#reason = '';
    if (plan) {
      this.#expired += await expire(this.#engine, plan, this.#options.nowMs());
      await this.#refresh();
    }
    this.#options.onChange();
  }

  async putIncidents(rows: readonly IncidentRow[]): Promise<void> {
    if (this.#state !== 'ready' || !this.#settings.isRecording) return;
    const statements = putIncidentsSql('recording_incidents', rows.slice(0, 2000));
    if (statements.length === 0) return;
    await this.#engine.write(async (writer) => {
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
    const views = await this.#viewsOf(dataSet).catch(() => []);
    const tables: TableInfo[] = [];
    for (const view of views) {
      const name = /VIEW (\w+) AS/.exec(view)![1]!;
      const select = view.slice(view.indexOf(' AS ') + 4);
      const rows = await this.#engine.rows(`DESCRIBE ${select}`);
      tables.push({
        name,
        columns: rows.map((row) => ({ name: String(row['column_name']), type: String(row['column_type']) })),
      });
    }
    return tables;
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
          engine: this.#engine,
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
    await this.#engine.write((writer) => dropDataSet(writer, id));
    await this.#refresh();
    this.#options.onChange();
  }

  async wipe(): Promise<{ readonly ok: true } | Refusal> {
    return orRefusal(async () => {
      this.#queries.cancelAll();
      this.#loading?.abort();
      if (this.#state === 'ready') await this.#recorder.stop();
      await this.#engine.close();
      if ((await missingOpfs()) === null) await removeDatabase();
      this.#recorder.forget();
      this.#opening = null;
      this.#expired = 0;
      await this.open();
      return { ok: true as const };
    }, false);
  }

  state(): DeskState {
    const recording: DataSet = {
      id: RECORDING,
      key: RECORDING,
      kind: 'recording',
      name: 'What this browser saw',
      elems: this.#stock.elems,
      fromUs: this.#stock.fromUs,
      toUs: this.#stock.toUs,
      bytes: Math.max(0, this.#usedBytes - this.#dataSets.reduce((sum, { bytes }) => sum + bytes, 0)),
      loadedAtMs: null,
      hasIncidents: true,
      isComplete: true,
      missing: [],
    };
    return {
      engine: this.#state,
      loaded: this.#loaded,
      reason: this.#reason,
      place: this.#place,
      settings: this.#settings,
      recording: this.#recorder.health(),
      usedBytes: this.#usedBytes,
      fileBytes: this.#fileBytes,
      browser: this.#browser,
      expiredElems: this.#expired,
      dataSets: [
        recording,
        ...this.#dataSets
          .filter(({ isComplete }) => isComplete)
          .map(({ loadedMs, ...dataSet }) => ({ ...dataSet, loadedAtMs: loadedMs })),
      ],
      restarts: Math.max(0, this.#engine.restarts),
    };
  }
}

/** Expected failures as values; DuckDB's own too. */
async function orRefusal<T>(work: () => Promise<T>, isQuery: boolean): Promise<T | Refusal> {
  try {
    return await work();
  } catch (error) {
    const { code, message } = historyError(error, isQuery);
    return { ok: false, code, reason: message.replace(`${code}: `, '') };
  }
}
