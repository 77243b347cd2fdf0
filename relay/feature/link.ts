import type { Log } from '../log.ts';
import { Thread } from '../thread/thread.ts';
import type { FeatureSettings, FromFeatures, ToFeatures } from './messages.ts';
import type { FeatureServiceStats } from './service.ts';

/** Bytes of frames on their way to the thread, at most; more are let go, which the thread counts as a gap. */
const QUEUE_BYTES = 32 * 1024 * 1024;
/** The thread has this long to store what it has when the relay stops. */
const CLOSE_MS = 3000;
/** An answer is good for this long: a scorer that begins does not need the newest minute. */
const FRESH_MS = 60_000;

export interface FeatureLinkStats extends FeatureServiceStats {
  readonly queuedBytes: number;
  readonly droppedFrames: number;
}

/** The relay's end of the feature thread. Never makes the relay wait. */
export class FeatureLink {
  readonly #thread: Thread<ToFeatures, FromFeatures, Uint8Array | null>;
  #stats: FeatureServiceStats = { vantages: 0, streams: 0, refused: 0, elems: 0, badFrames: 0 };
  #droppedFrames = 0;
  #isGap = false;
  #fresh: { readonly atMs: number; readonly bytes: Promise<Uint8Array | null> } | null = null;

  constructor(settings: FeatureSettings, log: Log) {
    this.#thread = new Thread<ToFeatures, FromFeatures, Uint8Array | null>({
      body: new URL('./worker.ts', import.meta.url),
      settings,
      closeMs: CLOSE_MS,
      log,
      none: null,
      onMessage: (message) => {
        if (message.op === 'history') return this.#thread.answer(message.id, message.bytes);
        this.#stats = message.stats;
        this.#thread.taken(message.takenBytes);
      },
      onCrash: (detail) => log.error('features.crashed', { detail }),
      onEnded: () => {
        this.#fresh = null;
        this.#isGap = true;
      },
    });
  }

  stats(): FeatureLinkStats {
    return { ...this.#stats, queuedBytes: this.#thread.queuedBytes, droppedFrames: this.#droppedFrames };
  }

  /** Count a frame's elems. */
  take(frame: Uint8Array): void {
    if (this.#thread.queuedBytes + frame.length > QUEUE_BYTES) {
      this.#droppedFrames++;
      this.#isGap = true;
      return;
    }
    if (this.#isGap) this.#thread.send({ op: 'gap' });
    this.#isGap = false;
    this.#thread.sendFrame({ op: 'frame', frame }, frame.length);
  }

  /** The source starts over, or another one is heard. */
  startsOver(): void {
    this.#fresh = null;
    this.#thread.send({ op: 'starts-over' });
  }

  /** The last two days, gzipped (`core/feature/history.ts`), at most a minute old; null when there is nothing yet. */
  history(): Promise<Uint8Array | null> {
    const nowMs = performance.now();
    if (this.#fresh && nowMs - this.#fresh.atMs < FRESH_MS) return this.#fresh.bytes;
    const bytes = this.#thread.ask((id) => ({ op: 'history', id }));
    this.#fresh = { atMs: nowMs, bytes };
    return bytes;
  }

  /** Store what is kept and end the thread. */
  close(): Promise<void> {
    return this.#thread.close({ op: 'close' });
  }
}
