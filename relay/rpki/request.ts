import { RpkiJsonReader } from '#core/rpki/json-reader.ts';
import type { ListedVrp } from '#core/rpki/vrp.ts';
import { UpstreamError } from './upstream.ts';

/** A response must begin within this, and a body be complete within that. */
const HEADERS_MS = 60_000;
const BODY_MS = 10 * 60_000;
/** Small answers (status, notify) are not read beyond this. */
const MAX_TEXT_BYTES = 1024 * 1024;
/** Work on a body is cut in pieces of this size, so that the event loop turns between them. */
const PIECE_BYTES = 64 * 1024;
const MAX_RETRY_AFTER_S = 3600;

export const USER_AGENT = 'routescope (RPKI mirror)';

export interface Answer {
  readonly response: Response;
  /** Ends the request; the body cannot be read afterwards. */
  readonly abort: () => void;
}

/**
 * GET `url`. Answers of 200 and 304 come back, everything else throws.
 * @throws {UpstreamError}
 */
export async function get(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  headersMs = HEADERS_MS,
): Promise<Answer> {
  const own = new AbortController();
  const stop = (): void => own.abort(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const late = setTimeout(() => own.abort(new UpstreamError('timeout', 'no answer in time')), headersMs);
  const abort = (): void => {
    clearTimeout(late);
    signal.removeEventListener('abort', stop);
    own.abort();
  };
  let response: Response;
  try {
    const { href, authorization } = splitCredentials(url);
    const all = { 'user-agent': USER_AGENT, accept: 'application/json', ...authorization, ...headers };
    response = await fetch(href, { headers: all, signal: own.signal });
  } catch (cause) {
    abort();
    signal.throwIfAborted();
    throw cause instanceof UpstreamError
      ? cause
      : new UpstreamError('unreachable', reasonOf(cause), null, { cause });
  }
  clearTimeout(late);
  const bodyLate = setTimeout(
    () => own.abort(new UpstreamError('timeout', 'body not complete in time')),
    BODY_MS,
  );
  bodyLate.unref();
  const end = (): void => {
    clearTimeout(bodyLate);
    abort();
  };
  if (response.status === 200 || response.status === 304) return { response, abort: end };
  end();
  const retryMs = retryAfterMs(response.headers.get('retry-after'));
  // Routinator's answer until its first run is done.
  if (response.status === 503)
    throw new UpstreamError('validating', 'the validator is not ready (503)', retryMs);
  throw new UpstreamError('refused', `the answer was ${response.status}`, retryMs);
}

/** `fetch` refuses addresses with a user name in them; they become the header they stand for. */
function splitCredentials(url: URL): { href: string; authorization: Record<string, string> } {
  if (url.username === '' && url.password === '') return { href: url.href, authorization: {} };
  const bare = new URL(url);
  bare.username = bare.password = '';
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return {
    href: bare.href,
    authorization: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
  };
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? cause.cause.message : cause.message;
}

function retryAfterMs(value: string | null): number | null {
  if (value === null || !/^\d{1,6}$/.test(value)) return null;
  return Math.min(Number(value), MAX_RETRY_AFTER_S) * 1000;
}

/** The whole of a small body. @throws {UpstreamError} */
export async function readText({ response, abort }: Answer): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of body(response)) {
      bytes += piece.length;
      if (bytes > MAX_TEXT_BYTES) throw new UpstreamError('refused', 'the answer is too long');
      pieces.push(piece);
    }
  } catch (cause) {
    throw cause instanceof UpstreamError
      ? cause
      : new UpstreamError('unreachable', reasonOf(cause), null, { cause });
  } finally {
    abort();
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** Told about each VRP of a body as it is read. */
export type OnVrp = (vrp: ListedVrp) => void;

/**
 * Scan a body as it comes. `stop` is asked after every piece whether the rest is wanted.
 * @returns null when it was not
 * @throws {UpstreamError}, {BgpError} RPKI_BAD_JSON, RPKI_TOO_LARGE
 */
export async function readRpkiJson(
  answer: Answer,
  stop: (reader: RpkiJsonReader) => boolean = () => false,
  onVrp: OnVrp | null = null,
): Promise<RpkiJsonReader | null> {
  const reader = new RpkiJsonReader(undefined, onVrp);
  const pieces = body(answer.response);
  try {
    for (;;) {
      let next: IteratorResult<Uint8Array>;
      try {
        next = await pieces.next();
      } catch (cause) {
        throw cause instanceof UpstreamError
          ? cause
          : new UpstreamError('unreachable', reasonOf(cause), null, { cause });
      }
      if (next.done === true) return reader;
      await scan(reader, next.value);
      if (stop(reader)) return null;
    }
  } finally {
    answer.abort();
  }
}

/** Push `bytes` piece by piece, letting the event loop turn in between. */
export async function scan(reader: RpkiJsonReader, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    reader.push(bytes.subarray(at, at + PIECE_BYTES));
    await new Promise(setImmediate);
  }
}

async function* body(response: Response): AsyncGenerator<Uint8Array> {
  if (response.body) for await (const piece of response.body) yield piece;
}
