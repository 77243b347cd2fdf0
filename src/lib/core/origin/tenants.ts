/**
 * Who announces parts of others' space: providers' customers, companies' branches. Keyed by covering prefix and by the AS
 * whose space it is. Bounded by `limit` pairs; when full no more are taken (`refused`).
 */
export class Tenants {
  readonly #limit: number;
  /** (covering prefix id, foreign origin) -> since when, Unix seconds; 0 for baseline. */
  readonly #sinceS = new Map<number, number>();
  /** Pairs by AS that owns the covering prefix. */
  readonly #byOwner = new Map<number, number>();
  #refused = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get refused(): number {
    return this.#refused;
  }

  add(block: number, owner: number, tenant: number, sinceS: number): void {
    const key = keyOf(block, tenant);
    if (this.#sinceS.has(key)) return;
    if (this.#sinceS.size >= this.#limit) {
      this.#refused++;
      return;
    }
    this.#sinceS.set(key, sinceS);
    this.#byOwner.set(owner, (this.#byOwner.get(owner) ?? 0) + 1);
  }

  /** Since when `tenant` uses part of the block, Unix seconds, or null. */
  sinceS(block: number, tenant: number): number | null {
    return this.#sinceS.get(keyOf(block, tenant)) ?? null;
  }

  /** How many (block, tenant) pairs there are in the space of `owner`. */
  ofOwner(owner: number): number {
    return this.#byOwner.get(owner) ?? 0;
  }
}

/** Both numbers in one double: prefix ids stay below 2^21. */
function keyOf(block: number, tenant: number): number {
  return block * 0x1_0000_0000 + tenant;
}
