import { SlotIndex } from '../rib/slot-index.ts';

/** Steps a window has unless told otherwise. */
export const WINDOW_STEPS = 30;

const FREE = 0;
const LIVE = 1;

/**
 * Announcements and withdrawals per key over a sliding window of steps. Exact while no more than `limit` keys are in the
 * window; beyond that the keys with the lowest counts are dropped, and `uncertainty` says how much a count may be short.
 * A key is a pair of words of which the first is its hash.
 */
export class WindowCounts {
  readonly steps: number;
  readonly #limit: number;
  readonly #index: SlotIndex;
  #state = new Uint8Array(0);
  #keyA = new Uint32Array(0);
  #keyB = new Uint32Array(0);
  #announced = new Uint32Array(0);
  #withdrawn = new Uint32Array(0);
  /** Row per entry: announcements of each step, then withdrawals of each step. */
  #perStep = new Uint32Array(0);
  #free: number[] = [];
  #used = 0;
  #head = 0;
  /** Step and highest dropped count of each sweep still in the window. */
  #sweeps: { step: number; count: number }[] = [];
  /** Whether the last `acquire` made a new entry: what its owner keeps beside it must start afresh. */
  isNew = false;

  constructor(limit: number, steps = WINDOW_STEPS) {
    this.#limit = limit;
    this.steps = steps;
    this.#index = new SlotIndex(limit);
    this.#grow(Math.min(limit, 1024));
  }

  get length(): number {
    return this.#used - this.#free.length;
  }

  get capacity(): number {
    return this.#state.length;
  }

  /** How much any count in the window may be short; 0 while the counts are exact. */
  get uncertainty(): number {
    return this.#sweeps.reduce((sum, sweep) => sum + sweep.count, 0);
  }

  announced(entry: number): number {
    return this.#announced[entry]!;
  }

  withdrawn(entry: number): number {
    return this.#withdrawn[entry]!;
  }

  keyB(entry: number): number {
    return this.#keyB[entry]!;
  }

  /**
   * Make room for `count` more keys, dropping those with the lowest counts when there is no other way.
   *
   * @returns which entries were dropped, one byte each, or null when none were.
   */
  reserve(count: number): Uint8Array | null {
    const wanted = this.length + count;
    if (wanted > this.capacity) this.#grow(Math.min(this.#limit, Math.max(wanted, this.capacity * 2)));
    return wanted > this.#limit ? this.#sweep(Math.max(count, this.#limit >> 2)) : null;
  }

  #sweep(room: number): Uint8Array {
    const totals = new Float64Array(this.length);
    let n = 0;
    for (let entry = 0; entry < this.#used; entry++) if (this.#state[entry]) totals[n++] = this.#total(entry);
    totals.sort();
    const cut = totals[Math.min(room, n) - 1] ?? 0;
    const dropped = new Uint8Array(this.#used);
    for (let entry = 0; entry < this.#used; entry++) {
      if (!this.#state[entry] || this.#total(entry) > cut) continue;
      dropped[entry] = 1;
      this.#remove(entry);
    }
    this.#sweeps.push({ step: this.#head, count: cut });
    return dropped;
  }

  #total(entry: number): number {
    return this.#announced[entry]! + this.#withdrawn[entry]!;
  }

  /** The entry of a key, added if new; -1 when there is no room even after `reserve`. */
  acquire(keyA: number, keyB: number): number {
    this.isNew = false;
    for (let entry = this.#index.first(keyA); entry !== -1; entry = this.#index.next()) {
      if (this.#keyB[entry] === keyB) return entry;
    }
    const entry = this.#free.pop() ?? this.#used++;
    if (entry >= this.capacity) {
      this.#used--;
      return -1;
    }
    this.#state[entry] = LIVE;
    this.#keyA[entry] = keyA;
    this.#keyB[entry] = keyB;
    this.#index.add(entry);
    this.isNew = true;
    return entry;
  }

  /** Count one elem at `step`, which is in the window. */
  add(entry: number, step: number, isWithdraw: boolean): void {
    const at = entry * this.steps * 2 + (step % this.steps);
    if (isWithdraw) {
      this.#withdrawn[entry]!++;
      this.#perStep[at + this.steps]!++;
    } else {
      this.#announced[entry]!++;
      this.#perStep[at]!++;
    }
  }

  /** Move the window on so that it ends with `head`. */
  advance(head: number): void {
    const from = Math.max(this.#head + 1, head - this.steps + 1);
    if (head <= this.#head) return;
    for (let entry = 0; entry < this.#used; entry++) {
      if (this.#state[entry] === FREE) continue;
      const row = entry * this.steps * 2;
      for (let step = from; step <= head; step++) this.#forget(entry, row + (step % this.steps));
      if (this.#total(entry) === 0) this.#remove(entry);
    }
    this.#head = head;
    this.#sweeps = this.#sweeps.filter((sweep) => sweep.step > head - this.steps);
  }

  #forget(entry: number, at: number): void {
    this.#announced[entry]! -= this.#perStep[at]!;
    this.#withdrawn[entry]! -= this.#perStep[at + this.steps]!;
    this.#perStep[at] = 0;
    this.#perStep[at + this.steps] = 0;
  }

  #remove(entry: number): void {
    this.#index.remove(this.#keyA[entry]!, entry);
    this.#state[entry] = FREE;
    this.#announced[entry] = 0;
    this.#withdrawn[entry] = 0;
    this.#perStep.fill(0, entry * this.steps * 2, (entry + 1) * this.steps * 2);
    this.#free.push(entry);
  }

  /** The `count` entries with the highest counts, highest first; equal ones by key, so that rows do not swap places. */
  top(count: number, total: (entry: number) => number): number[] {
    const best: number[] = [];
    for (let entry = 0; entry < this.#used; entry++) {
      const value = this.#state[entry] ? total(entry) : 0;
      if (value === 0) continue;
      let at = best.length;
      while (at > 0 && this.#isBefore(entry, value, best[at - 1]!, total)) at--;
      if (at >= count) continue;
      best.splice(at, 0, entry);
      if (best.length > count) best.pop();
    }
    return best;
  }

  #isBefore(entry: number, value: number, other: number, total: (entry: number) => number): boolean {
    const otherValue = total(other);
    if (value !== otherValue) return value > otherValue;
    return this.#keyA[entry]! < this.#keyA[other]!;
  }

  /** Elems per step, oldest first. */
  spark(entry: number, isWithAnnouncementsOnly: boolean): Float32Array<ArrayBuffer> {
    const spark = new Float32Array(this.steps);
    const row = entry * this.steps * 2;
    for (let i = 0; i < this.steps; i++) {
      const at = row + ((this.#head + 1 + i) % this.steps);
      spark[i] = this.#perStep[at]! + (isWithAnnouncementsOnly ? 0 : this.#perStep[at + this.steps]!);
    }
    return spark;
  }

  #grow(capacity: number): void {
    const state = new Uint8Array(capacity);
    state.set(this.#state);
    this.#state = state;
    const grown = (column: Uint32Array<ArrayBuffer>, width: number): Uint32Array<ArrayBuffer> => {
      const next = new Uint32Array(capacity * width);
      next.set(column);
      return next;
    };
    this.#keyA = grown(this.#keyA, 1);
    this.#keyB = grown(this.#keyB, 1);
    this.#announced = grown(this.#announced, 1);
    this.#withdrawn = grown(this.#withdrawn, 1);
    this.#perStep = grown(this.#perStep, this.steps * 2);
  }
}
