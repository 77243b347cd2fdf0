import type { LiveView } from './api.ts';

/** Least time between two views: ten a second. */
const INTERVAL_MS = 100;

/**
 * Hands out views: when something changed, at most ten times a second, and never before the page has taken the last one
 * (a hidden or slow page gets fewer, not a heap of old ones).
 */
export class Publisher<View = LiveView> {
  readonly #makeView: () => View | null;
  #onView: ((view: View) => unknown) | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #lastMs = -Infinity;
  #isTaken = true;
  #hasChanged = false;

  /** @param makeView null when there is nothing to show yet. */
  constructor(makeView: () => View | null) {
    this.#makeView = makeView;
  }

  /** @param onView may return a promise, settled when the page has taken the view. */
  subscribe(onView: (view: View) => unknown): void {
    this.#onView = onView;
    this.changed();
  }

  /** Something is not as in the last view. */
  changed(): void {
    this.#hasChanged = true;
    if (this.#timer !== null || !this.#isTaken || this.#onView === null) return;
    const waitMs = this.#lastMs + INTERVAL_MS - performance.now();
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#publish();
      },
      Math.max(0, waitMs),
    );
  }

  #publish(): void {
    const view = this.#onView === null ? null : this.#makeView();
    if (view === null) return;
    this.#hasChanged = false;
    this.#lastMs = performance.now();
    this.#isTaken = false;
    const taken = (): void => {
      this.#isTaken = true;
      if (this.#hasChanged) this.changed();
    };
    Promise.resolve(this.#onView!(view)).then(taken, taken);
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#onView = null;
  }
}
