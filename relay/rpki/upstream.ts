import type { RpkiData, RpkiDelta } from '#core/rpki/data.ts';

/** What an upstream learned: a whole set, a difference to the set before, or that nothing has changed. */
export type Update =
  | ({ readonly kind: 'snapshot'; readonly data: Pick<RpkiData, 'vrps' | 'aspas'> } & UpdateFacts)
  | ({ readonly kind: 'delta'; readonly delta: RpkiDelta } & UpdateFacts)
  | ({ readonly kind: 'same' } & Pick<UpdateFacts, 'generatedS'>);

export interface UpdateFacts {
  /** When the validator vouched for it, Unix seconds. */
  readonly generatedS: number;
  /** The validator's own session and serial, where it has them. */
  readonly session: string | null;
  readonly serial: number | null;
  /** Rows that could not be read and were left out. */
  readonly badRows: number;
  /** Body size, after HTTP's own compression. */
  readonly bytes: number;
}

/** A validator, or a file one wrote. */
export interface Upstream {
  /** For people: the address without credentials, or the file. */
  readonly label: string;
  readonly kind: 'routinator' | 'json-url' | 'json-file';
  /** Where it answers validity questions itself, ending in a slash; null where it does not. */
  readonly validityBase: URL | null;
  /**
   * Wait for news and fetch them. The first call answers as soon as it can.
   * @throws {UpstreamError} when there is none to be had now
   * @throws {BgpError} RPKI_BAD_JSON, RPKI_TOO_LARGE for a body that is no RPKI data
   */
  next(signal: AbortSignal): Promise<Update>;
  /** What was given so far is void: the next update must be a snapshot. */
  restart(): void;
}

/** Why there are no data now. `retryMs` is what the other side asked for, if it did. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly reason: 'unreachable' | 'validating' | 'refused' | 'timeout' | 'file';
  readonly retryMs: number | null;

  constructor(
    reason: UpstreamError['reason'],
    detail: string,
    retryMs: number | null = null,
    options?: ErrorOptions,
  ) {
    super(detail, options);
    this.reason = reason;
    this.retryMs = retryMs;
  }
}

/** Resolves after `ms`; rejects with the signal's reason when it is aborted before. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
