/**
 * Tells whether a stream as a whole is behind: true only when every message of a whole window was too old, since one slow
 * collector among many is no reason to reconnect.
 */
export class LagWatch {
  readonly #limitMs: number;
  readonly #windowMs: number;
  /** When a message last was in time; and whether any came since. */
  #inTimeMs = 0;
  #lateMs: number | null = null;

  constructor(limitMs: number, windowMs: number) {
    this.#limitMs = limitMs;
    this.#windowMs = windowMs;
  }

  /** A new connection: what was late before no longer counts. */
  restart(nowMs: number): void {
    this.#inTimeMs = nowMs;
    this.#lateMs = null;
  }

  /** A message that was `lagMs` old on arrival. @returns whether it was in time. */
  step(lagMs: number, nowMs: number): boolean {
    if (lagMs <= this.#limitMs) {
      this.#inTimeMs = nowMs;
      this.#lateMs = null;
      return true;
    }
    this.#lateMs = nowMs;
    return false;
  }

  isLagging(nowMs: number): boolean {
    return this.#lateMs !== null && nowMs - this.#inTimeMs > this.#windowMs;
  }
}
