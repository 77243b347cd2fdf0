import type { ElemBatch } from '#core/elem/batch.ts';
import type { ElemFilter } from '#core/elem/filter.ts';
import type { ServerMessage, SourceStatus } from '#core/wire/control.ts';
import { FRAME_VERSION } from '#core/wire/frame.ts';
import type { ClientLimits, ClientSocket, ClientStart } from './hub/client.ts';
import { CLIENT_LIMITS, StreamClient } from './hub/client.ts';
import { frameOfBatch, frameOfReset } from './hub/encode.ts';
import { FilterGroup } from './hub/group.ts';
import { CountHistory } from './hub/history.ts';
import type { RingLimits } from './hub/ring.ts';
import { FrameRing } from './hub/ring.ts';

export interface HubOptions {
  /** Names this run of the relay, u32. */
  readonly stream: number;
  readonly ring: RingLimits;
  readonly client?: ClientLimits;
  /** Different filters in use at the same time, at most. */
  readonly maxGroups?: number;
}

/** What a client asks for when it connects. */
export interface StreamRequest {
  /** The last seq it has, and of which stream; null for a client that comes for the first time. */
  readonly resume: { readonly stream: number; readonly after: number } | null;
  /** Frames of the past it wants to begin with. */
  readonly backfill: number;
  readonly filter: ElemFilter | null;
}

/** Counters since the start. */
export interface HubStats {
  readonly stream: number;
  readonly seq: number;
  readonly oldest: number;
  readonly ringBytes: number;
  readonly ringFrames: number;
  readonly evictedFrames: number;
  readonly elems: number;
  /** Batches encoded: one per batch and distinct filter, however many clients. */
  readonly encodes: number;
  readonly clients: number;
  readonly groups: number;
  readonly bufferedBytes: number;
  readonly sentFrames: number;
  readonly sentBytes: number;
  readonly gaps: number;
  readonly lostFrames: number;
  readonly lostElems: number;
}

const MAX_GROUPS = 256;
/** A client this many frames behind holds an elastic source back. */
const CAUGHT_UP_FRAMES = 64;

/** Numbers batches, encodes each once, keeps the newest and gives them to every client at its own pace. */
export class Hub {
  readonly stream: number;
  readonly #options: HubOptions;
  readonly #ring: FrameRing;
  readonly #counts = new CountHistory(0);
  readonly #totals = { frames: 0, bytes: 0, gaps: 0, lostFrames: 0, lostElems: 0 };
  readonly #clients = new Set<StreamClient>();
  readonly #groups = new Map<string, FilterGroup>();
  readonly #listeners = new Set<(batch: ElemBatch, frame: Uint8Array) => void>();
  #elems = 0;
  #encodes = 0;
  #resetSeq = 0;
  #held = 0;

  constructor(options: HubOptions) {
    this.stream = options.stream;
    this.#options = options;
    this.#ring = new FrameRing(options.ring);
  }

  /** Whether anybody listens. */
  get isHeard(): boolean {
    return this.#clients.size + this.#held > 0;
  }

  /** Somebody who listens otherwise than as a client wants batches soon; `release` when not any more. */
  hold(): void {
    this.#held++;
  }

  release(): void {
    this.#held--;
  }

