import type { WordLists } from '../elem/batch.ts';
import { NONE } from '../elem/batch.ts';
import { grownU32 } from '../elem/columns.ts';
import { PathPool } from '../rib/paths.ts';
import { SlotIndex } from '../rib/slot-index.ts';

// Row of a withdrawn route, in 32-bit words.
const HIGH = 0;
const LOW = 1;
const EPOCH = 2; // of the session
const PATH = 3; // id in the pool, NONE where the route was not known
const ATTRS = 4; // hash
const OLDER = 5; // in the order of withdrawals; in a free row, the next free one
const NEWER = 6;
const ROW = 7;

const FIRST_ROWS = 1024;
const FIRST_WORDS = 8192;
/** Words of path the pool may hold for each route, on average. */
const WORDS_PER_ROUTE = 8;

/** A route as it was when it was withdrawn: its path is `words[from .. to)`. */
export interface WithdrawnRoute {
  words: Uint32Array;
  from: number;
  to: number;
  /** Its attribute hash (`rib/attrs.ts`). */
  attrs: number;
}

/** What is known of an announced key: never withdrawn in this session; withdrawn, unknown as what; withdrawn as `found`. */
export const RETURN = { none: 0, unknown: 1, known: 2 } as const;

/**
 * Routes as they were when they were withdrawn, until they are announced again: what flaps and changed returns are told
 * with. Keyed by 64 bits of hash. Bounded: beyond `maxRoutes` the one withdrawn longest ago is forgotten (`forgotten`), and
 * its return counts as new; a path there is no room for makes its route one of unknown path.
 */
export class WithdrawnRoutes {
  readonly #maxRoutes: number;
  #rows = new Uint32Array(FIRST_ROWS * ROW);
  #capacity = FIRST_ROWS;
  #used = 0;
  #length = 0;
  #free = NONE;
  #oldest = NONE;
  #newest = NONE;
  #forgotten = 0;
  readonly #index = new SlotIndex(FIRST_ROWS);
  readonly #paths = new PathPool(FIRST_ROWS, FIRST_WORDS);
  /** The route `take` found; good until the next `put`. */
  readonly found: WithdrawnRoute = { words: new Uint32Array(0), from: 0, to: 0, attrs: 0 };

  constructor(maxRoutes: number) {
    this.#maxRoutes = Math.max(FIRST_ROWS, maxRoutes);
  }

  get length(): number {
    return this.#length;
  }

  /** Withdrawals forgotten for want of room. */
  get forgotten(): number {
    return this.#forgotten;
  }

  get bytes(): number {
    return this.#rows.byteLength + this.#index.bytes + this.#paths.bytes;
  }

  /** Whether the key was withdrawn in this session and not announced since. */
  has(high: number, low: number, epoch: number): boolean {
    const row = this.#find(high, low);
    return row !== -1 && this.#rows[row * ROW + EPOCH] === epoch;
  }

  /** Note the withdrawal of `route`; null when it was not known. `words` must not be this table's own. */
  put(high: number, low: number, epoch: number, route: WithdrawnRoute | null): void {
    const known = this.#find(high, low);
    if (known !== -1) this.#remove(known);
    const row = this.#freeRow();
    const at = row * ROW;
    // Ends at the free slot where `add` stores.
    for (let id = this.#index.first(low); id !== -1;) id = this.#index.next();
    this.#index.add(row);
    const rows = this.#rows;
    rows[at + HIGH] = high;
    rows[at + LOW] = low;
    rows[at + EPOCH] = epoch;
    rows[at + PATH] = route ? this.#acquire(route) : NONE;
    rows[at + ATTRS] = route?.attrs ?? 0;
    rows[at + OLDER] = this.#newest;
    rows[at + NEWER] = NONE;
    if (this.#newest === NONE) this.#oldest = row;
    else rows[this.#newest * ROW + NEWER] = row;
    this.#newest = row;
    this.#length++;
  }

  /** The key is announced again: its withdrawal is forgotten. @returns a `RETURN` value. */
  take(high: number, low: number, epoch: number): number {
    const row = this.#find(high, low);
    if (row === -1) return RETURN.none;
    const at = row * ROW;
    const isOfSession = this.#rows[at + EPOCH] === epoch;
    const path = this.#rows[at + PATH]!;
    if (path !== NONE) {
      const { found } = this;
      found.words = this.#paths.allWords;
      found.from = this.#paths.start(path);
      found.to = found.from + this.#paths.count(path);
      found.attrs = this.#rows[at + ATTRS]!;
    }
    this.#remove(row);
    if (!isOfSession) return RETURN.none;
    return path === NONE ? RETURN.unknown : RETURN.known;
  }

  #find(high: number, low: number): number {
    const rows = this.#rows;
    for (let id = this.#index.first(low); id !== -1; id = this.#index.next())
      if (rows[id * ROW + HIGH] === high && rows[id * ROW + LOW] === low) return id;
    return -1;
  }

  #remove(row: number): void {
    const rows = this.#rows;
    const at = row * ROW;
    const [older, newer] = [rows[at + OLDER]!, rows[at + NEWER]!];
    if (older === NONE) this.#oldest = newer;
    else rows[older * ROW + NEWER] = newer;
    if (newer === NONE) this.#newest = older;
    else rows[newer * ROW + OLDER] = older;
    if (rows[at + PATH] !== NONE) this.#paths.release(rows[at + PATH]!);
    this.#index.remove(rows[at + LOW]!, row);
    rows[at + OLDER] = this.#free;
    this.#free = row;
    this.#length--;
  }

  #freeRow(): number {
    if (this.#free === NONE && this.#used === this.#capacity) {
      if (this.#capacity < this.#maxRoutes) {
        this.#capacity = Math.min(this.#capacity * 2, this.#maxRoutes);
        this.#rows = grownU32(this.#rows, this.#capacity * ROW);
        this.#index.grow(this.#capacity);
      } else {
        this.#remove(this.#oldest);
        this.#forgotten++;
      }
    }
    if (this.#free === NONE) return this.#used++;
    const row = this.#free;
    this.#free = this.#rows[row * ROW + OLDER]!;
    return row;
  }

  /** The id of a route's path in the pool, or `NONE` when there is no room for it. */
  #acquire({ words, from, to }: WithdrawnRoute): number {
    const pool = this.#paths;
    if (!this.#hasRoom(to - from)) {
      this.#forgotten++;
      return NONE;
    }
    pool.compact(to - from);
    LIST.words = words;
    LIST.offsets[0] = from;
    LIST.offsets[1] = to;
    return pool.acquire(LIST, 0);
  }

  #hasRoom(words: number): boolean {
    const pool = this.#paths;
    if (pool.room === 0) pool.grow(Math.min(pool.capacity * 2, this.#maxRoutes), pool.wordCapacity);
    if (!this.#hasWords(words))
      pool.grow(pool.capacity, Math.min(pool.wordCapacity * 2 + words, this.#maxRoutes * WORDS_PER_ROUTE));
    return pool.room > 0 && this.#hasWords(words);
  }

  /** With a sixteenth of slack, or every path would end in a compaction. */
  #hasWords(words: number): boolean {
    return this.#paths.wordRoom >= words + (this.#paths.wordCapacity >>> 4);
  }

  clear(): void {
    this.#index.clear();
    this.#paths.clear();
    this.#length = this.#used = 0;
    this.#free = this.#oldest = this.#newest = NONE;
  }
}

/** One path as the pool takes them; filled before each use. */
const LIST: { -readonly [Key in keyof WordLists]: WordLists[Key] } = {
  length: 1,
  offsets: new Uint32Array(2),
  words: new Uint32Array(0),
};
