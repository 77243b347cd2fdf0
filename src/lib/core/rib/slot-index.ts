/** Bytes per slot: the entry and its hash side by side, so that a probe touches one cache line. */
const SLOT_WORDS = 2;

/**
 * Open-addressing index (linear probing) from a hash to an entry number, with deletion. The owner keeps the entries and
 * compares them: `first(hash)`, then `next()` walk the candidates until -1, and `add` stores at the free slot found.
 * Removal shifts the following entries back, so there are no tombstones and lookups stay short for ever.
 */
export class SlotIndex {
  /** Per slot: entry + 1 (0 = free), hash. */
  #slots: Uint32Array<ArrayBuffer>;
  #mask: number;
  #at = 0;
  #hash = 0;

  /** @param entries how many entries it must hold; at most 3/4 of the slots are used. */
  constructor(entries: number) {
    const size = slotsFor(entries);
    this.#slots = new Uint32Array(size * SLOT_WORDS);
    this.#mask = size - 1;
  }

  get bytes(): number {
    return this.#slots.byteLength;
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
    const mask = this.#mask;
    const hash = this.#hash;
    let at = this.#at;
    for (;;) {
      const stored = slots[at * 2]!;
      if (stored === 0 || slots[at * 2 + 1] === hash) {
        this.#at = at;
        return stored - 1;
      }
      at = (at + 1) & mask;
    }
  }

  /** Store `entry` under the hash last asked for, which must have ended in -1. The owner keeps to its capacity. */
  add(entry: number): void {
    this.#slots[this.#at * 2] = entry + 1;
    this.#slots[this.#at * 2 + 1] = this.#hash;
  }

  /** Forget `entry`, stored under `hash`. */
  remove(hash: number, entry: number): void {
    const slots = this.#slots;
    const mask = this.#mask;
    let hole = hash & mask;
    while (slots[hole * 2] !== entry + 1) {
      if (slots[hole * 2] === 0) return;
      hole = (hole + 1) & mask;
    }
    for (let at = (hole + 1) & mask; slots[at * 2] !== 0; at = (at + 1) & mask) {
      const home = slots[at * 2 + 1]! & mask;
      // Move back only what does not live between the hole and here (cyclically).
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots[hole * 2] = slots[at * 2]!;
      slots[hole * 2 + 1] = slots[at * 2 + 1]!;
      hole = at;
    }
    slots[hole * 2] = 0;
  }

  /** Make room for `entries` entries in all. */
  grow(entries: number): void {
    const size = slotsFor(entries);
    if (size <= this.#mask + 1) return;
    const old = this.#slots;
    const slots = new Uint32Array(size * SLOT_WORDS);
    const mask = size - 1;
    for (let i = 0; i < old.length; i += 2) {
      if (old[i] === 0) continue;
      let at = old[i + 1]! & mask;
      while (slots[at * 2] !== 0) at = (at + 1) & mask;
      slots[at * 2] = old[i]!;
      slots[at * 2 + 1] = old[i + 1]!;
    }
    this.#slots = slots;
    this.#mask = mask;
  }

  clear(): void {
    this.#slots.fill(0);
  }

  /** Bytes an index for `entries` entries takes. */
  static bytesFor(entries: number): number {
    return slotsFor(entries) * SLOT_WORDS * 4;
  }
}

function slotsFor(entries: number): number {
  let size = 16;
  while (size * 3 < entries * 4) size *= 2;
  return size;
}
