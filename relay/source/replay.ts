import type { ElemBatch } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { ElemCopier } from '#core/elem/copier.ts';
import { ELEM_FLAG } from '#core/elem/batch.ts';
import { BgpError } from '#core/error.ts';
import type { SourceStatus } from '#core/wire/control.ts';
import type { Log } from '../log.ts';
import { SILENT } from '../log.ts';
import type { Source, SourceEvent, SourceStats } from './source.ts';

/** Something that can be played from its beginning, any number of times. */
export interface Recording {
  readonly label: string;
  /** First and last moment, Unix microseconds; null when only playing it tells. */
  readonly startUs: number | null;
  readonly endUs: number | null;
  /** @param onDamage told of records left out, by error code, when the end is reached. */
  open(onDamage: (code: string, records: number) => void): AsyncIterable<ElemBatch>;
}

export interface ReplayOptions {
  /** Data seconds per second; 0 is as fast as the consumer takes it. */
  readonly speed: number;
  readonly isLooping: boolean;
  /** Why this is replayed, for the status. */
  readonly reason?: string;
  readonly log?: Log;
}

/** Sends are at least this far apart, so that a fast replay does not dribble. */
const TICK_MS = 50;
/** A late wake-up, or a consumer that was busy, is made up for by at most this much; the rest delays the replay. */
const MAX_CATCH_UP_MS = 1000;
/** A hole in the recording that would take longer than this is skipped. */
const MAX_HOLE_MS = 60_000;
/** Time going back by more than this is another recording joined on, not messages out of order. */
const MAX_DISORDER_US = 3_600_000_000;

/** Plays a recording by the time in its data: in real time, N times as fast, or as fast as it can be taken. */
export class ReplaySource implements Source {
  readonly batches: AsyncIterable<SourceEvent>;
  readonly isElastic: boolean;
  readonly #recording: Recording;
  readonly #options: ReplayOptions;
  readonly #log: Log;
  readonly #abort = new AbortController();
  readonly #builder = new BatchBuilder();
  readonly #copier = new ElemCopier(this.#builder);
  readonly #badByCode = new Map<string, number>();
  #state: SourceStatus['state'] = 'connecting';
  /** What went wrong on the way. */
  #trouble = '';
  #pass = 0;
  #startUs: number | null;
  #endUs: number | null;
  #dataTimeUs: number | null = null;
  #messages = 0;
  #elems = 0;
  #slippedMs = 0;
  /** Data moment `#anchorUs` is due at `#anchorMs` of `performance.now()`. */
  #anchorUs = 0;
  #anchorMs = 0;

  constructor(recording: Recording, options: ReplayOptions) {
    this.#recording = recording;
    this.#options = options;
    this.#log = options.log ?? SILENT;
    this.#startUs = recording.startUs;
    this.#endUs = recording.endUs;
    this.isElastic = options.speed === 0;
    this.batches = this.#play();
  }

  /** Wall time the replay is behind its own schedule because it, or its consumer, was late, ms. */
  get slippedMs(): number {
    return this.#slippedMs;
  }

