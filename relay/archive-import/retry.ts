import { Backoff } from '../source/backoff.ts';
import { sleep } from '../rpki/upstream.ts';
import type { FetchLimits } from './limits.ts';
import { FetchFailure } from './request.ts';

export interface RetryOptions {
  readonly limits: FetchLimits;
  readonly signal: AbortSignal;
  /** Told of every wait, for people. */
  readonly onRetry?: (failure: FetchFailure, waitMs: number) => void;
}

/**
 * Do `attempt` until it succeeds: again after a wait, which doubles, is drawn at random, and is never shorter than what the
 * server asked for. Attempts that made headway (`progress` grew) do not count against the limit.
 * @throws {FetchFailure} the last one
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  progress: () => number,
  { limits, signal, onRetry }: RetryOptions,
): Promise<T> {
  const backoff = new Backoff(Math.random, limits.firstWaitMs);
  const endMs = performance.now() + limits.totalMs;
  let seen = progress();
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof FetchFailure) || error.isFinal) throw error;
      if (progress() > seen) {
        seen = progress();
        failures = 1;
        backoff.reset();
      }
      const waitMs = Math.max(backoff.next(), error.retryAfterMs ?? 0);
      const isTooLong = (error.retryAfterMs ?? 0) > limits.maxRetryAfterMs;
      if (failures >= limits.attempts || isTooLong || performance.now() + waitMs > endMs) throw error;
      onRetry?.(error, waitMs);
      await sleep(waitMs, signal);
    }
  }
}
