import type { ElemBatch } from '#core/elem/batch.ts';
import { ELEM_FLAG } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { ElemCopier } from '#core/elem/copier.ts';
import type { OpenFrame } from '#core/replay/frame-cache.ts';
import type { Recording } from '#core/replay/recording.ts';
import { firstWhere } from '#core/replay/recording.ts';
import type { SourceStatus } from '#core/wire/control.ts';
import type { Feed, FeedEvent, FeedHealth } from './feed.ts';

export interface ReplayFeedOptions {
  readonly recording: Recording;
  /** What it is called. */
  readonly label: string;
  /** Data seconds per second; 0 as fast as it is taken. */
  readonly speed: number;
}

/** A batch with what time it was in the stream at each of its elems. */
export type ReplayBatch = Extract<FeedEvent, { type: 'batch' }> & OpenFrame;

/** Batches are at least this far apart, so that a fast replay does not dribble. */
const TICK_MS = 50;
/** Silence in the data that would take longer than this is skipped. */
const MAX_HOLE_MS = 60_000;

/**
 * A recording as a feed: the seam through which it goes where the live stream goes. Unpaced it hands out frame by frame, paced
 * what is due. It ends with the recording.
 */
export class ReplayFeed implements Feed {
  /** Milliseconds spent decoding so far. */
  decodeMs = 0;
  readonly #options: ReplayFeedOptions;
  readonly #builder = new BatchBuilder();
  readonly #copier = new ElemCopier(this.#builder);
  #isClosed = false;
  #isEnded = false;
  #wake: (() => void) | null = null;
  #frames = 0;
  #elems = 0;
  #messages = 0;
  #dataTimeUs: number | null = null;
  /** Data moment `#anchorUs` is due at `#anchorMs`. */
  #anchorUs: number;
  #anchorMs = Number.NaN;

  constructor(options: ReplayFeedOptions) {
    this.#options = options;
    this.#anchorUs = options.recording.startUs;
  }

  /** The recording's last moment, Unix microseconds. */
  get endUs(): number {
    return this.#options.recording.endUs;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ReplayBatch, void, undefined> {
    const { recording, speed } = this.#options;
    for (let index = 0; index < recording.frames.length && !this.#isClosed; index++) {
      const startMs = performance.now();
      const frame = recording.open(index);
      this.decodeMs += performance.now() - startMs;
      this.#frames++;
      if (speed === 0) yield this.#noted(frame);
      else yield* this.#paced(frame);
    }
    this.#isEnded = true;
  }

  /** The frame in parts, each when it is due. */
  async *#paced({ batch, clockUs }: OpenFrame): AsyncGenerator<ReplayBatch> {
    for (let from = 0; from < batch.length && !this.#isClosed;) {
      const dueUs = this.#dueUs(clockUs[from]!);
      const to = firstWhere(batch.length, (i) => clockUs[i]! > dueUs);
      if (to > from)
        yield this.#noted({ batch: this.#part(batch, from, to), clockUs: clockUs.slice(from, to) });
      from = Math.max(from, to);
      if (from < batch.length && !this.#isClosed) await this.#sleepUntil(clockUs[from]!);
    }
  }

  /** The data moment that is due now. A hole that would take too long is skipped. */
  #dueUs(nextUs: number): number {
    const nowMs = performance.now();
    if (Number.isNaN(this.#anchorMs)) this.#anchorMs = nowMs;
    const usPerMs = this.#options.speed * 1000;
    const dueUs = this.#anchorUs + (nowMs - this.#anchorMs) * usPerMs;
    if (nextUs - dueUs <= MAX_HOLE_MS * usPerMs) return dueUs;
    this.#anchorUs = nextUs;
    this.#anchorMs = nowMs;
    return nextUs;
  }

  async #sleepUntil(nextUs: number): Promise<void> {
    const waitMs =
      this.#anchorMs + (nextUs - this.#anchorUs) / (this.#options.speed * 1000) - performance.now();
    if (waitMs > MAX_HOLE_MS) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(TICK_MS, waitMs));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }

  #part(batch: ElemBatch, from: number, to: number): ElemBatch {
    if (from === 0 && to === batch.length) return batch;
    for (let i = from; i < to; i++) this.#copier.copy(batch, i);
    return this.#builder.take();
  }

  #noted({ batch, clockUs }: OpenFrame): ReplayBatch {
    this.#elems += batch.length;
    for (let i = 0; i < batch.length; i++) if (batch.flags[i]! & ELEM_FLAG.first) this.#messages++;
    const timeUs = clockUs[batch.length - 1]!;
    if (timeUs !== -Infinity) this.#dataTimeUs = timeUs;
    return { type: 'batch', batch, clockUs, isAfterGap: false };
  }

  close(): void {
    this.#isClosed = true;
    this.#wake?.();
  }

  /** Nothing waits here: a recording hands out what is asked for. */
  queue(): { frames: number; limit: number; dropped: number } {
    return { frames: 0, limit: 0, dropped: 0 };
  }

  health(): FeedHealth {
    return {
      connection: this.#isClosed || this.#isEnded ? 'stopped' : 'open',
      retryAtMs: null,
      reason: '',
      stream: null,
      seq: this.#frames,
      source: this.#status(),
      lastHeardMs: null,
      frames: this.#frames,
      bytes: 0,
      badFrames: 0,
      reconnects: 0,
      gapCount: 0,
      lostFrames: 0,
      lostElems: 0,
      gaps: [],
    };
  }

  #status(): SourceStatus {
    const { recording, label, speed } = this.#options;
    return {
      kind: 'replay',
      label,
      state: this.#isEnded ? 'ended' : 'running',
      reason: '',
      speed,
      pass: 1,
      startUs: recording.startUs,
      endUs: recording.endUs,
      dataTimeUs: this.#dataTimeUs,
      lagMs: null,
      messages: this.#messages,
      elems: this.#elems,
      badMessages: 0,
      reconnects: 0,
    };
  }
}
