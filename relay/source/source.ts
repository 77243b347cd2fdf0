import type { ElemBatch } from '#core/elem/batch.ts';
import type { SourceStatus } from '#core/wire/control.ts';

/** What a source says: elems in the order they happened, or that it starts over and earlier elems are void. */
export type SourceEvent =
  { readonly type: 'batch'; readonly batch: ElemBatch } | { readonly type: 'reset'; readonly reason: string };

/** Where elems come from. One consumer reads `batches`; after `close()` it ends. */
export interface Source {
  readonly batches: AsyncIterable<SourceEvent>;
  /**
   * Whether the source waits for its consumer without losing anything (a file read as fast as possible). The relay then
   * holds it back while clients are behind; any other source goes on and slow clients lose frames.
   */
  readonly isElastic: boolean;
  status(): SourceStatus;
  /** Counters beyond the status: how full, what was dropped and why. */
  stats(): SourceStats;
  close(): Promise<void>;
}

/** Counters since the source was opened. */
export interface SourceStats {
  /** Messages waiting to be decoded, and the most there may be. */
  readonly queued: number;
  readonly queueLimit: number;
  /** Messages let go because the queue was full. */
  readonly dropped: number;
  /** Bad messages by error code. */
  readonly badByCode: ReadonlyMap<string, number>;
  /** Reconnects by reason: `closed`, `silent`, `lagging`, `error`, `unreachable`. */
  readonly reconnectsByReason: ReadonlyMap<string, number>;
}

/** What the relay takes from its surroundings, so that tests can hold it. */
export interface Clock {
  /** Unix time in ms. */
  nowMs(): number;
  /** Uniform in [0, 1). */
  random(): number;
}

export const SYSTEM_CLOCK: Clock = { nowMs: () => Date.now(), random: () => Math.random() };
