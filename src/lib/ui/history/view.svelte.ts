import type {
  DataSet,
  DataSource,
  ExportFormat,
  HistoryQuery,
  LoadProgress,
  QueryResult,
  TableInfo,
} from '../../../workers/api-history.ts';
import type { Refusal } from '../../../workers/api.ts';
import { saveBlob } from './save-blob.ts';
import type { History } from './history.svelte.ts';
import type { HistoryLink } from './link.ts';
import { parseTime } from './link.ts';
import { questionOf } from './questions/questions.ts';

/** What the page shows of an answer. */
export interface Answer {
  /** Question, data set and SQL it is the answer to. */
  readonly of: string;
  readonly sql: string;
  readonly result: QueryResult | Refusal;
}

/** The history page's state: what is asked, what came of it, what is being loaded. */
export class HistoryView {
  readonly history: History;
  answer = $state.raw<Answer | null>(null);
  runningSince = $state<number | null>(null);
  progress = $state.raw<LoadProgress | null>(null);
  loadingName = $state('');
  loadRefusal = $state.raw<Refusal | null>(null);
  exporting = $state<ExportFormat | null>(null);
  exportRefusal = $state.raw<Refusal | null>(null);
  tables = $state.raw<readonly TableInfo[]>([]);
  #running: HistoryQuery | null = null;
  #tried: string[] = [];

  constructor(history: History) {
    this.history = history;
  }

  dataSetOf(key: string): DataSet | null {
    return this.history.state?.dataSets.find((one) => one.key === key) ?? null;
  }

  /** The SQL of a link; null for a question that is none. */
  sqlOf(link: HistoryLink, dataSet: DataSet): string | null {
    if (link.question === 'sql') return link.sql.trim() === '' ? null : link.sql;
    const question = questionOf(link.question);
    if (!question) return null;
    const { fromUs, toUs } = link.params;
    const spanUs = (toUs ?? dataSet.toUs ?? 0) - (fromUs ?? dataSet.fromUs ?? 0);
    return question.sql(link.params, Math.max(0, spanUs));
  }

  /** Ask; a question still being answered is given up. */
  async run(dataSet: DataSet, sql: string, of: string): Promise<void> {
    await this.cancel();
    const query: HistoryQuery = { id: this.history.newQueryId(), dataSet: dataSet.id, sql };
    this.#running = query;
    this.runningSince = Date.now();
    const result = await this.history.query(query).catch((error: unknown) => failed(error));
    if (this.#running !== query) return;
    this.#running = null;
    this.runningSince = null;
    this.answer = { of, sql, result };
  }

  /** Stop the query that runs; its answer will say that it was stopped. */
  async stop(): Promise<void> {
    if (this.#running) await this.history.cancel(this.#running.id);
  }

  async cancel(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    this.runningSince = null;
    if (running) await this.history.cancel(running.id);
  }

  async exportAs(dataSet: DataSet, sql: string, format: ExportFormat, name: string): Promise<number | null> {
    this.exporting = format;
    this.exportRefusal = null;
    const query: HistoryQuery = { id: this.history.newQueryId(), dataSet: dataSet.id, sql };
    const file = await this.history.exportResult(query, format).catch((error: unknown) => failed(error));
    this.exporting = null;
    if (!file.ok) {
      this.exportRefusal = file;
      return null;
    }
    saveBlob(file.blob, `routescope-${name}.${format}`);
    return file.rows;
  }

  /** @returns the data set's key; null when it was refused */
  async load(source: DataSource, name: string): Promise<string | null> {
    this.loadingName = name;
    this.loadRefusal = null;
    this.progress = { phase: 'reading', share: null, elems: 0, bytes: 0 };
    const loaded = await this.history
      .load(source, (progress) => (this.progress = progress))
      .catch((error: unknown) => failed(error));
    this.progress = null;
    if (loaded.ok) return loaded.dataSet.key;
    if (loaded.code !== 'SQL_CANCELLED') this.loadRefusal = loaded;
    return null;
  }

  /** Load what a link names and is not here, once. */
  async loadKey(key: string, titleOf: (file: string) => string): Promise<void> {
    if (this.#tried.includes(key) || this.progress) return;
    this.#tried.push(key);
    const source = sourceOf(key, titleOf);
    if (source) await this.load(source, source.kind === 'replay' ? source.name : 'archive range');
  }

  async readSchema(dataSet: DataSet): Promise<void> {
    this.tables = await this.history.schema(dataSet.id).catch(() => []);
  }
}

/** Where a data set of this key can be had; null for one that is only on the device that loaded it. */
export function sourceOf(key: string, titleOf: (file: string) => string): DataSource | null {
  const file = /^replay:([\w.-]+\.rsl)$/.exec(key)?.[1];
  if (file !== undefined) return { kind: 'replay', url: `/replays/${file}`, name: titleOf(file) };
  const [kind, from, to, prefix, asn] = key.split('|');
  if (kind !== 'relay') return null;
  const [fromUs, toUs] = [
    parseTime((from ?? '').replace(/\.000Z$/, 'Z')),
    parseTime((to ?? '').replace(/\.000Z$/, 'Z')),
  ];
  if (fromUs === null || toUs === null || toUs <= fromUs) return null;
  return { kind: 'relay', range: { fromUs, toUs, prefix: prefix ?? '', asn: asn ?? '' } };
}

function failed(error: unknown): Refusal {
  return { ok: false, code: 'HISTORY_FAILED', reason: error instanceof Error ? error.message : 'it failed' };
}