  /** Send a batch to everybody. */
  publish(batch: ElemBatch): void {
    const seq = this.#ring.newest + 1;
    const frame = frameOfBatch(batch, this.stream, seq, seq - 1);
    this.#encodes++;
    this.#elems += batch.length;
    for (const group of this.#groups.values()) group.step(seq, batch);
    this.#add(seq, frame, batch.length, false);
    for (const listener of this.#listeners) listener(batch, frame);
  }

  /** Tell everybody that the source starts over. */
  reset(): void {
    const seq = this.#ring.newest + 1;
    const frame = frameOfReset(this.stream, seq, seq - 1);
    for (const group of this.#groups.values()) group.stepReset(seq, frame);
    this.#resetSeq = seq;
    this.#add(seq, frame, 0, true);
  }

  #add(seq: number, frame: Uint8Array, elems: number, isReset: boolean): void {
    const { oldest } = this.#ring;
    this.#counts.add(1, elems);
    this.#ring.push({ seq, frame, elems, isReset });
    if (this.#ring.oldest !== oldest)
      for (const group of this.#groups.values()) group.forget(this.#ring.oldest);
    for (const client of this.#clients) client.pump();
  }

  /**
   * Take a client in: says hello, tells what it missed for good, sends what it missed and goes on from there.
   *
   * @returns null when there are too many different filters; the socket is left alone then.
   */
  join(socket: ClientSocket, request: StreamRequest, source: SourceStatus): StreamClient | null {
    const group = this.#enter(request.filter);
    if (group === undefined) return null;
    const { newest: seq, oldest } = this.#ring;
    const shared = { ring: this.#ring, counts: this.#counts, totals: this.#totals };
    const isOurs = request.resume?.stream === this.stream && request.resume.after <= seq;
    const start: ClientStart =
      isOurs && request.resume
        ? { at: request.resume.after, isKnown: true }
        : { at: Math.max(this.#resetSeq, oldest - 1, seq - request.backfill, 0), isKnown: false };
    const client = new StreamClient(socket, shared, group, start, this.#options.client ?? CLIENT_LIMITS);
    client.send({ type: 'hello', version: FRAME_VERSION, stream: this.stream, seq, oldest, source });
    if (request.resume && !isOurs) {
      this.#totals.gaps++;
      client.send({ type: 'gap', reason: 'restarted', from: null, to: null, frames: null, elems: null });
    }
    this.#clients.add(client);
    client.pump();
    return client;
  }

  /** Give a client another filter from its next frame on. @returns false when there are too many different ones. */
  refilter(client: StreamClient, filter: ElemFilter | null): boolean {
    const group = this.#enter(filter);
    if (group === undefined) return false;
    this.#leave(client.group);
    client.setGroup(group);
    client.pump();
    return true;
  }

  /** The client's socket is closed. */
  leave(client: StreamClient): void {
    client.end();
    if (this.#clients.delete(client)) this.#leave(client.group);
  }

  /** @param filter canonical: equal filters have equal JSON. @returns undefined when there is no room for another. */
  #enter(filter: ElemFilter | null): FilterGroup | null | undefined {
    if (filter === null || Object.keys(filter).length === 0) return null;
    const key = JSON.stringify(filter);
    let group = this.#groups.get(key);
    if (!group) {
      if (this.#groups.size >= (this.#options.maxGroups ?? MAX_GROUPS)) return undefined;
      group = new FilterGroup(key, filter, this.stream, this.#ring.newest);
      this.#groups.set(key, group);
    }
    group.clients++;
    return group;
  }

  #leave(group: FilterGroup | null): void {
    if (!group || --group.clients > 0) return;
    this.#groups.delete(group.key);
    this.#encodes += group.encodes;
  }

  /** Hear every batch as it is published, and the frame made of it; does not count as being heard. @returns the way to stop. */
  listen(listener: (batch: ElemBatch, frame: Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Send the source's status to everybody, and let go of clients that take nothing. */
  tick(source: SourceStatus): void {
    const message: ServerMessage = { type: 'status', seq: this.#ring.newest, source };
    const text = JSON.stringify(message);
    for (const client of this.#clients) {
      client.checkStall();
      client.pump();
      client.sendStatus(text);
    }
  }

  /** Resolves when no client is far behind, or after `maxMs`. */
  async caughtUp(maxMs: number): Promise<void> {
    const untilMs = performance.now() + maxMs;
    while (performance.now() < untilMs) {
      const floor = this.#ring.newest - CAUGHT_UP_FRAMES;
      if (![...this.#clients].some((client) => client.at < floor)) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Let clients take what is left, at most for `maxMs`, then close them all. */
  async close(code: number, reason: string, maxMs: number): Promise<void> {
    const untilMs = performance.now() + maxMs;
    const isDone = (client: StreamClient): boolean =>
      client.at === this.#ring.newest && client.bufferedBytes === 0;
    while (performance.now() < untilMs && ![...this.#clients].every(isDone)) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    for (const client of this.#clients) client.close(code, reason);
  }

  stats(): HubStats {
    let encodes = this.#encodes;
    for (const group of this.#groups.values()) encodes += group.encodes;
    let bufferedBytes = 0;
    for (const client of this.#clients) bufferedBytes += client.bufferedBytes;
    const { newest: seq, oldest, bytes, evicted } = this.#ring;
    return {
      stream: this.stream,
      seq,
      oldest,
      ringBytes: bytes,
      ringFrames: seq === 0 ? 0 : seq - oldest + 1,
      evictedFrames: evicted,
      elems: this.#elems,
      encodes,
      clients: this.#clients.size,
      groups: this.#groups.size,
      bufferedBytes,
      sentFrames: this.#totals.frames,
      sentBytes: this.#totals.bytes,
      gaps: this.#totals.gaps,
      lostFrames: this.#totals.lostFrames,
      lostElems: this.#totals.lostElems,
    };
  }
}
