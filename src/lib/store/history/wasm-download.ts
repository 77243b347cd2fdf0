import { BgpError } from '#core/error.ts';

/**
 * Bytes of DuckDB's eh bundle as it is unpacked. A server that compresses it tells another length, of the packed bytes, while
 * progress counts unpacked ones. A test compares it with the package's file.
 */
export const WASM_BYTES = 35_996_950;

/** How often it is looked whether bytes still come, and how long none may come though the address answers. */
const LOOK_MS = 3000;
const PATIENCE_MS = 60_000;

/**
 * Notices when the engine's bytes stop coming: DuckDB's worker says nothing about a download that failed, and would be waited
 * for without end.
 */
export class WasmDownload {
  readonly #url: string;
  readonly #onProgress: (bytes: number) => void;
  readonly #timer: ReturnType<typeof setInterval>;
  /** Rejects with HISTORY_ENGINE when nothing more will come. */
  readonly failure: Promise<never>;
  #fail: (error: BgpError) => void = () => undefined;
  #bytes = 0;
  #quietMs = 0;

  constructor(url: string, onProgress: (bytes: number) => void) {
    this.#url = url;
    this.#onProgress = onProgress;
    this.failure = new Promise((_resolve, reject) => (this.#fail = reject));
    this.failure.catch(() => undefined);
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
  }

  progress(bytes: number): void {
    this.#bytes = bytes;
    this.#quietMs = 0;
    this.#onProgress(Math.min(bytes, WASM_BYTES));
  }

  /** It runs, or is given up. */
  end(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    // What follows the last byte is compiling.
    if (this.#bytes >= WASM_BYTES) return;
    this.#quietMs += LOOK_MS;
    if (this.#quietMs === LOOK_MS) return;
    const problem = await this.#problem();
    if (problem === null && this.#quietMs < PATIENCE_MS) return;
    this.end();
    this.#fail(new BgpError('HISTORY_ENGINE', problem ?? 'its bytes stopped coming'));
  }

  /** Whether it can be had at all: from the relay, or from what the browser has stored. */
  async #problem(): Promise<string | null> {
    const control = new AbortController();
    try {
      const response = await fetch(this.#url, { signal: control.signal });
      return response.ok ? null : `the relay answered ${response.status}`;
    } catch {
      return 'the relay does not answer, and this browser has not stored it yet';
    } finally {
      control.abort();
    }
  }
}
