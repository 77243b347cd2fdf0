const BUCKET_MS = 1000;
const BUCKETS = 5;

/** How busy the worker is, over the last five seconds of wall time. */
export class Meter {
  readonly #busyMs = new Float64Array(BUCKETS);
  readonly #elems = new Float64Array(BUCKETS);
  #head = -1;
  #startMs = 0;
  #elemsPerCpuS = 0;

  /** Count `busyMs` of work that ended at `nowMs` and handled `elems`. */
  add(nowMs: number, busyMs: number, elems: number): void {
    this.#advance(nowMs);
    this.#busyMs[this.#head % BUCKETS]! += busyMs;
    this.#elems[this.#head % BUCKETS]! += elems;
  }

  #advance(nowMs: number): void {
    const head = Math.floor(nowMs / BUCKET_MS);
    if (this.#head === -1) {
      this.#head = head;
      this.#startMs = nowMs;
    }
    for (let at = Math.max(this.#head + 1, head - BUCKETS + 1); at <= head; at++) {
      this.#busyMs[at % BUCKETS] = 0;
      this.#elems[at % BUCKETS] = 0;
    }
    this.#head = Math.max(this.#head, head);
  }

  /** `busy` 0..1; `elemsPerCpuS` keeps its last value while nothing arrives. */
  read(nowMs: number): { busy: number; elemsPerCpuS: number } {
    this.#advance(nowMs);
    let busyMs = 0;
    let elems = 0;
    for (let at = 0; at < BUCKETS; at++) {
      busyMs += this.#busyMs[at]!;
      elems += this.#elems[at]!;
    }
    if (elems > 0 && busyMs > 0) this.#elemsPerCpuS = (elems / busyMs) * 1000;
    const windowMs = nowMs - Math.max(this.#startMs, (this.#head - BUCKETS + 1) * BUCKET_MS);
    return { busy: windowMs > 0 ? Math.min(1, busyMs / windowMs) : 0, elemsPerCpuS: this.#elemsPerCpuS };
  }
}
