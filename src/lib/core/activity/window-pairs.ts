import { hashEnd, hashWord } from '../elem/columns.ts';
import { SlotIndex } from '../rib/slot-index.ts';

// Row of a pair, in 32-bit words: together, because a look-up reads all of them.
const A = 0;
const B = 1;
const LAST = 2; // step the pair was last seen in; FREE in an unused row
const ROW = 3;
const FREE = 0xffff_ffff;

/**
 * Distinct partners per entry over a sliding window: which vantages spoke of a prefix, which prefixes an origin announced.
 * Holds when each pair was last seen. Exact up to `limit` pairs in the window; further pairs are refused and counted, and
 * the numbers are then lower bounds.
 */
export class WindowPairs {
  readonly #limit: number;
  readonly #index: SlotIndex;
  #rows: Uint32Array;
  #perA = new Uint32Array(256);
  #free: number[] = [];
  #used = 0;
  #refused = 0;

  constructor(limit: number) {
    this.#limit = limit;
    const capacity = Math.min(limit, 1024);
    this.#index = new SlotIndex(capacity);
    this.#rows = new Uint32Array(capacity * ROW);
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
    const rows = this.#rows;
    for (let row = this.#index.first(hash); row !== -1; row = this.#index.next()) {
      const at = row * ROW;
      if (rows[at] !== a || rows[at + B] !== b) continue;
      if (rows[at + LAST]! < step) rows[at + LAST] = step;
      return;
    }
    if (this.#free.length === 0 && this.#used * ROW === rows.length) {
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
    this.#rows[row * ROW + A] = a;
    this.#rows[row * ROW + B] = b;
    this.#rows[row * ROW + LAST] = step;
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
      if (this.#rows[row * ROW + LAST]! < step) this.#remove(row);
    }
  }

  /** Forget every pair of the entries marked in `dropped`. */
  drop(dropped: Uint8Array): void {
    for (let row = 0; row < this.#used; row++) {
      if (this.#rows[row * ROW + LAST] !== FREE && dropped[this.#rows[row * ROW + A]!] === 1)
        this.#remove(row);
    }
  }

  /** Forget every pair whose partner is marked in `dropped`. */
  dropPartners(dropped: Uint8Array): void {
    for (let row = 0; row < this.#used; row++) {
      if (this.#rows[row * ROW + LAST] !== FREE && dropped[this.#rows[row * ROW + B]!] === 1)
        this.#remove(row);
    }
  }

  #remove(row: number): void {
    const at = row * ROW;
    const a = this.#rows[at + A]!;
    this.#index.remove(hashEnd(hashWord(a, this.#rows[at + B]!)), row);
    this.#perA[a]!--;
    this.#rows[at + LAST] = FREE;
    this.#free.push(row);
  }

  #grow(): boolean {
    const before = this.#rows.length / ROW;
    const capacity = Math.min(this.#limit, before * 2);
    if (capacity <= before) return false;
    const rows = new Uint32Array(capacity * ROW);
    rows.set(this.#rows);
    this.#rows = rows;
    this.#index.grow(capacity);
    return true;
  }
}
