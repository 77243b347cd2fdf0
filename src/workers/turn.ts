/** Longest stretch of work before the event loop gets its turn: control calls wait no longer than this and one batch. */
const TURN_MS = 12;

/** Lets long work give way to control messages and timers. */
export class Turn {
  /** Node hands out messages sent meanwhile in the same go, so there it has to be `setImmediate`. */
  readonly #channel = typeof setImmediate === 'function' ? null : new MessageChannel();
  readonly #waiting: (() => void)[] = [];
  #startedMs = performance.now();

  constructor() {
    // Not a timer: those are held back to 4 ms each when nested, and more in a hidden page.
    if (this.#channel) this.#channel.port1.onmessage = () => this.#waiting.shift()?.();
  }

  /** Whether it is time to give way. */
  get isOver(): boolean {
    return performance.now() - this.#startedMs > TURN_MS;
  }

  /** Resolves after everything else that was waiting for the event loop. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#channel === null) {
        setImmediate(resolve);
        return;
      }
      this.#waiting.push(resolve);
      this.#channel.port2.postMessage(null);
    });
    this.#startedMs = performance.now();
  }

  close(): void {
    this.#channel?.port1.close();
  }
}
