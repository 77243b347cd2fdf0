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
  #slots: Int32Array;
  #hashes: Uint32Array;
  #mask: number;
  #at = 0;
  #hash = 0;
  #count = 0;

  constructor(capacity: number) {
    let size = 16;
    while (size < capacity * 2) size *= 2;
    this.#slots = new Int32Array(size).fill(-1);
    this.#hashes = new Uint32Array(size);
    this.#mask = size - 1;
  }

  /** The first candidate entry for `hash`, or -1. */
  first(hash: number): number {
    this.#hash = hash;
    this.#at = hash & this.#mask;
    return this.#probe();
  }

  /** The next candidate after one that did not compare equal, or -1. */
  next(): number {
    this.#at = (this.#at + 1) & this.#mask;
    return this.#probe();
  }

  #probe(): number {
    const slots = this.#slots;
    const hashes = this.#hashes;
    const mask = this.#mask;
    const hash = this.#hash;
    let at = this.#at;
    for (;;) {
      const entry = slots[at]!;
      if (entry === -1 || hashes[at] === hash) {
        this.#at = at;
        return entry;
      }
      at = (at + 1) & mask;
    }
  }

  /** Store `entry` under the hash last asked for, which must have ended in -1. */
  add(entry: number): void {
    this.#slots[this.#at] = entry;
    this.#hashes[this.#at] = this.#hash;
    if (++this.#count * 2 > this.#slots.length) this.#grow();
  }

  clear(): void {
    if (this.#count > 0) this.#slots.fill(-1);
    this.#count = 0;
  }

  #grow(): void {
    const slots = this.#slots;
    const hashes = this.#hashes;
    const size = slots.length * 2;
    const mask = size - 1;
    const nextSlots = new Int32Array(size).fill(-1);
    const nextHashes = new Uint32Array(size);
    for (let i = 0; i < slots.length; i++) {
      if (slots[i] === -1) continue;
      let at = hashes[i]! & mask;
      while (nextSlots[at] !== -1) at = (at + 1) & mask;
      nextSlots[at] = slots[i]!;
      nextHashes[at] = hashes[i]!;
    }
    this.#slots = nextSlots;
    this.#hashes = nextHashes;
    this.#mask = mask;
  }
}
