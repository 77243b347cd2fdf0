import { BgpError } from '#core/error.ts';
import type { RpkiData, RpkiDelta } from '#core/rpki/data.ts';
import { applyRpkiDelta, diffRpki, isEmptyDelta, NO_DELTA } from '#core/rpki/data.ts';
import { STALE_S } from '#core/rpki/rov.ts';
import { vrpCount } from '#core/rpki/vrp-set.ts';
import type { Log } from '../log.ts';
import { Publication } from './publication.ts';
import type { Update, Upstream } from './upstream.ts';
import { sleep, UpstreamError } from './upstream.ts';

const FIRST_RETRY_MS = 2000;
const MAX_RETRY_MS = 5 * 60_000;

/** What the mirror knows about itself. */
export interface MirrorStatus {
  readonly upstream: string;
  readonly kind: Upstream['kind'];
  /** `loading` before the first set, `current`, `stale` when the set is over two hours old, `failing` after an error. */
  readonly state: 'loading' | 'current' | 'stale' | 'failing';
  /** What went wrong last; empty while all is well. */
  readonly reason: string;
  readonly vrpsV4: number;
  readonly vrpsV6: number;
  readonly aspas: number;
  /** `session-serial` of what clients get. */
  readonly version: string | null;
  readonly upstreamSession: string | null;
  readonly upstreamSerial: number | null;
  /** When the validator last vouched for the set, Unix seconds, and how long ago that is. */
  readonly generatedS: number | null;
  readonly ageS: number | null;
  readonly snapshots: number;
  readonly deltas: number;
  readonly unchanged: number;
  readonly bytes: number;
  readonly badRows: number;
  /** Deltas that did not fit our set and led to loading it anew. */
  readonly misfits: number;
  /** By reason or error code. */
  readonly failures: Readonly<Record<string, number>>;
  readonly keptDeltas: number;
  readonly droppedDeltas: number;
}

export interface MirrorOptions {
  readonly log: Log;
  /** Names this run in the versions clients see; decimal digits. */
  readonly session: string;
  readonly nowMs?: () => number;
  /** 0..1, for the jitter of retries. */
  readonly random?: () => number;
}

/**
 * Keeps the newest good RPKI data of one upstream. Failures never touch the data: they are counted, retried with growing, jittered
 * pauses, and the age of what there is stays visible.
 */
export class RpkiMirror {
  readonly publication = new Publication();
  readonly #upstream: Upstream;
  readonly #log: Log;
  readonly #session: string;
  readonly #nowMs: () => number;
  readonly #random: () => number;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<(data: RpkiData) => void>();
  readonly #failures = new Map<string, number>();
  #running: Promise<void> | null = null;
  #reason = '';
  #inRow = 0;
  #serial = 0;
  #upstreamSession: string | null = null;
  #upstreamSerial: number | null = null;
  #counts = { snapshots: 0, deltas: 0, unchanged: 0, bytes: 0, badRows: 0, misfits: 0 };

  constructor(upstream: Upstream, options: MirrorOptions) {
    this.#upstream = upstream;
    this.#log = options.log;
    this.#session = options.session;
    this.#nowMs = options.nowMs ?? Date.now;
    this.#random = options.random ?? Math.random;
  }

  get data(): RpkiData | null {
    return this.publication.data;
  }

  /** Where the validator answers validity questions itself, if it does. */
  get validityBase(): URL | null {
    return this.#upstream.validityBase;
  }

