/** What a fetch may take; beyond it the file is given up. */
export interface FetchLimits {
  /** Bytes of one file as stored on the server. */
  readonly maxFileBytes: number;
  /** Bytes of a directory listing. */
  readonly maxListingBytes: number;
  /** An answer must begin within this. */
  readonly headersMs: number;
  /** The next bytes must come within this. */
  readonly stallMs: number;
  /** One file, with everything that goes wrong on the way. */
  readonly totalMs: number;
  /** Attempts in a row that bring nothing new. */
  readonly attempts: number;
  readonly redirects: number;
  /** First wait after a failure; it doubles from there (relay/source/backoff.ts). */
  readonly firstWaitMs: number;
  /** A server that asks us to wait longer than this is not waited for. */
  readonly maxRetryAfterMs: number;
}

export const FETCH_LIMITS: FetchLimits = {
  maxFileBytes: 2 * 1024 ** 3,
  maxListingBytes: 16 * 1024 ** 2,
  headersMs: 30_000,
  stallMs: 60_000,
  totalMs: 60 * 60_000,
  attempts: 6,
  redirects: 5,
  firstWaitMs: 1000,
  maxRetryAfterMs: 10 * 60_000,
};

/** Files fetched at the same time, from all servers together. */
export const PARALLEL = 2;
/** Files of one import. */
export const MAX_FILES = 5000;
/** Longest window of one import. */
export const MAX_WINDOW_MS = 31 * 86_400_000;
/** An archive file may unpack to this many times its size: update files come to 15, tables to 10. */
export const MAX_RATIO = 200;
/** And always to this much: small files shrink best. */
export const MIN_PLAIN_BYTES = 64 * 1024 ** 2;
