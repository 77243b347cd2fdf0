import { proxy, transfer } from 'comlink';
import type {
  DataSource,
  ExportedFile,
  ExportFormat,
  HistoryApi,
  HistoryQuery,
  HistorySettings,
  HistoryState,
  LoadProgress,
  QueryResult,
  TableInfo,
} from '../../../workers/api-history.ts';
import type { Refusal } from '../../../workers/api.ts';
import type { HistoryHandle } from '../../../workers/spawn.ts';
import { spawnHistory } from '../../../workers/spawn.ts';
import type { Live } from '../live.svelte.ts';
import { DEFAULT_SETTINGS, loadSettings, saveSettings } from './settings.ts';

/** How often what is known of incidents is handed to the history. */
const INCIDENTS_MS = 15_000;
const MAX_INCIDENTS = 1000;

const gone: Refusal = {
  ok: false,
  code: 'HISTORY_FAILED',
  reason: 'the history worker has ended: start it again',
};

/** The page's mirror of the history worker. Nothing is started before `start`. */
export class History {
  state = $state.raw<HistoryState | null>(null);
  /** Why the worker died; null while it lives. */
  crash = $state.raw<string | null>(null);
  settings = $state.raw<HistorySettings>(loadSettings() ?? DEFAULT_SETTINGS);
  /** Whether somebody keeps it linked to the stream (`recordNow`). */
  isFed = false;
  readonly #live: Live;
  #handle: HistoryHandle | null = null;
  #isConfigured = false;
  #died: (refusal: Refusal) => void = () => undefined;
  #death: Promise<Refusal> = new Promise(() => undefined);
  #nextQuery = 1;
  #incidentsOf = -1;

  constructor(live: Live) {
    this.#live = live;
  }

  get isStarted(): boolean {
    return this.#handle !== null;
  }

  /** Start the worker, or start another after a crash. */
  async start(): Promise<void> {
    if (this.#handle) return;
    this.crash = null;
    this.#isConfigured = false;
    const handle = spawnHistory();
    this.#handle = handle;
    this.#death = new Promise((resolve) => (this.#died = resolve));
    handle.onCrash((reason) => {
      if (this.#handle !== handle) return;
      this.#handle = null;
      this.crash = reason;
      this.#died(gone);
    });
    await handle.history.subscribe(
      proxy((state: HistoryState) => {
        if (this.#handle === handle) this.#take(state);
      }),
    );
    await handle.history.configure(this.settings);
    this.#isConfigured = true;
  }

  /** Settings of another tab are this one's too; before it was told ours, a worker has those it begins with. */
  #take(state: HistoryState): void {
    this.state = state;
    if (this.#isConfigured && state.role !== 'waiting') this.settings = state.settings;
  }

  /** Let the worker have the frames of the pipeline worker; again after that one was started anew. */
  async link(): Promise<void> {
    const handle = this.#handle;
    if (!handle) return;
    const { port1, port2 } = new MessageChannel();
    await this.#live.ask((pipeline) => pipeline.tee(transfer(port1, [port1])));
    await handle.history.listen(transfer(port2, [port2]));
  }

  async setSettings(change: Partial<HistorySettings>): Promise<void> {
    this.settings = { ...this.settings, ...change };
    saveSettings(this.settings);
    await this.#handle?.history.configure(this.settings);
  }

  /** Hand over what is known of incidents when it has changed. */
  async putIncidents(): Promise<void> {
    const version = this.#live.calm?.incidents.version ?? -1;
    if (!this.#handle || !this.settings.isRecording || version === this.#incidentsOf) return;
    this.#incidentsOf = version;
    const list = await this.#live.ask((pipeline) =>
      pipeline.incidents({ earlier: true, limit: MAX_INCIDENTS }),
    );
    if (list) await this.#handle?.history.putIncidents(list.rows);
  }

  /** Everything that goes on while a page is open. @returns the undo */
  follow(): () => void {
    const timer = setInterval(() => void this.putIncidents().catch(() => undefined), INCIDENTS_MS);
    return () => clearInterval(timer);
  }

  newQueryId(): string {
    return `${Date.now().toString(36)}-${this.#nextQuery++}-${Math.floor(Math.random() * 1e6)}`;
  }

  query(query: HistoryQuery): Promise<QueryResult | Refusal> {
    return this.#ask((history) => history.query(query));
  }

  exportResult(query: HistoryQuery, format: ExportFormat): Promise<ExportedFile | Refusal> {
    return this.#ask((history) => history.exportResult(query, format));
  }

  async cancel(id: string): Promise<void> {
    await this.#handle?.history.cancel(id);
  }

  async schema(dataSet: string): Promise<readonly TableInfo[]> {
    return (await this.#handle?.history.schema(dataSet)) ?? [];
  }

  open(): ReturnType<HistoryApi['open']> {
    return this.#ask((history) => history.open());
  }

  load(source: DataSource, onProgress: (progress: LoadProgress) => void): ReturnType<HistoryApi['load']> {
    return this.#ask((history) => history.load(source, proxy(onProgress)));
  }

  async cancelLoad(): Promise<void> {
    await this.#handle?.history.cancelLoad();
  }

  async remove(dataSet: string): Promise<void> {
    await this.#handle?.history.remove(dataSet);
  }

  wipe(): ReturnType<HistoryApi['wipe']> {
    return this.#ask((history) => history.wipe());
  }

  /** The damaged database that was put aside. */
  takeSetAside(): ReturnType<HistoryApi['takeSetAside']> {
    return this.#ask((history) => history.takeSetAside());
  }

  async removeSetAside(): Promise<void> {
    await this.#handle?.history.removeSetAside();
  }

  /** What is asked of a worker that dies is answered all the same. */
  #ask<T>(question: (history: HistoryApi) => Promise<T>): Promise<T | Refusal> {
    const { history } = this.#handle ?? { history: null };
    if (!history) return Promise.resolve(gone);
    // Comlink's own type would split a union answer into a union of promises.
    return Promise.race([question(history as unknown as HistoryApi), this.#death]);
  }
}

const known = new WeakMap<Live, History>();

/** The history of this page: one worker, whoever asks for it. */
export function historyOf(live: Live): History {
  let history = known.get(live);
  if (!history) known.set(live, (history = new History(live)));
  return history;
}
