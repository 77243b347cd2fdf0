import type { ElemBatch } from '#core/elem/batch.ts';
import type { Gap, SourceStatus } from '#core/wire/control.ts';

/** What a feed says, in the order it happened. */
export type FeedEvent =
  /** Never empty. `isAfterGap`: something between the batch before and this one is missing. */
  | { readonly type: 'batch'; readonly batch: ElemBatch; readonly isAfterGap: boolean }
  /** The source starts over: whatever was built from earlier batches is void. */
  | { readonly type: 'reset' }
  /** The connection or the source changed its state; read `health()`. */
  | { readonly type: 'status' };

/** A stream of batches. Iterated once; ends after `close()`. */
export interface Feed extends AsyncIterable<FeedEvent> {
  close(): void;
  health(): FeedHealth;
}

/** The connection to the relay. Counters are since the feed was made. */
export interface FeedHealth {
  readonly connection: 'connecting' | 'open' | 'waiting' | 'stopped';
  /** When the next attempt starts, Unix ms; null unless `waiting`. */
  readonly retryAtMs: number | null;
  /** Why the connection was lost or refused; empty when all is well. */
  readonly reason: string;
  readonly stream: number | null;
  /** Newest seq received; 0 before the first. */
  readonly seq: number;
  readonly source: SourceStatus | null;
  /** Arrival of the newest frame or status, Unix ms; null before the first. */
  readonly lastHeardMs: number | null;
  readonly frames: number;
  readonly bytes: number;
  readonly badFrames: number;
  readonly reconnects: number;
  readonly gapCount: number;
  /** Frames and elems known to be lost; unknown amounts count in `gapCount` only. */
  readonly lostFrames: number;
  readonly lostElems: number;
  /** The newest gaps, newest first, at most 20. */
  readonly gaps: readonly NotedGap[];
}

export interface NotedGap extends Gap {
  /** Data time of the last elem before the gap, Unix microseconds; null if there was none. */
  readonly atUs: number | null;
}
