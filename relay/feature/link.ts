import { Worker } from 'node:worker_threads';
import type { Log } from '../log.ts';
import type { FeatureSettings, FromFeatures, ToFeatures } from './messages.ts';
import type { FeatureServiceStats } from './service.ts';

/** Bytes of frames on their way to the thread, at most; more are let go, which the thread counts as a gap. */
const QUEUE_BYTES = 32 * 1024 * 1024;
/** The thread has this long to store what it has when the relay stops. */
const CLOSE_MS = 3000;
/** A thread that ended is started again after this long. */
const RESTART_MS = 5000;
/** An answer is good for this long: a scorer that begins does not need the newest minute. */
const FRESH_MS = 60_000;

export interface FeatureLinkStats extends FeatureServiceStats {
  readonly queuedBytes: number;
  readonly droppedFrames: number;
}

/** The relay's end of the feature thread. Never makes the relay wait. */
export class FeatureLink {
  readonly #settings: FeatureSettings;
  readonly #log: Log;
  #worker: Worker;
  #stats: FeatureServiceStats = { vantages: 0, streams: 0, refused: 0, elems: 0, badFrames: 0 };
  #queuedBytes = 0;
  #droppedFrames = 0;
  #isGap = false;
  #isClosing = false;
  #restart: NodeJS.Timeout | undefined;
  #onClosed: () => void = () => undefined;
  #asked = 0;
  readonly #answers = new Map<number, (bytes: Uint8Array | null) => void>();
  #fresh: { readonly atMs: number; readonly bytes: Promise<Uint8Array | null> } | null = null;

  constructor(settings: FeatureSettings, log: Log) {
    this.#settings = settings;
    this.#log = log;
    this.#worker = this.#start();
  }

  stats(): FeatureLinkStats {
    return { ...this.#stats, queuedBytes: this.#queuedBytes, droppedFrames: this.#droppedFrames };
  }

  /** Count a frame's elems. */
  take(frame: Uint8Array): void {
    if (this.#queuedBytes + frame.length > QUEUE_BYTES) {
      this.#droppedFrames++;
      this.#isGap = true;
      return;
    }
    if (this.#isGap) this.#send({ op: 'gap' });
    this.#isGap = false;
    this.#queuedBytes += frame.length;
    this.#send({ op: 'frame', frame });
  }

  /** The source starts over, or another one is heard. */
  startsOver(): void {
    this.#fresh = null;
    this.#send({ op: 'starts-over' });
  }

  /** The last two days, gzipped (`core/feature/history.ts`), at most a minute old; null when there is nothing yet. */
  history(): Promise<Uint8Array | null> {
    const nowMs = performance.now();
    if (this.#fresh && nowMs - this.#fresh.atMs < FRESH_MS) return this.#fresh.bytes;
    const id = this.#asked++;
    const bytes = new Promise<Uint8Array | null>((resolve) => this.#answers.set(id, resolve));
    this.#send({ op: 'history', id });
    this.#fresh = { atMs: nowMs, bytes };
    return bytes;
  }

  /** Store what is kept and end the thread. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#restart);
    const closed = new Promise<void>((resolve) => (this.#onClosed = resolve));
    this.#send({ op: 'close' });
    const deadline = setTimeout(this.#onClosed, CLOSE_MS);
    await closed;
    clearTimeout(deadline);
    await this.#worker.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: this.#settings });
    worker.on('message', (message: FromFeatures) => this.#hear(message));
    worker.on('error', (error) =>
      this.#log.error('features.crashed', { detail: error instanceof Error ? error.message : String(error) }),
    );
    worker.on('exit', () => this.#ended());
    return worker;
  }

  #ended(): void {
    this.#onClosed();
    this.#queuedBytes = 0;
    this.#fresh = null;
    for (const answer of this.#answers.values()) answer(null);
    this.#answers.clear();
    if (this.#isClosing) return;
    this.#isGap = true;
    this.#restart = setTimeout(() => (this.#worker = this.#start()), RESTART_MS);
  }

  #hear(message: FromFeatures): void {
    switch (message.op) {
      case 'tick':
        this.#stats = message.stats;
        this.#queuedBytes = Math.max(0, this.#queuedBytes - message.takenBytes);
        break;
      case 'history':
        this.#answers.get(message.id)?.(message.bytes);
        this.#answers.delete(message.id);
        break;
      case 'log':
        this.#log[message.level](message.event, message.fields);
        break;
      case 'closed':
        this.#onClosed();
    }
  }

  #send(message: ToFeatures): void {
    this.#worker.postMessage(message);
  }
}