  status(): SourceStatus {
    return {
      kind: 'replay',
      label: this.#recording.label,
      state: this.#state,
      reason: [this.#options.reason ?? '', this.#trouble].filter((part) => part !== '').join('; '),
      speed: this.#options.speed,
      pass: this.#pass,
      startUs: this.#startUs,
      endUs: this.#endUs,
      dataTimeUs: this.#dataTimeUs,
      lagMs: null,
      messages: this.#messages,
      elems: this.#elems,
      badMessages: [...this.#badByCode.values()].reduce((sum, count) => sum + count, 0),
      reconnects: 0,
    };
  }

  stats(): SourceStats {
    const none = new Map<string, number>();
    return { queued: 0, queueLimit: 0, dropped: 0, badByCode: this.#badByCode, reconnectsByReason: none };
  }

  close(): Promise<void> {
    this.#abort.abort();
    return Promise.resolve();
  }

  async *#play(): AsyncGenerator<SourceEvent> {
    while (!this.#abort.signal.aborted) {
      if (++this.#pass > 1) yield { type: 'reset', reason: `pass ${this.#pass}` };
      if (this.#abort.signal.aborted) break;
      const before = this.#elems;
      yield* this.#playOnce();
      if (this.#abort.signal.aborted) break;
      if (this.#dataTimeUs !== null) this.#endUs ??= this.#dataTimeUs;
      if (this.#elems === before) return this.#fail('nothing in it could be read');
      if (!this.#options.isLooping) {
        this.#log.info('replay.ended', { elems: this.#elems });
        break;
      }
      this.#log.info('replay.passed', { pass: this.#pass, elems: this.#elems - before });
    }
    this.#state = 'ended';
  }

  async *#playOnce(): AsyncGenerator<SourceEvent> {
    this.#anchorMs = 0;
    this.#dataTimeUs = null;
    try {
      for await (const batch of this.#recording.open((code, records) => this.#countBad(code, records))) {
        this.#state = 'running';
        if (this.#options.speed === 0) yield this.#noted(batch);
        else yield* this.#paced(batch);
        if (this.#abort.signal.aborted) return;
      }
    } catch (cause) {
      // Everything before the damage has been played; the next pass comes this far again.
      const code = cause instanceof BgpError ? cause.code : 'FILE_UNREADABLE';
      this.#countBad(code, 1);
      this.#trouble = cause instanceof Error ? cause.message : String(cause);
      this.#log.error('replay.damaged', { code, detail: this.#trouble });
    }
  }

  #countBad(code: string, count: number): void {
    this.#badByCode.set(code, (this.#badByCode.get(code) ?? 0) + count);
  }

  #fail(detail: string): void {
    this.#state = 'failed';
    this.#trouble ||= detail;
    this.#log.error('replay.failed', { detail: this.#trouble });
  }

  /** The batch in slices, each when it is due. */
  async *#paced(batch: ElemBatch): AsyncGenerator<SourceEvent> {
    for (let from = 0; from < batch.length && !this.#abort.signal.aborted;) {
      const nowUs = this.#dueUs(batch.timeUs[from]!);
      let to = from;
      while (to < batch.length && batch.timeUs[to]! <= nowUs) to++;
      if (to > from) yield this.#noted(this.#slice(batch, from, to));
      from = to;
      if (from < batch.length) await this.#sleepUntil(batch.timeUs[from]!);
    }
  }

  /** The data moment that is due now. Moves the anchor when the replay is too late for `nextUs`, or that is far off. */
  #dueUs(nextUs: number): number {
    const usPerMs = this.#options.speed * 1000;
    const nowMs = performance.now();
    const isJoined = nextUs < (this.#dataTimeUs ?? nextUs) - MAX_DISORDER_US;
    if (isJoined) this.#dataTimeUs = nextUs;
    if (this.#anchorMs === 0 || isJoined) {
      this.#anchorMs = nowMs;
      this.#anchorUs = nextUs;
    }
    const dueMs = this.#anchorMs + (nextUs - this.#anchorUs) / usPerMs;
    const lateMs = nowMs - dueMs;
    // Elems a little out of order are not late: only the newest moment so far tells.
    if (nextUs >= (this.#dataTimeUs ?? nextUs) && lateMs > MAX_CATCH_UP_MS) {
      this.#anchorMs += lateMs - MAX_CATCH_UP_MS;
      this.#slippedMs += lateMs - MAX_CATCH_UP_MS;
    }
    if (-lateMs > MAX_HOLE_MS) {
      this.#log.info('replay.skipped', {
        seconds: Math.round((nextUs - (this.#dataTimeUs ?? nextUs)) / 1e6),
      });
      this.#anchorMs = nowMs;
      this.#anchorUs = nextUs;
    }
    return this.#anchorUs + (nowMs - this.#anchorMs) * usPerMs;
  }

  async #sleepUntil(nextUs: number): Promise<void> {
    const dueMs = this.#anchorMs + (nextUs - this.#anchorUs) / (this.#options.speed * 1000);
    const waitMs = dueMs - performance.now();
    if (waitMs > MAX_HOLE_MS) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#abort.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(TICK_MS, waitMs));
      this.#abort.signal.addEventListener('abort', done);
    });
  }

  /** Elems `from .. to` of `batch` as a batch of their own. */
  #slice(batch: ElemBatch, from: number, to: number): ElemBatch {
    if (from === 0 && to === batch.length) return batch;
    for (let i = from; i < to; i++) this.#copier.copy(batch, i);
    return this.#builder.take();
  }

  #noted(batch: ElemBatch): SourceEvent {
    this.#elems += batch.length;
    let newestUs = this.#dataTimeUs ?? 0;
    for (let i = 0; i < batch.length; i++) {
      if (batch.flags[i]! & ELEM_FLAG.first) this.#messages++;
      if (batch.timeUs[i]! > newestUs) newestUs = batch.timeUs[i]!;
    }
    this.#startUs ??= batch.timeUs[0] ?? null;
    this.#dataTimeUs = newestUs;
    return { type: 'batch', batch };
  }
}
