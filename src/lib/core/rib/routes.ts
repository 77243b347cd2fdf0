import { NONE } from '../elem/batch.ts';
import { hashEnd, hashWord } from '../elem/columns.ts';
import { SlotIndex } from './slot-index.ts';

// Row of a route, in 32-bit words: half a cache line.
const PREFIX = 0; // NONE in a free row
const VANTAGE = 1;
const PATH_ID = 2; // ADD-PATH identifier
const PATH = 3;
const ATTRS = 4; // hash
const UPDATED = 5; // number of the step that last announced it
const NEXT = 6; // among the routes of the prefix
const PREV = 7;
const ROW = 8;

function keyHash(prefix: number, vantage: number, pathId: number): number {
  return hashEnd(hashWord(hashWord(prefix, vantage), pathId));
}

/** Routes keyed by (prefix id, vantage id, ADD-PATH id), flat. Capacity is fixed between `grow` calls. */
export class RouteTable {
  #rows: Uint32Array<ArrayBuffer>;
  #free: Uint32Array<ArrayBuffer>;
  #freeCount = 0;
  #used = 0;
  #capacity: number;
  /** Where eviction goes on, and how old a route must be for it; beyond the end, a new round begins. */
  #hand = 0xffff_ffff;
  #cut = 0;
  readonly #index: SlotIndex;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#rows = new Uint32Array(capacity * ROW);
    this.#free = new Uint32Array(capacity);
    this.#index = new SlotIndex(capacity);
  }

  get length(): number {
    return this.#used - this.#freeCount;
  }

  get room(): number {
    return this.#capacity - this.length;
  }

  get capacity(): number {
    return this.#capacity;
  }

  get bytes(): number {
    return this.#rows.byteLength + this.#free.byteLength + this.#index.bytes;
  }

  static bytesFor(capacity: number): number {
    return capacity * (ROW + 1) * 4 + SlotIndex.bytesFor(capacity);
  }

  /** The route, or -1. */
  find(prefix: number, vantage: number, pathId: number): number {
    const rows = this.#rows;
    const index = this.#index;
    for (let id = index.first(keyHash(prefix, vantage, pathId)); id !== -1; id = index.next()) {
      const at = id * ROW;
      if (rows[at] === prefix && rows[at + VANTAGE] === vantage && rows[at + PATH_ID] === pathId) return id;
    }
    return -1;
  }

  /** Add the route that `find` has just not found, at the head of its prefix's list. */
  add(prefix: number, vantage: number, pathId: number, head: number): number {
    const id = this.#freeCount > 0 ? this.#free[--this.#freeCount]! : this.#used++;
    const rows = this.#rows;
    const at = id * ROW;
    rows[at + PREFIX] = prefix;
    rows[at + VANTAGE] = vantage;
    rows[at + PATH_ID] = pathId;
    rows[at + NEXT] = head;
    rows[at + PREV] = NONE;
    if (head !== NONE) rows[head * ROW + PREV] = id;
    this.#index.add(id);
    return id;
  }

  /** Set what the route says. */
  set(id: number, path: number, attrs: number, updated: number): void {
    const at = id * ROW;
    this.#rows[at + PATH] = path;
    this.#rows[at + ATTRS] = attrs;
    this.#rows[at + UPDATED] = updated;
  }

  touch(id: number, updated: number): void {
    this.#rows[id * ROW + UPDATED] = updated;
  }

  /** The number of the step that last announced it. */
  updated(id: number): number {
    return this.#rows[id * ROW + UPDATED]!;
  }

  /** Drop the route. @returns the new head of its prefix's list if it was the head, else `head`. */
  remove(id: number, head: number): number {
    const rows = this.#rows;
    const at = id * ROW;
    const next = rows[at + NEXT]!;
    const prev = rows[at + PREV]!;
    if (next !== NONE) rows[next * ROW + PREV] = prev;
    if (prev !== NONE) rows[prev * ROW + NEXT] = next;
    this.#index.remove(keyHash(rows[at]!, rows[at + VANTAGE]!, rows[at + PATH_ID]!), id);
    rows[at + PREFIX] = NONE;
    this.#free[this.#freeCount++] = id;
    return prev === NONE ? next : head;
  }

  prefix(id: number): number {
    return this.#rows[id * ROW + PREFIX]!;
  }

  vantage(id: number): number {
    return this.#rows[id * ROW + VANTAGE]!;
  }

  path(id: number): number {
    return this.#rows[id * ROW + PATH]!;
  }

  attrs(id: number): number {
    return this.#rows[id * ROW + ATTRS]!;
  }

  /** The next route of the same prefix, `NONE` at the end. */
  next(id: number): number {
    return this.#rows[id * ROW + NEXT]!;
  }

  /** Call `drop` with every route of `vantage`. Walks the whole table: peers go down rarely. */
  eachOfVantage(vantage: number, drop: (route: number) => void): void {
    const rows = this.#rows;
    const end = this.#used;
    for (let id = 0; id < end; id++) {
      if (rows[id * ROW + VANTAGE] === vantage && rows[id * ROW] !== NONE) drop(id);
    }
  }

  /**
   * Call `drop` with `count` of the routes announced longest ago, or with as many as there are. A hand goes round the
   * table and takes what is no younger than a cut, the sampled age of the oldest sixteenth when the round began: the choice
   * is exact to about that share, and no call has to walk the whole table for it.
   */
  dropOldest(count: number, drop: (route: number) => void): void {
    const rows = this.#rows;
    let left = Math.min(count, this.length);
    while (left > 0) {
      if (this.#hand >= this.#used) {
        this.#hand = 0;
        this.#cut = this.#ageAt(this.length / 16);
      }
      const id = this.#hand++;
      if (rows[id * ROW] === NONE || rows[id * ROW + UPDATED]! > this.#cut) continue;
      drop(id);
      left--;
    }
  }

  /** The step number at or before which about `count` routes were last announced. */
  #ageAt(count: number): number {
    const sample: number[] = [];
    const stride = Math.max(1, Math.floor(this.#used / 4096));
    for (let id = 0; id < this.#used; id += stride) {
      if (this.#rows[id * ROW] !== NONE) sample.push(this.#rows[id * ROW + UPDATED]!);
    }
    sample.sort((a, b) => a - b);
    const rank = Math.ceil((count / this.length) * sample.length);
    return sample[Math.min(rank, sample.length) - 1] ?? 0xffff_ffff;
  }

  grow(capacity: number): void {
    const rows = new Uint32Array(capacity * ROW);
    rows.set(this.#rows);
    const free = new Uint32Array(capacity);
    free.set(this.#free);
    this.#rows = rows;
    this.#free = free;
    this.#capacity = capacity;
    this.#index.grow(capacity);
  }

  clear(): void {
    this.#used = 0;
    this.#freeCount = 0;
    this.#hand = 0xffff_ffff;
    this.#index.clear();
  }
}