  /** `listener` is called with every new version. @returns the way to end that. */
  onChange(listener: (data: RpkiData) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    this.#running ??= this.#run().catch((cause: unknown) => {
      // A bug of ours ends the mirror, not the relay: its data grow stale, visibly.
      this.#reason = cause instanceof Error ? cause.message : String(cause);
      this.#inRow++;
      this.#log.error('rpki.crashed', { detail: this.#reason });
    });
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('the mirror is stopping'));
    await this.#running;
  }

  status(): MirrorStatus {
    const { data, tag } = this.publication;
    const generatedS = data && data.version.generatedS > 0 ? data.version.generatedS : null;
    const ageS = generatedS === null ? null : Math.max(0, Math.floor(this.#nowMs() / 1000) - generatedS);
    const isStale = ageS !== null && ageS > STALE_S;
    const { deltas, droppedDeltas } = this.publication.stats();
    return {
      upstream: this.#upstream.label,
      kind: this.#upstream.kind,
      state: isStale ? 'stale' : this.#inRow > 0 ? 'failing' : data ? 'current' : 'loading',
      reason: this.#reason,
      vrpsV4: data?.vrps.v4.length ?? 0,
      vrpsV6: data?.vrps.v6.length ?? 0,
      aspas: data?.aspas.length ?? 0,
      version: tag,
      upstreamSession: this.#upstreamSession,
      upstreamSerial: this.#upstreamSerial,
      generatedS,
      ageS,
      ...this.#counts,
      failures: Object.fromEntries(this.#failures),
      keptDeltas: deltas,
      droppedDeltas,
    };
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        this.#take(await this.#upstream.next(signal));
        if (this.#inRow > 0) this.#log.info('rpki.recovered', { upstream: this.#upstream.label });
        this.#inRow = 0;
        this.#reason = '';
      } catch (cause) {
        if (signal.aborted) return;
        await sleep(this.#failed(cause), signal).catch(() => undefined);
      }
    }
  }

  /** @returns how long to wait before the next attempt, ms. @throws what is not an expected failure */
  #failed(cause: unknown): number {
    const isExpected = cause instanceof UpstreamError || cause instanceof BgpError;
    if (!isExpected) throw cause;
    const name = cause instanceof BgpError ? cause.code : cause.reason;
    this.#failures.set(name, (this.#failures.get(name) ?? 0) + 1);
    this.#reason = cause.message;
    if (this.#inRow++ === 0) {
      this.#log.warn('rpki.failed', { upstream: this.#upstream.label, reason: name, detail: cause.message });
    }
    const asked = cause instanceof UpstreamError ? cause.retryMs : null;
    const ceiling = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#inRow - 1, 16));
    return Math.max(asked ?? 0, ceiling / 2 + (this.#random() * ceiling) / 2);
  }

  #take(update: Update): void {
    const before = this.publication.data;
    if (update.kind === 'same') {
      this.#counts.unchanged++;
      // The validator has run again and found the same: clients learn that their data are fresh.
      if (before && update.generatedS > before.version.generatedS) {
        this.#publish({ ...before, version: this.#version(update.generatedS) }, NO_DELTA);
      }
      return;
    }
    this.#counts.bytes += update.bytes;
    this.#counts.badRows += update.badRows;
    this.#upstreamSession = update.session;
    this.#upstreamSerial = update.serial;
    const version = this.#version(update.generatedS);
    if (update.kind === 'snapshot') {
      this.#counts.snapshots++;
      this.#replace({ ...update.data, version });
      return;
    }
    if (!before) throw new Error('a delta before the first snapshot');
    this.#counts.deltas++;
    const { data, misfits } = applyRpkiDelta(before, update.delta, version);
    if (misfits > 0) {
      this.#counts.misfits++;
      this.#upstream.restart();
      throw new BgpError('RPKI_BAD_DELTA', `${misfits} entries do not fit`);
    }
    this.#publish(data, update.delta);
  }

  #replace(data: RpkiData): void {
    const before = this.publication.data;
    const delta = before && diffRpki(before, data);
    // The same again, and no fresher: only what rpki-client calls `expires` has changed, or nothing.
    if (delta && isEmptyDelta(delta) && data.version.generatedS <= before.version.generatedS) return;
    this.#publish(data, delta);
    this.#log.info('rpki.loaded', { vrps: vrpCount(data.vrps), aspas: data.aspas.length });
  }

  #publish(data: RpkiData, delta: RpkiDelta | null): void {
    this.#serial = data.version.serial;
    this.publication.publish(data, delta);
    for (const listener of this.#listeners) listener(data);
  }

  #version(generatedS: number): RpkiData['version'] {
    return { session: this.#session, serial: this.#serial + 1, generatedS };
  }
}
