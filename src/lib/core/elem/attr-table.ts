import type { AttrTable } from './batch.ts';
import { grownU32, hashEnd, hashWord, HashIndex } from './columns.ts';

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
    // The rare values go in as one word: they seldom tell two sets apart that agree in the others.
    const rare =
      Math.imul(row.aggregatorAsn, 5) + Math.imul(row.aggregatorAddress, 9) + Math.imul(row.otc, 17);
    const lists = Math.imul(row.extCommunities, 0x1_0001) + Math.imul(row.largeCommunities, 0x10_0003);
    let hash = hashWord(scratch[0], row.path);
    hash = hashWord(hash, row.nextHop);
    hash = hashWord(hash, row.communities);
    hash = hashWord(hash, row.med ^ Math.imul(row.localPref, 3));
    hash = hashEnd(hashWord(hash, rare ^ lists));
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
