import { BgpError } from '#core/error.ts';
import { advance, decodeCompact } from '#core/rpki/compact.ts';
import type { RpkiData } from '#core/rpki/data.ts';

/** The relay's answer to "what is new" is asked for this often; validators run every ten minutes or so. */
const POLL_MS = 60_000;
/** After a failure: 5 s, doubling up to this. */
const FIRST_RETRY_MS = 5000;
const MAX_RETRY_MS = 5 * 60_000;
/** Most bytes of a response taken, unpacked: eight million VRPs. */
const MAX_BYTES = 96 * 1024 * 1024;

export interface RpkiFeedStatus {
  /** `absent`: the relay has no validator (asked again all the same: it may be restarted with one). */
  readonly state: 'loading' | 'ready' | 'absent' | 'failing';
  /** What went wrong last; empty while all is well. */
  readonly reason: string;
  readonly snapshots: number;
  readonly deltas: number;
  readonly unchanged: number;
  readonly failures: number;
  readonly bytes: number;
}

export interface RpkiFeedOptions {
  /** Where the relay is, e.g. `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  /** Called with every new version; swap it whole. */
  readonly onData: (data: RpkiData) => void;
  readonly fetch?: typeof fetch;
  /** Resolves after `ms`, or at once when the signal is aborted. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Keeps a page's RPKI data equal to the relay's: the snapshot once, then deltas; the snapshot again when they do not fit. */
export class RpkiFeed {
  readonly #options: RpkiFeedOptions;
  readonly #fetch: typeof fetch;
  readonly #sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  #stop: AbortController | null = null;
  #data: RpkiData | null = null;
  #status: RpkiFeedStatus = {
    ...{ state: 'loading', reason: '' },
    ...{ snapshots: 0, deltas: 0, unchanged: 0, failures: 0, bytes: 0 },
  };

  constructor(options: RpkiFeedOptions) {
    this.#options = options;
    this.#fetch = options.fetch ?? ((...args) => fetch(...args));
    this.#sleep = options.sleep ?? sleep;
  }

  get data(): RpkiData | null {
    return this.#data;
  }

  status(): RpkiFeedStatus {
    return this.#status;
  }

  start(): void {
    if (this.#stop) return;
    this.#stop = new AbortController();
    void this.#run(this.#stop.signal);
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = null;
  }

  async #run(signal: AbortSignal): Promise<void> {
    let failed = 0;
    while (!signal.aborted) {
      try {
        const state = await this.#update(signal);
        failed = 0;
        this.#set({ state, reason: '' });
      } catch (error) {
        if (signal.aborted) return;
        // What is there stays: it grows stale, which verdicts show.
        const reason = error instanceof Error ? error.message : String(error);
        this.#set({ state: 'failing', reason, failures: this.#status.failures + 1 });
        if (error instanceof BgpError) this.#data = null;
        await this.#sleep(Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failed++, 10)), signal);
        continue;
      }
      await this.#sleep(this.#status.state === 'loading' ? FIRST_RETRY_MS : POLL_MS, signal);
    }
  }

  #set(change: Partial<RpkiFeedStatus>): void {
    this.#status = { ...this.#status, ...change };
  }

  async #update(signal: AbortSignal): Promise<RpkiFeedStatus['state']> {
    if (this.#data) {
      const { session, serial } = this.#data.version;
      const answer = await this.#get(`/rpki/delta?from=${session}-${serial}`, signal);
      if (answer.status === 204) {
        this.#set({ unchanged: this.#status.unchanged + 1 });
        return 'ready';
      }
      if (answer.status === 200) {
        this.#advance(this.#data, await this.#body(answer));
        return 'ready';
      }
      if (answer.status === 503) return this.#unready(signal);
      // 410: the relay was restarted, or we slept too long.
      if (answer.status !== 410) throw new Error(`the relay answered ${answer.status}`);
    }
    return this.#load(signal);
  }

  async #load(signal: AbortSignal): Promise<RpkiFeedStatus['state']> {
    const answer = await this.#get('/rpki/snapshot', signal);
    if (answer.status === 503) return this.#unready(signal);
    if (answer.status !== 200) throw new Error(`the relay answered ${answer.status}`);
    const compact = decodeCompact(await this.#body(answer));
    if (compact.kind !== 'snapshot') throw new BgpError('RPKI_BAD_DATA', 'a delta in place of a snapshot');
    this.#set({ snapshots: this.#status.snapshots + 1 });
    this.#take(compact.data);
    return 'ready';
  }

  /** Deltas one after the other, each behind its length. */
  #advance(data: RpkiData, bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let now = data;
    let deltas = 0;
    for (let at = 0; at < bytes.length; deltas++) {
      const length = at + 4 <= bytes.length ? view.getUint32(at) : Infinity;
      if (at + 4 + length > bytes.length) throw new BgpError('RPKI_BAD_DATA', 'ends early');
      const compact = decodeCompact(bytes.subarray(at + 4, at + 4 + length));
      if (compact.kind !== 'delta') throw new BgpError('RPKI_BAD_DATA', 'a snapshot in place of a delta');
      now = advance(now, compact).data;
      at += 4 + length;
    }
    this.#set({ deltas: this.#status.deltas + deltas });
    this.#take(now);
  }

  #take(data: RpkiData): void {
    this.#data = data;
    this.#options.onData(data);
  }

  /** The relay has no data: because it is loading them, or because it has no validator. */
  async #unready(signal: AbortSignal): Promise<RpkiFeedStatus['state']> {
    const answer = await this.#get('/rpki/status', signal);
    const { configured } = (await answer.json()) as { configured?: unknown };
    return configured === true ? 'loading' : 'absent';
  }

  async #get(path: string, signal: AbortSignal): Promise<Response> {
    return this.#fetch(new URL(path, this.#options.baseUrl), { signal, cache: 'no-cache' });
  }

  async #body(answer: Response): Promise<Uint8Array> {
    const bytes = new Uint8Array(await answer.arrayBuffer());
    this.#set({ bytes: this.#status.bytes + bytes.length });
    if (bytes.length > MAX_BYTES) throw new BgpError('RPKI_TOO_LARGE', `${bytes.length} bytes`);
    return bytes;
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
