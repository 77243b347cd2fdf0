import type { ErrorCode } from '#core/error.ts';
import type { RoutingEvent } from '#core/event/event.ts';
import type { ImportStatus } from '#core/event/import-status.ts';
import type { ArchiveBases } from '../archive-import/layout.ts';
import type { FromThread } from '../thread/messages.ts';
import type { DuckLimits } from './duck.ts';
import type { Failpoints } from './failpoint.ts';
import type { RetentionDays } from './parts.ts';
import type { SpoolLimits } from './spool.ts';
import type { ArchiveStatus } from './status.ts';

/** What the archive's thread is started with. */
export interface WorkerSettings {
  readonly dir: string;
  readonly dataDir: string;
  readonly spool: SpoolLimits;
  readonly duck: DuckLimits;
  readonly retention: RetentionDays;
  readonly failpoints: Failpoints;
}

/** To the archive's thread. */
export type ToWorker =
  | { readonly op: 'frame'; readonly frame: Uint8Array; readonly elems: number }
  | { readonly op: 'lose'; readonly elems: number; readonly code: ErrorCode }
  | { readonly op: 'import'; readonly id: number; readonly event: RoutingEvent; readonly bases: ArchiveBases }
  | { readonly op: 'import-cancel' }
  | { readonly op: 'close' };

/** From it. */
export type FromWorker =
  | {
      readonly op: 'tick';
      readonly status: ArchiveStatus;
      /** Bytes of frames taken out of the queue since the last tick. */
      readonly takenBytes: number;
      readonly importing: ImportStatus;
    }
  | { readonly op: 'import-answer'; readonly id: number; readonly isStarted: boolean }
  | FromThread;
