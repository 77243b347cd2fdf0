import { hashEnd, hashWord } from '../elem/columns.ts';
import { SlotIndex } from '../rib/slot-index.ts';

const FREE = -1;

/**
 * Distinct partners per entry over a sliding window: which vantages spoke of a prefix, which prefixes an origin announced.
 * Holds when each pair was last seen. Exact up to `limit` pairs in the window; further pairs are refused and counted, and
 * the numbers are then lower bounds.
 */
export class WindowPairs {
  readonly #limit: number;
  readonly #index: SlotIndex;
  #a: Uint32Array;
  #b: Uint32Array;
  /** Step the pair was last seen in; `FREE` in an unused row. */
  #last: Float64Array;
  #perA = new Uint32Array(256);
  #free: number[] = [];
  #used = 0;
  #refused = 0;

  constructor(limit: number) {
    this.#limit = limit;
    const capacity = Math.min(limit, 1024);
    this.#index = new SlotIndex(capacity);
    this.#a = new Uint32Array(capacity);
    this.#b = new Uint32Array(capacity);
    this.#last = new Float64Array(capacity).fill(FREE);
  }

  get length(): number {
    return this.#used - this.#free.length;
  }

  /** Sightings refused for want of room. */
  get refused(): number {
    return this.#refused;
  }

  /** Distinct partners of `a` in the window. */
  count(a: number): number {
    return this.#perA[a] ?? 0;
  }

  /** `a` and `b` were seen together at `step`. */
  see(a: number, b: number, step: number): void {
    const hash = hashEnd(hashWord(a, b));
    for (let row = this.#index.first(hash); row !== -1; row = this.#index.next()) {
      if (this.#a[row] !== a || this.#b[row] !== b) continue;
      if (this.#last[row]! < step) this.#last[row] = step;
      return;
    }
    if (this.#free.length === 0 && this.#used === this.#a.length) {
      if (!this.#grow()) {
        this.#refused++;
        return;
      }
      // Growing has moved the slots: look the free one up again.
      for (let row = this.#index.first(hash); row !== -1; row = this.#index.next());
    }
    this.#add(a, b, step);
  }

  #add(a: number, b: number, step: number): void {
    const row = this.#free.pop() ?? this.#used++;
    this.#a[row] = a;
    this.#b[row] = b;
    this.#last[row] = step;
    this.#index.add(row);
    if (a >= this.#perA.length) {
      const perA = new Uint32Array(Math.max(a + 1, this.#perA.length * 2));
      perA.set(this.#perA);
      this.#perA = perA;
    }
    this.#perA[a]!++;
  }

  /** Forget pairs last seen before `step`. */
  expire(step: number): void {
    for (let row = 0; row < this.#used; row++) {
      if (this.#last[row] !== FREE && this.#last[row]! < step) this.#remove(row);
    }
  }

  /** Forget every pair of the entries marked in `dropped`. */
  drop(dropped: Uint8Array): void {
    for (let row = 0; row < this.#used; row++) {
      if (this.#last[row] !== FREE && dropped[this.#a[row]!] === 1) this.#remove(row);
    }
  }

  /** Forget every pair whose partner is marked in `dropped`. */
  dropPartners(dropped: Uint8Array): void {
    for (let row = 0; row < this.#used; row++) {
      if (this.#last[row] !== FREE && dropped[this.#b[row]!] === 1) this.#remove(row);
    }
  }

  #remove(row: number): void {
    this.#index.remove(hashEnd(hashWord(this.#a[row]!, this.#b[row]!)), row);
    this.#perA[this.#a[row]!]!--;
    this.#last[row] = FREE;
    this.#free.push(row);
  }

  #grow(): boolean {
    const capacity = Math.min(this.#limit, this.#a.length * 2);
    if (capacity <= this.#a.length) return false;
    const a = new Uint32Array(capacity);
    const b = new Uint32Array(capacity);
    const last = new Float64Array(capacity).fill(FREE);
    a.set(this.#a);
    b.set(this.#b);
    last.set(this.#last);
    this.#a = a;
    this.#b = b;
    this.#last = last;
    this.#index.grow(capacity);
    return true;
  }
}
