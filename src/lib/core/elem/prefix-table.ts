import type { PrefixTable } from './batch.ts';
import { grownU32, grownU8, hashEnd, hashWord, HashIndex } from './columns.ts';

/** Interns prefixes. The caller has masked the host bits. */
export class PrefixInterner {
  #table = new Uint8Array(256);
  #bits = new Uint8Array(256);
  #words = new Uint32Array(1024);
  #rd = new Uint32Array(0);
  #length = 0;
  #index = new HashIndex(1024);

  /** An IPv4 unicast prefix. */
  internV4(bits: number, word: number): number {
    const hash = hashEnd(hashWord(bits, word));
    for (let entry = this.#index.first(hash); entry !== -1; entry = this.#index.next()) {
      if (this.#words[entry * 4] === word && this.#bits[entry] === bits && this.#table[entry] === 0)
        return entry;
    }
    return this.#add(0, bits, word, 0, 0, 0, 0, 0);
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
    hash = hashEnd(hash);
    for (let entry = this.#index.first(hash); entry !== -1; entry = this.#index.next()) {
      const at = entry * 4;
      const words = this.#words;
      if (words[at] !== w0 || this.#bits[entry] !== bits || this.#table[entry] !== table) continue;
      if (words[at + 1] !== w1 || words[at + 2] !== w2 || words[at + 3] !== w3) continue;
      if (table === 1 || (this.#rd[entry * 2] === rdHigh && this.#rd[entry * 2 + 1] === rdLow)) return entry;
    }
    return this.#add(table, bits, w0, w1, w2, w3, rdHigh, rdLow);
  }

  /** Append the prefix that the index was just asked for. */
  #add(
    table: number,
    bits: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    rdHigh: number,
    rdLow: number,
  ): number {
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
    if (table > 1) this.#setRd(entry, rdHigh, rdLow);
    this.#index.add(entry);
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

  take(): PrefixTable {
    const length = this.#length;
    const hasRd = this.#rd.length > 0;
    if (hasRd) this.#rd = grownU32(this.#rd, length * 2);
    const table = {
      length,
      table: this.#table.slice(0, length),
      bits: this.#bits.slice(0, length),
      words: this.#words.slice(0, length * 4),
      rd: hasRd ? this.#rd.slice(0, length * 2) : this.#rd,
    };
    this.#rd = new Uint32Array(0);
    this.#length = 0;
    this.#index.clear();
    return table;
  }
}
