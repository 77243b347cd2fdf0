/** Longest stretch of work before the event loop gets its turn: control calls wait no longer than this and one batch. */
const TURN_MS = 12;

/** Lets long work give way to control messages and timers. */
export class Turn {
  readonly #channel = new MessageChannel();
  readonly #waiting: (() => void)[] = [];
  #startedMs = performance.now();

  constructor() {
    // Not a timer: those are held back to 4 ms each when nested, and more in a hidden page.
    this.#channel.port1.onmessage = () => this.#waiting.shift()?.();
  }

  /** Whether it is time to give way. */
  get isOver(): boolean {
    return performance.now() - this.#startedMs > TURN_MS;
  }

  /** Resolves after everything else that was waiting for the event loop. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      this.#channel.port2.postMessage(null);
    });
    this.#startedMs = performance.now();
  }

  close(): void {
    this.#channel.port1.close();
  }
}
