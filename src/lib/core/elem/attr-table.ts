import type { AttrTable } from './batch.ts';
import { grownU32, HashIndex } from './columns.ts';
import type { Slab } from './slab.ts';
import { slabBytes } from './slab.ts';

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

/** Where each value is in a row of words. `head` is `flags << 8 | origin`. */
export const ATTR_WORD = {
  head: 0,
  path: 1,
  nextHop: 2,
  med: 3,
  localPref: 4,
  aggregatorAsn: 5,
  aggregatorAddress: 6,
  otc: 7,
  communities: 8,
  extCommunities: 9,
  largeCommunities: 10,
} as const;

/** Words of a row. */
export const ATTR_WORDS = 11;

/** Interns attribute sets. */
export class AttrInterner {
  /** Row-major. */
  #rows = new Uint32Array(256 * ATTR_WORDS);
  #length = 0;
  readonly #index = new HashIndex(512);
  readonly #row = new Uint32Array(ATTR_WORDS);

  intern(row: Readonly<AttrRow>): number {
    const words = this.#row;
    words[ATTR_WORD.head] = (row.flags << 8) | row.origin;
    words[ATTR_WORD.path] = row.path;
    words[ATTR_WORD.nextHop] = row.nextHop;
    words[ATTR_WORD.med] = row.med;
    words[ATTR_WORD.localPref] = row.localPref;
    words[ATTR_WORD.aggregatorAsn] = row.aggregatorAsn;
    words[ATTR_WORD.aggregatorAddress] = row.aggregatorAddress;
    words[ATTR_WORD.otc] = row.otc;
    words[ATTR_WORD.communities] = row.communities;
    words[ATTR_WORD.extCommunities] = row.extCommunities;
    words[ATTR_WORD.largeCommunities] = row.largeCommunities;
    return this.internWords(words);
  }

  /** The index of the set in `row`, which holds `ATTR_WORDS` words in the order of `ATTR_WORD` and is not kept. */
  internWords(row: Uint32Array): number {
    const rows = this.tail();
    const to = this.tailAt;
    for (let i = 0; i < ATTR_WORDS; i++) rows[to + i] = row[i]!;
    return this.commit();
  }

  /** Room to write a row of `ATTR_WORDS` words in place: write it from `tailAt` on, then `commit`. */
  tail(): Uint32Array {
    const needed = this.#length * 11 + 11;
    if (needed > this.#rows.length) this.#rows = grownU32(this.#rows, needed);
    return this.#rows;
  }

  get tailAt(): number {
    return this.#length * 11;
  }

  /** The index of the row at `tailAt`, which stays there if the set is new. */
  commit(): number {
    const rows = this.#rows;
    const row = this.#length * 11;
    // The rare values go in as one word: they seldom tell two sets apart that agree in the others.
    let hash = rows[row + 5]! ^ (rows[row + 6]! << 3) ^ (rows[row + 7]! << 5) ^ (rows[row + 9]! << 16);
    hash ^= (rows[row]! << 16) ^ rows[row + 3]! ^ (rows[row + 4]! << 7) ^ (rows[row + 10]! << 8);
    hash = Math.imul(hash ^ rows[row + 1]!, 0x9e37_79b1) ^ (hash >>> 15);
    hash = Math.imul(hash ^ (rows[row + 8]! << 12) ^ rows[row + 2]!, 0x85eb_ca6b);
    hash ^= hash >>> 15;
    const { slots, mask } = this.#index;
    let at = (hash << 1) & mask;
    for (let known; (known = slots[at]!) !== 0; at = (at + 2) & mask) {
      if (slots[at + 1] === hash && this.#equals((known - 1) * 11, row)) return known - 1;
    }
    this.#index.add(at, this.#length, hash);
    return this.#length++;
  }

  #equals(a: number, b: number): boolean {
    const rows = this.#rows;
    for (let i = 0; i < 11; i++) if (rows[a + i] !== rows[b + i]) return false;
    return true;
  }

  /** What `take` needs of the slab. */
  get bytes(): number {
    return 2 * slabBytes(this.#length) + 10 * slabBytes(4 * this.#length);
  }

  take(slab: Slab): AttrTable {
    const length = this.#length;
    const rows = this.#rows;
    const flags = slab.u8(length);
    const origin = slab.u8(length);
    for (let i = 0, at = 0; i < length; i++, at += ATTR_WORDS) {
      flags[i] = rows[at]! >>> 8;
      origin[i] = rows[at]!;
    }
    this.#length = 0;
    this.#index.clear();
    return {
      length,
      flags,
      origin,
      path: column(rows, ATTR_WORD.path, slab.u32(length)),
      nextHop: column(rows, ATTR_WORD.nextHop, slab.u32(length)),
      med: column(rows, ATTR_WORD.med, slab.u32(length)),
      localPref: column(rows, ATTR_WORD.localPref, slab.u32(length)),
      aggregatorAsn: column(rows, ATTR_WORD.aggregatorAsn, slab.u32(length)),
      aggregatorAddress: column(rows, ATTR_WORD.aggregatorAddress, slab.u32(length)),
      otc: column(rows, ATTR_WORD.otc, slab.u32(length)),
      communities: column(rows, ATTR_WORD.communities, slab.u32(length)),
      extCommunities: column(rows, ATTR_WORD.extCommunities, slab.u32(length)),
      largeCommunities: column(rows, ATTR_WORD.largeCommunities, slab.u32(length)),
    };
  }
}

/** Fill `values` with word `word` of every row. */
function column(rows: Uint32Array, word: number, values: Uint32Array): Uint32Array {
  for (let i = 0, at = word; i < values.length; i++, at += ATTR_WORDS) values[i] = rows[at]!;
  return values;
}
