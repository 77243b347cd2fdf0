/** Growable typed arrays and the hash used by the interning tables. */

/** One step of a 32-bit multiplicative hash; start from any constant, end with `hashEnd`. */
export function hashWord(hash: number, word: number): number {
  return Math.imul(hash ^ word, 0x9e37_79b1) ^ (hash >>> 15);
}

export function hashEnd(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}

/** `column`, or a copy with at least `needed` entries (capacity doubles). */
export function grownU32(column: Uint32Array<ArrayBuffer>, needed: number): Uint32Array<ArrayBuffer> {
  if (needed <= column.length) return column;
  const next = new Uint32Array(Math.max(needed, column.length * 2));
  next.set(column);
  return next;
}

export function grownU8(column: Uint8Array<ArrayBuffer>, needed: number): Uint8Array<ArrayBuffer> {
  if (needed <= column.length) return column;
  const next = new Uint8Array(Math.max(needed, column.length * 2));
  next.set(column);
  return next;
}

/** Tables this much larger than what the last batch used are made smaller. */
const SPARSE = 64;

/**
 * The slots of an open-addressing hash table: where its owner's entries are, by hash. Owners keep the entries, compare
 * them, and walk the slots themselves, because a call per probe costs more than the probe:
 *
 *     let at = (hash << 1) & mask;
 *     for (let entry; (entry = slots[at]) !== 0; at = (at + 2) & mask)
 *       if (slots[at + 1] === hash && isEqual(entry - 1)) return entry - 1;
 *     index.add(at, newEntry, hash);
 *
 * Hashes are signed here (`hashEnd(…) | 0`): numbers that V8 passes on without allocating.
 */
export class HashIndex {
  /** Two words a slot, so that a probe touches one cache line: entry number plus 1 (0 is free), then its hash. */
  slots: Int32Array;
  /** Index of the last slot, times two. */
  mask: number;
  #count = 0;
  readonly #smallest: number;

  constructor(capacity: number) {
    let size = 16;
    while (size < capacity * 2) size *= 2;
    this.#smallest = size * 2;
    this.slots = new Int32Array(size * 2);
    this.mask = (size - 1) * 2;
  }

  /** Store `entry` at the free slot `at`, where the search for `hash` ended. */
  add(at: number, entry: number, hash: number): void {
    this.slots[at] = entry + 1;
    this.slots[at + 1] = hash;
    if (++this.#count * 4 > this.slots.length) this.#grow();
  }

  /** Forget everything. A table that one big batch had made large shrinks again, as emptying it takes time. */
  clear(): void {
    if (this.slots.length > this.#smallest && this.#count * SPARSE < this.slots.length) {
      this.slots = new Int32Array(this.slots.length / 2);
      this.mask = this.slots.length - 2;
    } else if (this.#count > 0) {
      this.slots.fill(0);
    }
    this.#count = 0;
  }

  #grow(): void {
    const slots = this.slots;
    const next = new Int32Array(slots.length * 2);
    const mask = next.length - 2;
    for (let i = 0; i < slots.length; i += 2) {
      if (slots[i] === 0) continue;
      let at = (slots[i + 1]! << 1) & mask;
      while (next[at] !== 0) at = (at + 2) & mask;
      next[at] = slots[i]!;
      next[at + 1] = slots[i + 1]!;
    }
    this.slots = next;
    this.mask = mask;
  }
}
