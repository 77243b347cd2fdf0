import { PathPool } from './paths.ts';
import { PrefixPool } from './prefixes.ts';
import { RouteTable } from './routes.ts';

/** Grows the tables of the routing state, each when it is needed, under one byte budget for all. */
export class Room {
  readonly budgetBytes: number;
  readonly #routes: RouteTable;
  readonly #prefixes: PrefixPool;
  readonly #paths: PathPool;

  constructor(routes: RouteTable, prefixes: PrefixPool, paths: PathPool, budgetBytes: number) {
    this.#routes = routes;
    this.#prefixes = prefixes;
    this.#paths = paths;
    this.budgetBytes = budgetBytes;
  }

  /** Bytes the tables take now. */
  get bytes(): number {
    return this.#routes.bytes + this.#prefixes.bytes + this.#paths.bytes;
  }

  /** Room for `needed` more routes. @returns false when the budget does not allow it. */
  forRoutes(needed: number): boolean {
    const table = this.#routes;
    if (table.room >= needed) return true;
    const bytesFor = (capacity: number): number => RouteTable.bytesFor(capacity);
    const next = this.#nextCapacity(table.capacity, table.length + needed, table.bytes, bytesFor);
    if (next > 0) table.grow(next);
    return next > 0;
  }

  /** Room for `needed` more prefixes. @returns false when the budget does not allow it. */
  forPrefixes(needed: number): boolean {
    const pool = this.#prefixes;
    if (pool.room >= needed) return true;
    const bytesFor = (capacity: number): number => PrefixPool.bytesFor(capacity);
    const next = this.#nextCapacity(pool.capacity, pool.length + needed, pool.bytes, bytesFor);
    if (next > 0) pool.grow(next);
    return next > 0;
  }

  /** Room for `needed` more paths with `words` words in all. @returns false when the budget does not allow it. */
  forPaths(needed: number, words: number): boolean {
    const pool = this.#paths;
    if (pool.room < needed) {
      const bytesFor = (capacity: number): number => PathPool.bytesFor(capacity, pool.wordCapacity);
      const next = this.#nextCapacity(pool.capacity, pool.length + needed, pool.bytes, bytesFor);
      if (next === 0) return false;
      pool.grow(next, pool.wordCapacity);
    }
    // A quarter of slack, or every batch would end in a compaction.
    if (pool.wordRoom >= words + pool.wordCapacity / 4) return true;
    // With the slack that is asked for below, also when this batch alone is larger than all there was.
    const least = Math.ceil(((pool.wordCapacity - pool.wordRoom + words) * 16) / 15) + 1;
    const bytesFor = (capacity: number): number => PathPool.bytesFor(pool.capacity, capacity);
    const next = this.#nextCapacity(pool.wordCapacity, least, pool.bytes, bytesFor);
    if (next > pool.wordCapacity) pool.grow(pool.capacity, next);
    // Nor must every batch be one when nothing can grow any more.
    return pool.wordRoom >= words + pool.wordCapacity / 16;
  }

  /** The capacity to grow to: double, or a quarter more, or 0 when neither fits the budget. */
  #nextCapacity(
    now: number,
    least: number,
    ownBytes: number,
    bytesFor: (capacity: number) => number,
  ): number {
    const leftBytes = this.budgetBytes - (this.bytes - ownBytes);
    for (const factor of [2, 1.25]) {
      const next = Math.max(Math.ceil(now * factor), least);
      if (bytesFor(next) <= leftBytes) return next;
    }
    return 0;
  }
}
