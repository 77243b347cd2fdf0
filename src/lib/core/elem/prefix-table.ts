import type { PrefixTable } from './batch.ts';
import { grownU32, grownU8, hashEnd, hashWord, HashIndex } from './columns.ts';
import type { Slab } from './slab.ts';
import { slabBytes } from './slab.ts';

/** Interns prefixes. The caller has masked the host bits. */
export class PrefixInterner {
  #table = new Uint8Array(256);
  #bits = new Uint8Array(256);
  #words = new Uint32Array(1024);
  #rd = new Uint32Array(0);
  #length = 0;
  /**
   * IPv4 unicast, most of what there is. The hash is a bijection of the address and the slot holds the length above the
   * entry's 26 bits: the slot alone says whether the prefix is the one asked for.
   */
  readonly #v4 = new HashIndex(512);
  readonly #others = new HashIndex(64);

  /** An IPv4 unicast prefix. */
  internV4(bits: number, word: number): number {
    const product = Math.imul(word ^ (word >>> 16), 0x9e37_79b1);
    const hash = product ^ (product >>> 15);
    const { slots, mask } = this.#v4;
    let at = (hash << 1) & mask;
    for (let known; (known = slots[at]!) !== 0; at = (at + 2) & mask) {
      if (slots[at + 1] === hash && known >>> 26 === bits) return (known & 0x3ff_ffff) - 1;
    }
    const entry = this.#add(0, bits, word, 0, 0, 0);
    this.#v4.add(at, (bits << 26) | entry, hash);
    return entry;
  }

  /** An IPv4 or IPv6 unicast prefix. */
  intern(table: number, bits: number, w0: number, w1: number, w2: number, w3: number): number {
    return table === 0 ? this.internV4(bits, w0) : this.internVpn(table, bits, w0, w1, w2, w3, 0, 0);
  }

  /** Any prefix; `rdHigh` and `rdLow` are 0 outside the VPN tables. */
  internVpn(
    table: number,
    bits: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    rdHigh: number,
    rdLow: number,
  ): number {
    if (table === 0) return this.internV4(bits, w0);
    let hash = hashWord((table << 8) | bits, w0);
    hash = hashWord(hashWord(hashWord(hash, w1), w2), w3);
    if (table > 1) hash = hashWord(hashWord(hash, rdHigh), rdLow);
    hash = hashEnd(hash) | 0;
    const { slots, mask } = this.#others;
    let slot = (hash << 1) & mask;
    for (let known; (known = slots[slot]!) !== 0; slot = (slot + 2) & mask) {
      if (slots[slot + 1] !== hash) continue;
      const entry = known - 1;
      const at = entry * 4;
      const words = this.#words;
      if (words[at] !== w0 || this.#bits[entry] !== bits || this.#table[entry] !== table) continue;
      if (words[at + 1] !== w1 || words[at + 2] !== w2 || words[at + 3] !== w3) continue;
      if (table === 1 || (this.#rd[entry * 2] === rdHigh && this.#rd[entry * 2 + 1] === rdLow)) return entry;
    }
    const entry = this.#add(table, bits, w0, w1, w2, w3);
    if (table > 1) this.#setRd(entry, rdHigh, rdLow);
    this.#others.add(slot, entry, hash);
    return entry;
  }

  #add(table: number, bits: number, w0: number, w1: number, w2: number, w3: number): number {
    const entry = this.#length++;
    if (entry >= this.#table.length) this.#grow(entry + 1);
    this.#table[entry] = table;
    this.#bits[entry] = bits;
    const words = this.#words;
    const at = entry * 4;
    words[at] = w0;
    words[at + 1] = w1;
    words[at + 2] = w2;
    words[at + 3] = w3;
    return entry;
  }

  #grow(needed: number): void {
    this.#table = grownU8(this.#table, needed);
    this.#bits = grownU8(this.#bits, needed);
    this.#words = grownU32(this.#words, needed * 4);
  }

  #setRd(entry: number, high: number, low: number): void {
    this.#rd = grownU32(this.#rd, Math.max(64, entry * 2 + 2));
    this.#rd[entry * 2] = high;
    this.#rd[entry * 2 + 1] = low;
  }

  /** Words of route distinguishers: none unless the batch has a VPN prefix. */
  get #rdWords(): number {
    return this.#rd.length > 0 ? this.#length * 2 : 0;
  }

  /** What `take` needs of the slab. */
  get bytes(): number {
    return 2 * slabBytes(this.#length) + slabBytes(16 * this.#length) + slabBytes(4 * this.#rdWords);
  }

  take(slab: Slab): PrefixTable {
    const length = this.#length;
    if (this.#rd.length > 0) this.#rd = grownU32(this.#rd, length * 2);
    const table = {
      length,
      table: slab.u8From(this.#table, length),
      bits: slab.u8From(this.#bits, length),
      words: slab.u32From(this.#words, length * 4),
      rd: slab.u32From(this.#rd, this.#rdWords),
    };
    if (this.#rd.length > 0) this.#rd = new Uint32Array(0);
    this.#length = 0;
    this.#v4.clear();
    this.#others.clear();
    return table;
  }
}
