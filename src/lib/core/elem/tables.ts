import type { AddressTable, AttrTable, PrefixTable, VantageTable, WordLists } from './batch.ts';
import { grownU32, grownU8, hashEnd, hashWord, HashIndex } from './columns.ts';

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
    let hash = count;
    for (let i = from; i < to; i++) hash = hashWord(hash, words[i]!);
    hash = hashEnd(hash);
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
    const hash = hashEnd(hashWord(hashWord(hashWord(hashWord(v6, w0), w1), w2), w3));
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

/** Interns prefixes. The caller has masked the host bits. */
export class PrefixInterner {
  #table = new Uint8Array(256);
  #bits = new Uint8Array(256);
  #words = new Uint32Array(1024);
  #rd = new Uint32Array(0);
  #length = 0;
  #index = new HashIndex(1024);

  /** An IPv4 or IPv6 unicast prefix. */
  intern(table: number, bits: number, w0: number, w1: number, w2: number, w3: number): number {
    return this.internVpn(table, bits, w0, w1, w2, w3, 0, 0);
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
    let hash = hashWord((table << 8) | bits, w0);
    if (table !== 0) hash = hashWord(hashWord(hashWord(hash, w1), w2), w3);
    if (table > 1) hash = hashWord(hashWord(hash, rdHigh), rdLow);
    hash = hashEnd(hash);
    for (let entry = this.#index.first(hash); entry !== -1; entry = this.#index.next()) {
      const at = entry * 4;
      const words = this.#words;
      if (words[at] !== w0 || this.#bits[entry] !== bits || this.#table[entry] !== table) continue;
      if (table === 0) return entry;
      if (words[at + 1] !== w1 || words[at + 2] !== w2 || words[at + 3] !== w3) continue;
      if (table === 1 || (this.#rd[entry * 2] === rdHigh && this.#rd[entry * 2 + 1] === rdLow)) return entry;
    }
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

/** One attribute set, its lists already interned: the row `AttrInterner` stores. */
export interface AttrRow {
  flags: number;
  origin: number;
  path: number;
  nextHop: number;
  med: number;
  localPref: number;
  aggregatorAsn: number;
  aggregatorAddress: number;
  otc: number;
  communities: number;
  extCommunities: number;
  largeCommunities: number;
}

const ROW_WORDS = 11;

/** Interns attribute sets. */
export class AttrInterner {
  /** Row-major: 11 words a set, flags and origin packed in the first. */
  #rows = new Uint32Array(256 * ROW_WORDS);
  #scratch = new Uint32Array(ROW_WORDS);
  #length = 0;
  #index = new HashIndex(256);

  intern(row: Readonly<AttrRow>): number {
    const scratch = this.#scratch;
    scratch[0] = (row.flags << 8) | row.origin;
    scratch[1] = row.path;
    scratch[2] = row.nextHop;
    scratch[3] = row.med;
    scratch[4] = row.localPref;
    scratch[5] = row.aggregatorAsn;
    scratch[6] = row.aggregatorAddress;
    scratch[7] = row.otc;
    scratch[8] = row.communities;
    scratch[9] = row.extCommunities;
    scratch[10] = row.largeCommunities;
    let hash = 0;
    for (let i = 0; i < ROW_WORDS; i++) hash = hashWord(hash, scratch[i]!);
    hash = hashEnd(hash);
    for (let entry = this.#index.first(hash); entry !== -1; entry = this.#index.next()) {
      if (this.#equals(entry, scratch)) return entry;
    }
    const entry = this.#length++;
    this.#rows = grownU32(this.#rows, (entry + 1) * ROW_WORDS);
    // A loop: `set` costs more than it saves on 11 words.
    const rows = this.#rows;
    for (let i = 0, at = entry * ROW_WORDS; i < ROW_WORDS; i++, at++) rows[at] = scratch[i]!;
    this.#index.add(entry);
    return entry;
  }

  #equals(entry: number, scratch: Uint32Array): boolean {
    const rows = this.#rows;
    const at = entry * ROW_WORDS;
    for (let i = 0; i < ROW_WORDS; i++) if (rows[at + i] !== scratch[i]) return false;
    return true;
  }

  take(): AttrTable {
    const length = this.#length;
    const rows = this.#rows;
    const column = (word: number): Uint32Array => {
      const values = new Uint32Array(length);
      for (let i = 0, at = word; i < length; i++, at += ROW_WORDS) values[i] = rows[at]!;
      return values;
    };
    const flags = new Uint8Array(length);
    const origin = new Uint8Array(length);
    for (let i = 0, at = 0; i < length; i++, at += ROW_WORDS) {
      flags[i] = rows[at]! >>> 8;
      origin[i] = rows[at]! & 0xff;
    }
    const table: AttrTable = {
      length,
      flags,
      origin,
      path: column(1),
      nextHop: column(2),
      med: column(3),
      localPref: column(4),
      aggregatorAsn: column(5),
      aggregatorAddress: column(6),
      otc: column(7),
      communities: column(8),
      extCommunities: column(9),
      largeCommunities: column(10),
    };
    this.#length = 0;
    this.#index.clear();
    return table;
  }
}
