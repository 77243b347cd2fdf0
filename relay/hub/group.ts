import type { ElemBatch } from '#core/elem/batch.ts';
import type { ElemFilter, ElemMatcher } from '#core/elem/filter.ts';
import { compileFilter, filterBatch } from '#core/elem/filter.ts';
import { batchOfFrame, frameOfBatch, withPrev } from './encode.ts';
import { CountHistory } from './history.ts';
import type { RingFrame } from './ring.ts';

/** What a filter leaves of one frame; null when nothing passes. `prev` is 0 when the frame before was not looked at. */
export interface Narrowed {
  readonly frame: Uint8Array;
  readonly prev: number;
}

/** Narrowed frames a group keeps for its clients that are behind. */
const MAX_CACHED_BYTES = 8 * 1024 * 1024;

/** All clients with the same filter: every batch is filtered and encoded once for them, however many they are. */
export class FilterGroup {
  readonly key: string;
  /** Clients in it, kept by the hub. */
  clients = 0;
  readonly #matcher: ElemMatcher;
  readonly #stream: number;
  readonly #counts: CountHistory;
  readonly #cache = new Map<number, Narrowed | null>();
  #cachedBytes = 0;
  #prev = 0;
  #encodes = 0;

  /**
   * @param key the filter's canonical JSON
   * @param seq the newest seq when the group begins
   */
  constructor(key: string, filter: ElemFilter, stream: number, seq: number) {
    this.key = key;
    this.#matcher = compileFilter(filter);
    this.#stream = stream;
    this.#counts = new CountHistory(seq);
  }

  /** Batches encoded for this group. */
  get encodes(): number {
    return this.#encodes;
  }

  get cachedBytes(): number {
    return this.#cachedBytes;
  }

  /** The next batch of the stream, once. */
  step(seq: number, batch: ElemBatch): void {
    const kept = filterBatch(batch, this.#matcher);
    this.#counts.add(kept ? 1 : 0, kept?.length ?? 0);
    if (!kept) return this.#remember(seq, null);
    this.#encodes++;
    this.#remember(seq, { frame: frameOfBatch(kept, this.#stream, seq, this.#prev), prev: this.#prev });
    this.#prev = seq;
  }

  /** A reset passes every filter. */
  stepReset(seq: number, frame: Uint8Array): void {
    this.#counts.add(1, 0);
    this.#remember(seq, { frame: withPrev(frame, this.#prev), prev: this.#prev });
    this.#prev = seq;
  }

  /** What the filter leaves of a frame of the ring. */
  narrow(entry: RingFrame): Narrowed | null {
    const cached = this.#cache.get(entry.seq);
    if (cached !== undefined) return cached;
    if (entry.isReset) return { frame: withPrev(entry.frame, 0), prev: 0 };
    const kept = filterBatch(batchOfFrame(entry.frame), this.#matcher);
    if (kept) this.#encodes++;
    const narrowed = kept && { frame: frameOfBatch(kept, this.#stream, entry.seq, 0), prev: 0 };
    this.#remember(entry.seq, narrowed);
    return narrowed;
  }

  /** What this filter would have let through of seqs `from .. to`; null when not known. */
  between(from: number, to: number): { frames: number; elems: number } | null {
    return this.#counts.between(from, to);
  }

  /** Forget frames before `seq`: the ring has let them go. */
  forget(seq: number): void {
    for (const cached of this.#cache.keys()) if (cached < seq) this.#drop(cached);
  }

  #remember(seq: number, narrowed: Narrowed | null): void {
    this.#cache.set(seq, narrowed);
    this.#cachedBytes += narrowed?.frame.length ?? 0;
    for (const oldest of this.#cache.keys()) {
      if (this.#cachedBytes <= MAX_CACHED_BYTES || oldest === seq) break;
      this.#drop(oldest);
    }
  }

  #drop(seq: number): void {
    this.#cachedBytes -= this.#cache.get(seq)?.frame.length ?? 0;
    this.#cache.delete(seq);
  }
}
