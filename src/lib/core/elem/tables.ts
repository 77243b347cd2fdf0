import type { AddressTable, VantageTable, WordLists } from './batch.ts';
import { grownU32, grownU8, hashEnd, hashWord, HashIndex } from './columns.ts';

function hashWords(words: Uint32Array, from: number, to: number): number {
  let hash = to - from;
  for (let i = from; i < to; i++) hash = hashWord(hash, words[i]!);
  return hashEnd(hash);
}

/** Interns lists of words. Index 0 is the empty list. */
export class WordListTable {
  #offsets = new Uint32Array(257);
  #words = new Uint32Array(1024);
  #length = 1;
  #index = new HashIndex(256);

  /** The index of `words[from .. to)`, added if new. */
  intern(words: Uint32Array, from: number, to: number): number {
    const count = to - from;
    if (count === 0) return 0;
    const hash = hashWords(words, from, to);
    for (let entry = this.#index.first(hash); entry !== -1; entry = this.#index.next()) {
      if (this.#equals(entry, words, from, count)) return entry;
    }
    const entry = this.#append(words, from, to);
    this.#index.add(entry);
    return entry;
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
    this.#words = grownU32(this.#words, this.#offsets[this.#length]! + count);
    return this.#words;
  }

  get tailAt(): number {
    return this.#offsets[this.#length]!;
  }

  /** The index of the `count` words at `tailAt`, which stay there if the list is new. */
  commit(count: number): number {
    if (count === 0) return 0;
    const from = this.#offsets[this.#length]!;
    const words = this.#words;
    const hash = hashWords(words, from, from + count);
    for (let entry = this.#index.first(hash); entry !== -1; entry = this.#index.next()) {
      if (this.#equals(entry, words, from, count)) return entry;
    }
    const entry = this.#length++;
    this.#offsets = grownU32(this.#offsets, entry + 2);
    this.#offsets[entry + 1] = from + count;
    this.#index.add(entry);
    return entry;
  }

  #equals(entry: number, words: Uint32Array, from: number, count: number): boolean {
    const start = this.#offsets[entry]!;
    if (this.#offsets[entry + 1]! - start !== count) return false;
    const mine = this.#words;
    for (let i = 0; i < count; i++) if (mine[start + i] !== words[from + i]) return false;
    return true;
  }

  #append(words: Uint32Array, from: number, to: number): number {
    const entry = this.#length++;
    const start = this.#offsets[entry]!;
    const end = start + to - from;
    this.#offsets = grownU32(this.#offsets, entry + 2);
    this.#words = grownU32(this.#words, end);
    const mine = this.#words;
    for (let i = from, at = start; i < to; i++, at++) mine[at] = words[i]!;
    this.#offsets[entry + 1] = end;
    return entry;
  }

  take(): WordLists {
    const length = this.#length;
    const offsets = this.#offsets.slice(0, length + 1);
    const words = this.#words.slice(0, offsets[length]);
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

  intern(isV6: boolean, w0: number, w1: number, w2: number, w3: number): number {
    const v6 = isV6 ? 1 : 0;
    let hash = hashWord(v6, w0);
    if (isV6) hash = hashWord(hashWord(hashWord(hash, w1), w2), w3);
    hash = hashEnd(hash);
    const words = this.#words;
    for (let entry = this.#index.first(hash); entry !== -1; entry = this.#index.next()) {
      const at = entry * 4;
      if (words[at] !== w0 || this.#isV6[entry] !== v6) continue;
      if (words[at + 1] === w1 && words[at + 2] === w2 && words[at + 3] === w3) return entry;
    }
    const entry = this.#length++;
    this.#isV6 = grownU8(this.#isV6, entry + 1);
    this.#words = grownU32(this.#words, (entry + 1) * 4);
    this.#isV6[entry] = v6;
    const at = entry * 4;
    this.#words[at] = w0;
    this.#words[at + 1] = w1;
    this.#words[at + 2] = w2;
    this.#words[at + 3] = w3;
    this.#index.add(entry);
    return entry;
  }

  take(): AddressTable {
    const length = this.#length;
    const table = { length, isV6: this.#isV6.slice(0, length), words: this.#words.slice(0, length * 4) };
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
    const hash = hashEnd(hashWord(hashWord(name, address), asn));
    for (let entry = this.#index.first(hash); entry !== -1; entry = this.#index.next()) {
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
    this.#index.add(entry);
    return entry;
  }

  take(): { collectors: string[]; vantages: VantageTable } {
    const length = this.#length;
    const taken = {
      collectors: this.#collectors,
      vantages: {
        length,
        collector: this.#collector.slice(0, length),
        address: this.#address.slice(0, length),
        asn: this.#asn.slice(0, length),
      },
    };
    this.#collectors = [];
    this.#collectorIndex.clear();
    this.#length = 0;
    this.#index.clear();
    return taken;
  }
}
