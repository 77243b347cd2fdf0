import { get, readText } from './request.ts';
import { UpstreamError } from './upstream.ts';

/** Answers kept, how long they stay good, and questions that may be on their way at once. */
const MAX_ANSWERS = 5000;
const ANSWER_MS = 60_000;
const MAX_PENDING = 8;
const MAX_WAIT_MS = 10_000;

/**
 * Asks a Routinator for verdicts while the mirror has no data yet. Each question makes Routinator look at every VRP it
 * has, so answers are kept and questions are few.
 */
export class ValidityProxy {
  readonly #base: URL;
  readonly #nowMs: () => number;
  /** In the order of their asking: the oldest first. */
  readonly #answers = new Map<string, { readonly text: string; readonly atMs: number }>();
  readonly #pending = new Map<string, Promise<string | null>>();
  readonly #stop = new AbortController();
  #asked = 0;
  #cached = 0;
  #refused = 0;

  /** @param base ends in `/api/v1/validity/` */
  constructor(base: URL, nowMs: () => number = Date.now) {
    this.#base = base;
    this.#nowMs = nowMs;
  }

  stats(): {
    readonly asked: number;
    readonly cached: number;
    readonly refused: number;
    readonly kept: number;
  } {
    return { asked: this.#asked, cached: this.#cached, refused: this.#refused, kept: this.#answers.size };
  }

  close(): void {
    this.#stop.abort(new Error('the proxy is stopping'));
  }

  /** Routinator's answer about `AS65001/192.0.2.0/24`; null when there is none to be had. */
  ask(route: string): Promise<string | null> {
    const kept = this.#answers.get(route);
    if (kept && this.#nowMs() - kept.atMs < ANSWER_MS) {
      this.#cached++;
      return Promise.resolve(kept.text);
    }
    const pending = this.#pending.get(route);
    if (pending) return pending;
    if (this.#pending.size >= MAX_PENDING) {
      this.#refused++;
      return Promise.resolve(null);
    }
    this.#asked++;
    const answer = this.#fetch(route).finally(() => this.#pending.delete(route));
    this.#pending.set(route, answer);
    return answer;
  }

  async #fetch(route: string): Promise<string | null> {
    try {
      const text = await readText(await get(new URL(route, this.#base), {}, this.#stop.signal, MAX_WAIT_MS));
      this.#answers.delete(route);
      this.#answers.set(route, { text, atMs: this.#nowMs() });
      if (this.#answers.size > MAX_ANSWERS) this.#answers.delete(this.#answers.keys().next().value!);
      return text;
    } catch (cause) {
      if (cause instanceof UpstreamError || this.#stop.signal.aborted) return null;
      throw cause;
    }
  }
}
