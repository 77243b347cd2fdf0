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

function rowHash(row: Readonly<AttrRow>): number {
  // The rare values go in as one word: they seldom tell two sets apart that agree in the others.
  const aggregator = Math.imul(row.aggregatorAsn, 5) ^ Math.imul(row.aggregatorAddress, 9);
  const lists = Math.imul(row.extCommunities, 0x1_0001) ^ Math.imul(row.largeCommunities, 0x10_0003);
  let hash = hashWord((row.flags << 8) | row.origin, row.path);
  hash = hashWord(hash, row.nextHop);
  hash = hashWord(hash, row.communities);
  hash = hashWord(hash, row.med ^ Math.imul(row.localPref, 3));
  return hashEnd(hashWord(hash, aggregator ^ lists ^ Math.imul(row.otc, 17)));
}

/** Interns attribute sets. */
export class AttrInterner {
  /** Row-major: 11 words a set, flags and origin packed in the first. */
  #rows = new Uint32Array(256 * ROW_WORDS);
  #length = 0;
  #index = new HashIndex(256);

  intern(row: Readonly<AttrRow>): number {
    const entry = this.#length;
    const at = entry * ROW_WORDS;
    // The row is written where it goes if it is new; a known one leaves it there to be overwritten.
    const rows = (this.#rows = grownU32(this.#rows, at + ROW_WORDS));
    rows[at] = (row.flags << 8) | row.origin;
    rows[at + 1] = row.path;
    rows[at + 2] = row.nextHop;
    rows[at + 3] = row.med;
    rows[at + 4] = row.localPref;
    rows[at + 5] = row.aggregatorAsn;
    rows[at + 6] = row.aggregatorAddress;
    rows[at + 7] = row.otc;
    rows[at + 8] = row.communities;
    rows[at + 9] = row.extCommunities;
    rows[at + 10] = row.largeCommunities;
    const hash = rowHash(row);
    for (let known = this.#index.first(hash); known !== -1; known = this.#index.next()) {
      if (this.#equals(known * ROW_WORDS, at)) return known;
    }
    this.#length = entry + 1;
    this.#index.add(entry);
    return entry;
  }

  #equals(a: number, b: number): boolean {
    const rows = this.#rows;
    for (let i = 0; i < ROW_WORDS; i++) if (rows[a + i] !== rows[b + i]) return false;
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
      origin[i] = rows[at]!;
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
