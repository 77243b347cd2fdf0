/** Growable typed arrays and the hash used by the interning tables. */

const HASH_PRIME = 0x9e37_79b1;

/** One step of a 32-bit multiplicative hash; start from any constant, end with `hashEnd`. */
export function hashWord(hash: number, word: number): number {
  return Math.imul(hash ^ word, HASH_PRIME) ^ (hash >>> 15);
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

/**
 * Open-addressing hash index from a hash to an entry number. The owner keeps the entries and compares them; this keeps
 * only where they are: `first(hash)` then `next()` walk the candidates until -1, and `add` stores at the free slot found.
 */
export class HashIndex {
  /** Two words a slot, so that a probe touches one cache line: entry number plus 1 (0 is free), then its hash. */
  #slots: Uint32Array;
  /** Index of the last slot, times two. */
  #mask: number;
  #at = 0;
  #hash = 0;
  #count = 0;

  constructor(capacity: number) {
    let size = 16;
    while (size < capacity * 2) size *= 2;
    this.#slots = new Uint32Array(size * 2);
    this.#mask = (size - 1) * 2;
  }

  /** The first candidate entry for `hash`, or -1. */
  first(hash: number): number {
    this.#hash = hash;
    return this.#probe((hash << 1) & this.#mask);
  }

  /** The next candidate after one that did not compare equal, or -1. */
  next(): number {
    return this.#probe((this.#at + 2) & this.#mask);
  }

  #probe(at: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    const hash = this.#hash;
    for (;;) {
      const entry = slots[at]!;
      if (entry === 0 || slots[at + 1] === hash) {
        this.#at = at;
        return entry - 1;
      }
      at = (at + 2) & mask;
    }
  }

  /** Store `entry` under the hash last asked for, which must have ended in -1. */
  add(entry: number): void {
    this.#slots[this.#at] = entry + 1;
    this.#slots[this.#at + 1] = this.#hash;
    if (++this.#count * 4 > this.#slots.length) this.#grow();
  }

  clear(): void {
    if (this.#count > 0) this.#slots.fill(0);
    this.#count = 0;
  }

  #grow(): void {
    const slots = this.#slots;
    const next = new Uint32Array(slots.length * 2);
    const mask = next.length - 2;
    for (let i = 0; i < slots.length; i += 2) {
      if (slots[i] === 0) continue;
      let at = (slots[i + 1]! << 1) & mask;
      while (next[at] !== 0) at = (at + 2) & mask;
      next[at] = slots[i]!;
      next[at + 1] = slots[i + 1]!;
    }
    this.#slots = next;
    this.#mask = mask;
  }
}
