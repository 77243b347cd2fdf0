/** What `GET /api/import` tells, and `POST /api/import` and `DELETE /api/import` answer (docs/events.md). */
export interface ImportStatus {
  /** `idle`: none since the relay started. */
  readonly state: 'idle' | 'listing' | 'importing' | 'done' | 'failed' | 'cancelled';
  /** Of which event; null while idle. */
  readonly event: string | null;
  /** Its window, ISO 8601 UTC, to replay when it is done; null while idle. */
  readonly from: string | null;
  readonly to: string | null;
  /** Unix ms of the relay's clock; null while it has not begun, or ended. */
  readonly startedMs: number | null;
  readonly endedMs: number | null;
  readonly files: number;
  /** Files dealt with: imported, known or failed. */
  readonly done: number;
  readonly imported: number;
  /** Imported before. */
  readonly known: number;
  readonly failed: number;
  readonly elems: number;
  readonly bytes: number;
  /** Name of the file under way; empty between files. */
  readonly current: string;
  /** 0..1 of that file; null when not known. */
  readonly share: number | null;
  /** Collectors of which the archives have nothing of that time. */
  readonly missing: readonly { readonly collector: string; readonly detail: string }[];
  /** Files that failed, the newest 20. */
  readonly failures: readonly { readonly name: string; readonly code: string; readonly detail: string }[];
  /** Why the whole of it failed, a code of docs/errors.md; null otherwise. */
  readonly code: string | null;
  readonly reason: string;
}

export const NO_IMPORT: ImportStatus = {
  ...{ state: 'idle', event: null, from: null, to: null, startedMs: null, endedMs: null },
  ...{ files: 0, done: 0, imported: 0, known: 0, failed: 0, elems: 0, bytes: 0, current: '', share: null },
  ...{ missing: [], failures: [], code: null, reason: '' },
};
