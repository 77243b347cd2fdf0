import type { AddressTable, VantageTable, WordLists } from './batch.ts';
import { grownU32, grownU8, hashEnd, hashWord, HashIndex } from './columns.ts';
import { Slab, slabBytes } from './slab.ts';

/** Interns lists of words. Index 0 is the empty list. */
export class WordListTable {
  #offsets = new Uint32Array(257);
  #words = new Uint32Array(1024);
  #length = 1;
  #index = new HashIndex(256);

  /** The index of `words[from .. to)`, added if new. */
  intern(words: Uint32Array, from: number, to: number): number {
    const count = to - from;
    const tail = this.tail(count);
    for (let i = from, at = this.tailAt; i < to; i++, at++) tail[at] = words[i]!;
    return this.commit(count);
  }

  /** Word `at` of list `entry`; 0 beyond its end. */
  word(entry: number, at: number): number {
    const start = this.#offsets[entry]!;
    return start + at < this.#offsets[entry + 1]! ? this.#words[start + at]! : 0;
  }

  /**
   * Room to build a list of up to `count` words in place, which saves a copy: write it from `tailAt` on, then `commit`.
   * The array is good until the next call of any method.
   */
  tail(count: number): Uint32Array {
    const needed = this.#offsets[this.#length]! + count;
    if (needed > this.#words.length) this.#words = grownU32(this.#words, needed);
    return this.#words;
  }

  get tailAt(): number {
    return this.#offsets[this.#length]!;
  }

  /** The index of the `count` words at `tailAt`, which stay there if the list is new. */
  commit(count: number): number {
    const from = this.tailAt;
    const words = this.#words;
    let hash = 0;
    for (let i = 0; i < count; i++) hash = hashWord(hash, words[from + i]!);
    return this.commitHashed(count, hash);
  }

  /** The same for who has hashed the words on the way: `hashWord` over all of them, from 0 on. */
  commitHashed(count: number, wordsHash: number): number {
    if (count === 0) return 0;
    const from = this.#offsets[this.#length]!;
    const words = this.#words;
    // `hashEnd` in place: this is asked for each list of each message.
    const mixed = Math.imul(wordsHash ^ (wordsHash >>> 16), 0x85eb_ca6b);
    const hash = mixed ^ (mixed >>> 13);
    const { slots, mask } = this.#index;
    let at = (hash << 1) & mask;
    for (let known; (known = slots[at]!) !== 0; at = (at + 2) & mask) {
      if (slots[at + 1] === hash && this.#equals(known - 1, words, from, count)) return known - 1;
    }
    const entry = this.#length++;
    if (entry + 2 > this.#offsets.length) this.#offsets = grownU32(this.#offsets, entry + 2);
    this.#offsets[entry + 1] = from + count;
    this.#index.add(at, entry, hash);
    return entry;
  }

  #equals(entry: number, words: Uint32Array, from: number, count: number): boolean {
    const start = this.#offsets[entry]!;
    if (this.#offsets[entry + 1]! - start !== count) return false;
    for (let i = 0; i < count; i++) if (words[start + i] !== words[from + i]) return false;
    return true;
  }

  /** What `take` needs of the slab. */
  get bytes(): number {
    return slabBytes(4 * (this.#length + 1)) + slabBytes(4 * this.tailAt);
  }

  /** The lists so far; empty afterwards. @param slab where they go; a batch's columns share one. */
  take(slab = new Slab(this.bytes)): WordLists {
    const length = this.#length;
    const offsets = slab.u32From(this.#offsets, length + 1);
    const words = slab.u32From(this.#words, this.tailAt);
    this.#length = 1;
    this.#index.clear();
    return { length, offsets, words };
  }
}

/** Interns IP addresses. Index 0 is "none". */
export class AddressInterner {
  #isV6 = new Uint8Array(64);
  #words = new Uint32Array(256);
  #length = 1;
  #index = new HashIndex(64);

  /** An IPv4 address. */
  internV4(word: number): number {
    const key = word >>> 0;
    const mixed = Math.imul(word ^ (word >>> 16), 0x9e37_79b1);
    const hash = mixed ^ (mixed >>> 15);
    const words = this.#words;
    const { slots, mask } = this.#index;
    let slot = (hash << 1) & mask;
    for (let known; (known = slots[slot]!) !== 0; slot = (slot + 2) & mask) {
      if (slots[slot + 1] === hash && words[(known - 1) * 4] === key && this.#isV6[known - 1] === 0)
        return known - 1;
    }
    return this.#add(slot, hash, 0, key, 0, 0, 0);
  }

  intern(isV6: boolean, w0: number, w1: number, w2: number, w3: number): number {
    if (!isV6) return this.internV4(w0);
    const hash = hashEnd(hashWord(hashWord(hashWord(hashWord(1, w0), w1), w2), w3)) | 0;
    const words = this.#words;
    const { slots, mask } = this.#index;
    let slot = (hash << 1) & mask;
    for (let known; (known = slots[slot]!) !== 0; slot = (slot + 2) & mask) {
      const at = (known - 1) * 4;
      if (words[at] !== w0 || this.#isV6[known - 1] === 0) continue;
      if (words[at + 1] === w1 && words[at + 2] === w2 && words[at + 3] === w3) return known - 1;
    }
    return this.#add(slot, hash, 1, w0, w1, w2, w3);
  }

  #add(slot: number, hash: number, isV6: number, w0: number, w1: number, w2: number, w3: number): number {
    const entry = this.#length++;
    this.#isV6 = grownU8(this.#isV6, entry + 1);
    this.#words = grownU32(this.#words, (entry + 1) * 4);
    this.#isV6[entry] = isV6;
    this.#words.set([w0, w1, w2, w3], entry * 4);
    this.#index.add(slot, entry, hash);
    return entry;
  }

  /** What `take` needs of the slab. */
  get bytes(): number {
    return slabBytes(this.#length) + slabBytes(16 * this.#length);
  }

  take(slab: Slab): AddressTable {
    const length = this.#length;
    const table = {
      length,
      isV6: slab.u8From(this.#isV6, length),
      words: slab.u32From(this.#words, length * 4),
    };
    this.#length = 1;
    this.#index.clear();
    return table;
  }
}

/** Interns vantages and their collectors' names. */
export class VantageInterner {
  #collectors: string[] = [];
  #collectorIndex = new Map<string, number>();
  #collector = new Uint32Array(64);
  #address = new Uint32Array(64);
  #asn = new Uint32Array(64);
  #length = 0;
  #index = new HashIndex(64);

  intern(collector: string, address: number, asn: number): number {
    let name = this.#collectorIndex.get(collector);
    if (name === undefined) {
      name = this.#collectors.push(collector) - 1;
      this.#collectorIndex.set(collector, name);
    }
    const hash = hashEnd(hashWord(hashWord(name, address), asn)) | 0;
    const { slots, mask } = this.#index;
    let at = (hash << 1) & mask;
    for (let known; (known = slots[at]!) !== 0; at = (at + 2) & mask) {
      const entry = known - 1;
      if (this.#asn[entry] === asn && this.#address[entry] === address && this.#collector[entry] === name) {
        return entry;
      }
    }
    const entry = this.#length++;
    this.#collector = grownU32(this.#collector, entry + 1);
    this.#address = grownU32(this.#address, entry + 1);
    this.#asn = grownU32(this.#asn, entry + 1);
    this.#collector[entry] = name;
    this.#address[entry] = address;
    this.#asn[entry] = asn;
    this.#index.add(at, entry, hash);
    return entry;
  }

  /** What `take` needs of the slab. */
  get bytes(): number {
    return 3 * slabBytes(4 * this.#length);
  }

  take(slab: Slab): { collectors: string[]; vantages: VantageTable } {
    const length = this.#length;
    const taken = {
      collectors: this.#collectors,
      vantages: {
        length,
        collector: slab.u32From(this.#collector, length),
        address: slab.u32From(this.#address, length),
        asn: slab.u32From(this.#asn, length),
      },
    };
    this.#collectors = [];
    this.#collectorIndex.clear();
    this.#length = 0;
    this.#index.clear();
    return taken;
  }
}
