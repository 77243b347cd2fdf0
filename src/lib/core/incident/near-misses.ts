import type { NearMiss } from './incident.ts';

/** The newest findings that were not raised, with the reason; older ones are only counted. */
export class NearMisses {
  readonly #limit: number;
  readonly #ring: NearMiss[] = [];
  #next = 0;
  #total = 0;
  readonly #byReason = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(miss: NearMiss): void {
    this.#total++;
    this.#byReason.set(miss.reason, (this.#byReason.get(miss.reason) ?? 0) + 1);
    this.#ring[this.#next] = miss;
    this.#next = (this.#next + 1) % this.#limit;
  }

  get total(): number {
    return this.#total;
  }

  /** How many were let go, by reason. (Reasons are tag names: a fixed, small set.) */
  get countByReason(): ReadonlyMap<string, number> {
    return this.#byReason;
  }

  /** Newest first. */
  list(): NearMiss[] {
    return [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)].reverse();
  }
}
