import type { Removal } from '../lib/store/history/expire.ts';
import type { CellValue, ColumnKind } from '../lib/store/history/result.ts';
import type { Refusal } from './api-reports.ts';
import type { IncidentRow } from './api-detect.ts';

export type { CellValue, ColumnKind, Removal };

/**
 * What the page may ask of the history worker. One worker of all tabs owns the database; the others pass on what they are
 * asked, so that every tab gets the same answers. Expected failures are values (`ok: false`) with a code of docs/errors.md.
 */
export interface HistoryApi {
  /** `onState` gets at most 4 states a second, one at once. The engine is loaded when something needs it. */
  subscribe(onState: (state: HistoryState) => void): Promise<void>;
  /** Load the engine and open the database. */
  open(): Promise<{ readonly ok: true } | Refusal>;
  configure(settings: HistorySettings): Promise<void>;
  /** Take frames from a `FrameTee` at the other end; recorded while recording is on and this tab owns the database. */
  listen(port: MessagePort): Promise<void>;
  /** What the page knows of incidents: kept by id. */
  putIncidents(rows: readonly IncidentRow[]): Promise<void>;

  /** Run one statement that reads. */
  query(query: HistoryQuery): Promise<QueryResult | Refusal>;
  /** Stop a query or an export by its id; it ends with SQL_CANCELLED. */
  cancel(id: string): Promise<void>;
  /** The whole result of a statement as a file. */
  exportResult(query: HistoryQuery, format: ExportFormat): Promise<ExportedFile | Refusal>;
  /** Tables and columns a query on this data set finds. */
  schema(dataSet: string): Promise<readonly TableInfo[]>;

  /** Take in a file, a bundled recording or a range of the relay's archive. `onProgress` is called at most 10 times a second. */
  load(
    source: DataSource,
    onProgress: (progress: LoadProgress) => void,
  ): Promise<{ readonly ok: true; readonly dataSet: DataSet } | Refusal>;
  /** End what is being loaded. */
  cancelLoad(): Promise<void>;
  /** Let a data set go. */
  remove(dataSet: string): Promise<void>;
  /** Delete everything this page keeps of its history on this device. */
  wipe(): Promise<{ readonly ok: true } | Refusal>;
  /** The database that was damaged and put aside, as a file. */
  takeSetAside(): Promise<ExportedFile | Refusal>;
  removeSetAside(): Promise<void>;
}

export interface HistorySettings {
  readonly isRecording: boolean;
  /** Bytes the history may take on this device. */
  readonly quotaBytes: number;
  /** Recorded elems are kept so long. Minutes and incidents are kept for a year. */
  readonly keepDays: number;
}

export const DEFAULT_SETTINGS: HistorySettings = {
  isRecording: false,
  quotaBytes: 500e6,
  keepDays: 30,
};

export interface HistoryState {
  readonly engine: 'idle' | 'loading' | 'ready' | 'failed';
  /** Of the engine while it loads, bytes as unpacked. */
  readonly loaded: { readonly bytes: number; readonly totalBytes: number } | null;
  /**
   * Why it failed (HISTORY_ENGINE, HISTORY_FAILED), why nothing outlives the page (HISTORY_NO_FILES, HISTORY_HELD,
   * HISTORY_VERSION), that the database was put aside (HISTORY_DAMAGED), or that the oldest goes for want of room
   * (HISTORY_FULL); null when all is well.
   */
  readonly problem: Refusal | null;
  /** A database that could not be read, kept as it was until its owner has saved or deleted it; when it was last written, Unix ms. */
  readonly setAside: { readonly bytes: number; readonly changedMs: number } | null;
  /** `memory`: everything is gone when the page closes, for the reason above. */
  readonly place: 'device' | 'memory' | null;
  /** Whether this tab owns the database, asks another that does, or is waiting to know. */
  readonly role: 'owner' | 'guest' | 'waiting';
  readonly settings: HistorySettings;
  readonly recording: RecordingHealth;
  /** Bytes in use by the database, and by its file, which does not shrink by itself. */
  readonly usedBytes: number;
  readonly fileBytes: number;
  /** What the browser counts for this whole site, and would grant; null where it does not tell. */
  readonly browser: { readonly usedBytes: number; readonly quotaBytes: number } | null;
  /** Elems let go to keep within quota and age, since the page opened. */
  readonly expiredElems: number;
  /** What was let go and when, newest first, at most 50; remembered with the history. */
  readonly removals: readonly Removal[];
  /** The recording first; then what was loaded, newest first. */
  readonly dataSets: readonly DataSet[];
  /** Counts engine restarts: a query that did not stop ended it. */
  readonly restarts: number;
}

