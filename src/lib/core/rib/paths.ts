import type { WordLists } from '../elem/batch.ts';
import { SEGMENT } from '../elem/batch.ts';
import { hashEnd, hashWord } from '../elem/columns.ts';
import { SlotIndex } from './slot-index.ts';

// Row of a path, in 32-bit words.
const START = 0;
const COUNT = 1;
const REFS = 2;
const HASH = 3;
const ROW = 4;

/**
 * AS paths held by the state, numbered across batches; words as in `ElemBatch.paths`. An id lives while a route or the
 * batch being stepped refers to it. Words of dead paths are reclaimed by moving the living ones together.
 */
export class PathPool {
  #rows: Uint32Array<ArrayBuffer>;
  #words: Uint32Array<ArrayBuffer>;
  #free: Uint32Array<ArrayBuffer>;
  #freeCount = 0;
  #used = 0;
  #wordEnd = 0;
  #deadWords = 0;
  #capacity: number;
  readonly #index: SlotIndex;
  /** How the origin is read off a path's words. */
  originOf: (words: Uint32Array, from: number, to: number) => number = originOf;

  constructor(capacity: number, wordCapacity: number) {
    this.#capacity = capacity;
    this.#rows = new Uint32Array(capacity * ROW);
    this.#words = new Uint32Array(wordCapacity);
    this.#free = new Uint32Array(capacity);
    this.#index = new SlotIndex(capacity);
  }

  get length(): number {
    return this.#used - this.#freeCount;
  }

  get room(): number {
    return this.#capacity - this.length;
  }

  /** Words free at the end, after compaction if that is what it takes. */
  get wordRoom(): number {
    return this.#words.length - this.#wordEnd + this.#deadWords;
  }

  get capacity(): number {
    return this.#capacity;
  }

  get wordCapacity(): number {
    return this.#words.length;
  }

  get bytes(): number {
    return this.#rows.byteLength + this.#words.byteLength + this.#free.byteLength + this.#index.bytes;
  }

  static bytesFor(capacity: number, wordCapacity: number): number {
    return capacity * (ROW + 1) * 4 + wordCapacity * 4 + SlotIndex.bytesFor(capacity);
  }

  /** The id of path `i` of `paths`, with one more reference. The caller has made sure there is room. */
  acquire(paths: WordLists, i: number): number {
    const { words, offsets } = paths;
    const from = offsets[i]!;
    const to = offsets[i + 1]!;
    let hash = to - from;
    for (let at = from; at < to; at++) hash = hashWord(hash, words[at]!);
    hash = hashEnd(hash);
    const rows = this.#rows;
    for (let id = this.#index.first(hash); id !== -1; id = this.#index.next()) {
      if (!this.#equals(id * ROW, words, from, to)) continue;
      rows[id * ROW + REFS]!++;
      return id;
    }
    const id = this.#freeCount > 0 ? this.#free[--this.#freeCount]! : this.#used++;
    const start = this.#wordEnd;
    for (let at = from, next = start; at < to; at++, next++) this.#words[next] = words[at]!;
    this.#wordEnd = start + to - from;
    rows[id * ROW + START] = start;
    rows[id * ROW + COUNT] = to - from;
    rows[id * ROW + REFS] = 1;
    rows[id * ROW + HASH] = hash;
    this.#index.add(id);
    return id;
  }

  #equals(at: number, words: Uint32Array, from: number, to: number): boolean {
    const rows = this.#rows;
    if (rows[at + COUNT] !== to - from) return false;
    const mine = this.#words;
    for (let next = rows[at + START]!; from < to; from++, next++)
      if (mine[next] !== words[from]) return false;
    return true;
  }

  addRef(id: number): void {
    this.#rows[id * ROW + REFS]!++;
  }

  release(id: number): void {
    const rows = this.#rows;
    const at = id * ROW;
    if (--rows[at + REFS]! > 0) return;
    this.#index.remove(rows[at + HASH]!, id);
    this.#deadWords += rows[at + COUNT]!;
    rows[at + COUNT] = 0;
    this.#free[this.#freeCount++] = id;
  }

  /** The path's words, a view good until the next step. */
  words(id: number): Uint32Array {
    const start = this.#rows[id * ROW + START]!;
    return this.#words.subarray(start, start + this.#rows[id * ROW + COUNT]!);
  }

  /** All the words paths are in; the same array until the next step. */
  get allWords(): Uint32Array {
    return this.#words;
  }

  /** Where in `allWords` the path begins. Its words stay there until the next step, also when it is let go. */
  start(id: number): number {
    return this.#rows[id * ROW + START]!;
  }

  /** How many words it has. */
  count(id: number): number {
    return this.#rows[id * ROW + COUNT]!;
  }

  /** The originating ASN, or -1 for an empty path or one that ends in an AS_SET. */
  origin(id: number): number {
    const start = this.#rows[id * ROW + START]!;
    return this.originOf(this.#words, start, start + this.#rows[id * ROW + COUNT]!);
  }

  /** Make `needed` words free at the end, moving the living paths together when they are not. */
  compact(needed: number): void {
    if (this.#words.length - this.#wordEnd >= needed) return;
    this.#move(new Uint32Array(this.#words.length));
  }

  #move(next: Uint32Array<ArrayBuffer>): void {
    const rows = this.#rows;
    const words = this.#words;
    let end = 0;
    for (let at = 0; at < this.#used * ROW; at += ROW) {
      const count = rows[at + COUNT]!;
      const start = rows[at + START]!;
      for (let i = 0; i < count; i++) next[end + i] = words[start + i]!;
      rows[at + START] = end;
      end += count;
    }
    this.#words = next;
    this.#wordEnd = end;
    this.#deadWords = 0;
  }

  grow(capacity: number, wordCapacity: number): void {
    if (wordCapacity > this.#words.length) this.#move(new Uint32Array(wordCapacity));
    if (capacity <= this.#capacity) return;
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
    this.#wordEnd = 0;
    this.#deadWords = 0;
    this.#index.clear();
  }
}

/** Origin of the path in `words[from .. to)`: last ASN of a closing AS_SEQUENCE, else -1. Does not allocate. */
export function originOf(words: Uint32Array, from: number, to: number): number {
  let origin = -1;
  for (let at = from; at < to;) {
    const header = words[at]!;
    const count = header & 0xff;
    at += 1 + count;
    if (count > 0) origin = header >>> 8 === SEGMENT.sequence && at <= to ? words[at - 1]! : -1;
  }
  return origin;
}
