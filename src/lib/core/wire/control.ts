import type { ElemFilter } from '../elem/filter.ts';

/**
 * The text messages of the binary stream (docs/wire.md §3): JSON objects with a `type`, ordered with the frames around
 * them on the same socket.
 */

/** Where the elems come from and how that is going. Sent in `hello` and `status`. */
export interface SourceStatus {
  readonly kind: 'ris-live' | 'replay';
  /** What people read: `RIS Live`, `YouTube/Pakistan Telecom, 24 Feb 2008`. */
  readonly label: string;
  readonly state: 'connecting' | 'running' | 'silent' | 'lagging' | 'ended' | 'failed';
  /** Why this source and not another, or what went wrong; empty when there is nothing to say. */
  readonly reason: string;
  /** Replay only: data seconds per second; 0 means as fast as possible. */
  readonly speed: number | null;
  /** Replay only: how many times it has started, 1 on the first pass. */
  readonly pass: number | null;
  /** Replay only: first and last moment of the recording, Unix microseconds. */
  readonly startUs: number | null;
  readonly endUs: number | null;
  /** Time of the newest elem, Unix microseconds; null before the first. */
  readonly dataTimeUs: number | null;
  /** How far the newest message was behind when it arrived, ms; null for a replay. */
  readonly lagMs: number | null;
  /** Counters since the relay started. */
  readonly messages: number;
  readonly elems: number;
  readonly badMessages: number;
  readonly reconnects: number;
}

/**
 * Frames this client will never get. `frames` and `elems` are null when nobody can know (the relay restarted).
 * `unexplained` is the client's own finding: a frame's `prev` showed that others are missing, and no message said so.
 */
export interface Gap {
  readonly reason: 'slow' | 'evicted' | 'restarted' | 'unexplained';
  /** First and last missing seq; null when unknown. */
  readonly from: number | null;
  readonly to: number | null;
  readonly frames: number | null;
  readonly elems: number | null;
}

export type ServerMessage =
  | {
      readonly type: 'hello';
      /** Frame format version. */
      readonly version: number;
      /** Names this run of the relay: seqs of another stream mean nothing here. */
      readonly stream: number;
      /** Newest seq of the relay; 0 before the first frame. */
      readonly seq: number;
      /** Oldest seq still in the resume ring; 0 when it is empty. */
      readonly oldest: number;
      readonly source: SourceStatus;
    }
  | { readonly type: 'status'; readonly seq: number; readonly source: SourceStatus }
  | ({ readonly type: 'gap' } & Gap)
  | { readonly type: 'error'; readonly code: string; readonly detail: string };

export type ClientMessage = { readonly type: 'filter'; readonly filter: ElemFilter | null };