export interface RecordingHealth {
  /** Since the page opened. */
  readonly elems: number;
  /** Elems that were there already: another tab's, an earlier page's, another pass of a recording. */
  readonly repeatedElems: number;
  /** Elems and frames that could not be written, or came faster than they could be. */
  readonly droppedElems: number;
  readonly droppedFrames: number;
  readonly bad: readonly { readonly code: string; readonly count: number }[];
  /** When elems were last written, Unix ms. */
  readonly flushedAtMs: number | null;
  /** What went wrong with the newest write; empty when nothing did. */
  readonly reason: string;
}

/** What a question is put to. */
export interface DataSet {
  /** `recording` is what this browser saw. */
  readonly id: string;
  /** What it is a copy of: `recording`, `replay:` and a file name, `relay|` and a range; of a user's file the id. */
  readonly key: string;
  readonly kind: 'recording' | 'replay' | 'file' | 'relay';
  readonly name: string;
  readonly elems: number;
  /** First and last elem, Unix microseconds; null without any. */
  readonly fromUs: number | null;
  readonly toUs: number | null;
  readonly bytes: number;
  readonly loadedAtMs: number | null;
  readonly hasIncidents: boolean;
  /** Whether all that was asked for is in. */
  readonly isComplete: boolean;
  /** Columns the ready-made questions need and this has not. */
  readonly missing: readonly string[];
}

export interface HistoryQuery {
  /** Chosen by the page; `cancel` takes it. */
  readonly id: string;
  readonly dataSet: string;
  readonly sql: string;
  /** Rows to return, at most 10,000 (the default); more are counted out by `isCut`. Not for exports. */
  readonly maxRows?: number;
  /** Default 60 s, at most 10 min. */
  readonly timeoutMs?: number;
}

export const MAX_ROWS = 10_000;

export interface QueryResult {
  readonly ok: true;
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    readonly kind: ColumnKind;
    readonly values: readonly CellValue[];
  }[];
  readonly rowCount: number;
  /** Whether there are more rows than `maxRows`. */
  readonly isCut: boolean;
  readonly elapsedMs: number;
}

export type ExportFormat = 'csv' | 'parquet' | 'arrow';

export interface ExportedFile {
  readonly ok: true;
  readonly name: string;
  readonly blob: Blob;
  readonly rows: number;
}

export interface TableInfo {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

export type DataSource =
  /** A bundled recording (frame log). */
  | { readonly kind: 'replay'; readonly url: string; readonly name: string }
  /** A frame log, Parquet, Arrow IPC or CSV file of the user's. */
  | { readonly kind: 'file'; readonly file: File }
  /** A range of the relay's archive. */
  | { readonly kind: 'relay'; readonly range: RelayRange };

export interface RelayRange {
  /** Unix microseconds: from `fromUs` on, before `toUs`. */
  readonly fromUs: number;
  readonly toUs: number;
  readonly prefix: string;
  readonly asn: string;
}

export interface LoadProgress {
  readonly phase: 'reading' | 'storing' | 'detecting' | 'done';
  /** 0..1; null when it cannot be known. */
  readonly share: number | null;
  readonly elems: number;
  readonly bytes: number;
}
