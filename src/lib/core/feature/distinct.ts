/** What `Distinct.see` says of a key: the first time in the minute or in the five, of this kind or of any. */
export const FIRST = { kindInMinute: 1, kindInFive: 2, anyInMinute: 4, anyInFive: 8 } as const;

/** Words of an entry: two of the key, the minutes it was seen in (bits 0-4 and 5-9 by kind), one to spare for alignment. */
const ENTRY = 4;
const SEEN = 2;
const MINUTES = 5;
const KIND_MASK = (1 << MINUTES) - 1;
const FIRST_SLOTS = 1024;

/**
 * Which keys were seen in each of five minutes, in which of two kinds: what distinct values are counted with, exactly but
 * for collisions of 64-bit keys. Cleared every five minutes; bounded to `maxKeys`, beyond which a new key is not noted and
 * does not count as new (`refused`).
 */
export class Distinct {
  readonly #maxKeys: number;
  #slots = new Int32Array(FIRST_SLOTS * ENTRY);
  #mask = FIRST_SLOTS - 1;
  #length = 0;
  #refused = 0;

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys;
  }

  /** Keys not noted for want of room. */
  get refused(): number {
    return this.#refused;
  }

  get bytes(): number {
    return this.#slots.byteLength;
  }

  /** Note the key (`high`, `low`) in a minute of the five, 0..4, as of kind 0 or 1. @returns bits of `FIRST`. */
  see(high: number, low: number, minute: number, kind: 0 | 1): number {
    const slots = this.#slots;
    const mask = this.#mask;
    let slot = low & mask;
    for (;;) {
      const at = slot * ENTRY;
      const seen = slots[at + SEEN]!;
      if (seen === 0) return this.#add(slot, high, low, minute, kind);
      if (slots[at] === high && slots[at + 1] === low) {
        const bit = 1 << minute;
        const own = (seen >>> (kind * MINUTES)) & KIND_MASK;
        if (own & bit) return 0;
        const any = (seen | (seen >>> MINUTES)) & KIND_MASK;
        slots[at + SEEN] = seen | (bit << (kind * MINUTES));
        return FIRST.kindInMinute | (own === 0 ? FIRST.kindInFive : 0) | (any & bit ? 0 : FIRST.anyInMinute);
      }
      slot = (slot + 1) & mask;
    }
  }

  #add(slot: number, high: number, low: number, minute: number, kind: number): number {
    if (this.#length >= this.#maxKeys) {
      this.#refused++;
      return 0;
    }
    const at = slot * ENTRY;
    this.#slots[at] = high;
    this.#slots[at + 1] = low;
    this.#slots[at + SEEN] = 1 << (minute + kind * MINUTES);
    if (++this.#length * 3 > (this.#mask + 1) * 2) this.#grow();
    return FIRST.kindInMinute | FIRST.kindInFive | FIRST.anyInMinute | FIRST.anyInFive;
  }

  #grow(): void {
    const old = this.#slots;
    const next = new Int32Array(old.length * 2);
    const mask = this.#mask * 2 + 1;
    for (let from = 0; from < old.length; from += ENTRY) {
      if (old[from + SEEN] === 0) continue;
      let slot = old[from + 1]! & mask;
      while (next[slot * ENTRY + SEEN] !== 0) slot = (slot + 1) & mask;
      for (let word = 0; word < ENTRY; word++) next[slot * ENTRY + word] = old[from + word]!;
    }
    this.#slots = next;
    this.#mask = mask;
  }

  /** Forget everything. What one busy time had made large shrinks again, by half each time. */
  clear(): void {
    if (this.#mask + 1 > FIRST_SLOTS && this.#length * 8 < this.#mask + 1) {
      this.#slots = new Int32Array(this.#slots.length / 2);
      this.#mask = this.#mask >>> 1;
    } else if (this.#length > 0) {
      this.#slots.fill(0);
    }
    this.#length = 0;
  }
}
