import { BgpError } from '#core/error.ts';
import type { ErrorCode } from '#core/error.ts';
import { projectVersion } from '../version.ts';
import type { FetchLimits } from './limits.ts';

/** Who asks: project and version, so that the archives' people know whom to talk to. */
export const USER_AGENT = `routescope/${projectVersion()} (archive import; BGP monitor)`;

/** A request that failed, and whether it is worth another try. */
export class FetchFailure extends BgpError {
  readonly isFinal: boolean;
  /** What the server asked for; null when it did not. */
  readonly retryAfterMs: number | null;

  constructor(
    code: ErrorCode,
    detail: string,
    options: { readonly isFinal: boolean; readonly retryAfterMs?: number | null; readonly cause?: unknown },
  ) {
    super(code, detail, { cause: options.cause });
    this.isFinal = options.isFinal;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

export interface Opened {
  readonly response: Response;
  /** Bytes as they come; throws FetchFailure when they cease to. */
  readonly chunks: AsyncGenerator<Uint8Array, void, undefined>;
  /** Ends the request. */
  readonly close: () => void;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** GET `url`, following a bounded number of redirects. Answers other than 200, 206 and 416 throw. @throws {FetchFailure} */
export async function openUrl(
  url: string,
  headers: Readonly<Record<string, string>>,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<Opened> {
  let at = new URL(url);
  for (let hop = 0; hop <= limits.redirects; hop++) {
    const watch = new Watchdog(signal);
    const response = await ask(at, headers, limits, watch);
    if (!REDIRECTS.has(response.status)) return answered(response, limits, watch);
    watch.end();
    at = redirected(at, response.headers.get('location'));
  }
  throw new FetchFailure('IMPORT_REFUSED', `${url} redirects more than ${limits.redirects} times`, {
    isFinal: true,
  });
}

function redirected(from: URL, location: string | null): URL {
  const to = location !== null && URL.canParse(location, from.href) ? new URL(location, from) : null;
  const isDowngrade = from.protocol === 'https:' && to?.protocol !== 'https:';
  if (!to || !/^https?:$/.test(to.protocol) || isDowngrade)
    throw new FetchFailure('IMPORT_REFUSED', `${from.href} redirects to ${String(location)}`, {
      isFinal: true,
    });
  return to;
}

async function ask(
  url: URL,
  headers: Readonly<Record<string, string>>,
  limits: FetchLimits,
  watch: Watchdog,
): Promise<Response> {
  watch.expect(limits.headersMs, `${url.href}: no answer within ${limits.headersMs / 1000} s`);
  try {
    return await fetch(url, {
      // Identity: the bytes are to be those of the file, compressed or not.
      headers: { 'user-agent': USER_AGENT, 'accept-encoding': 'identity', ...headers },
      redirect: 'manual',
      signal: watch.signal,
    });
  } catch (cause) {
    throw watch.explain(url.href, cause);
  }
}

function answered(response: Response, limits: FetchLimits, watch: Watchdog): Opened {
  const { status } = response;
  if (status === 200 || status === 206 || status === 416)
    return { response, chunks: chunksOf(response, limits, watch), close: () => watch.end() };
  watch.end();
  const isFinal = status < 500 && status !== 408 && status !== 429;
  const code = status === 404 || status === 410 ? 'IMPORT_NOT_FOUND' : 'IMPORT_REFUSED';
  throw new FetchFailure(code, `${response.url}: the answer was ${status}`, {
    isFinal,
    retryAfterMs: retryAfterMs(response.headers.get('retry-after'), Date.now()),
  });
}

async function* chunksOf(
  response: Response,
  limits: FetchLimits,
  watch: Watchdog,
): AsyncGenerator<Uint8Array, void, undefined> {
  const expect = (): void =>
    watch.expect(limits.stallMs, `${response.url}: nothing came for ${limits.stallMs / 1000} s`);
  try {
    expect();
    for await (const chunk of response.body ?? []) {
      watch.rest();
      yield chunk;
      expect();
    }
  } catch (cause) {
    throw watch.explain(response.url, cause);
  } finally {
    watch.end();
  }
}

/** Ends a request when what is expected does not come, or nobody wants it any more. */
class Watchdog {
  readonly #own = new AbortController();
  readonly #outer: AbortSignal;
  readonly #stop: () => void;
  #timer: NodeJS.Timeout | null = null;
  #late: string | null = null;

  constructor(outer: AbortSignal) {
    this.#outer = outer;
    this.#stop = () => this.#own.abort(outer.reason);
    if (outer.aborted) this.#stop();
    else outer.addEventListener('abort', this.#stop, { once: true });
  }

  get signal(): AbortSignal {
    return this.#own.signal;
  }

  expect(ms: number, complaint: string): void {
    this.rest();
    this.#timer = setTimeout(() => {
      this.#late = complaint;
      this.#own.abort();
    }, ms);
  }

  rest(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  end(): void {
    this.rest();
    this.#outer.removeEventListener('abort', this.#stop);
    this.#own.abort();
  }

  /** What an error of `fetch` means. Rethrows the caller's own abort. */
  explain(url: string, cause: unknown): FetchFailure {
    this.rest();
    this.#outer.throwIfAborted();
    if (cause instanceof FetchFailure) return cause;
    const detail = this.#late ?? `${url}: ${reasonOf(cause)}`;
    return new FetchFailure('IMPORT_UNREACHABLE', detail, { isFinal: false, cause });
  }
}

/** Undici hides the reason one level down. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? cause.cause.message : cause.message;
}

/** Retry-After (RFC 9110 §10.2.3), seconds or a date -> ms from now; null when absent or malformed. */
export function retryAfterMs(value: string | null, nowMs: number): number | null {
  if (value === null) return null;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const dateMs = Date.parse(value);
  return Number.isNaN(dateMs) ? null : Math.max(0, dateMs - nowMs);
}
