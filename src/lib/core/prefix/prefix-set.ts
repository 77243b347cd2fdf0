import type { PrefixKey } from './prefix.ts';
import { maskWord, parsePrefix } from './prefix.ts';

/** Words per row: the four of the address, then the length in bits. */
const ROW = 5;

/** Prefixes of one family as rows sorted by address, then by length: a prefix stands before all it covers. */
class SortedPrefixes {
  readonly #rows: Uint32Array;
  readonly #length: number;

  constructor(keys: readonly PrefixKey[]) {
    const sorted = keys.map(({ words, bits }) => [...words, bits]).sort(compareRows);
    this.#length = sorted.length;
    this.#rows = Uint32Array.from(sorted.flat());
  }

  /** The number of rows before or, with `orEqual`, at the prefix. */
  rank(bits: number, words: ArrayLike<number>, at: number, orEqual: boolean): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = this.#compare(middle, bits, words, at);
      if (order < 0 || (orEqual && order === 0)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #compare(row: number, bits: number, words: ArrayLike<number>, at: number): number {
    const rows = this.#rows;
    for (let w = 0; w < 4; w++) {
      const difference = rows[row * ROW + w]! - words[at + w]!;
      if (difference !== 0) return difference;
    }
    return rows[row * ROW + 4]! - bits;
  }

  /** The length of row `row`, or -1 when there is no such row. */
  bits(row: number): number {
    return row >= 0 && row < this.#length ? this.#rows[row * ROW + 4]! : -1;
  }

  /** Whether the leading `bits` of row `row` and of the address are the same. */
  agrees(row: number, bits: number, words: ArrayLike<number>, at: number): boolean {
    for (let w = 0; w < 4; w++) {
      if ((this.#rows[row * ROW + w]! ^ words[at + w]!) & maskWord(bits - w * 32)) return false;
    }
    return true;
  }
}

function compareRows(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < ROW; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

/**
 * A fixed set of IPv4 and IPv6 prefixes that answers whether it has, covers or lies inside a given one, each by a binary
 * search. Questions give the family (`v6`: 1 for IPv6), the length and the address at `words[at .. at + 4)`, host bits zero.
 */
export class PrefixSet {
  readonly #all: readonly [SortedPrefixes, SortedPrefixes];
  /** Only the members no other member covers. They are disjoint, so the last one before a prefix decides. */
  readonly #outer: readonly [SortedPrefixes, SortedPrefixes];

  /** @throws {BgpError} PREFIX_BAD */
  constructor(prefixes: readonly string[]) {
    const keys = prefixes.map(parsePrefix);
    const families = [keys.filter((key) => !key.isV6), keys.filter((key) => key.isV6)] as const;
    this.#all = [new SortedPrefixes(families[0]), new SortedPrefixes(families[1])];
    this.#outer = [new SortedPrefixes(outermost(families[0])), new SortedPrefixes(outermost(families[1]))];
  }

  has(v6: number, bits: number, words: ArrayLike<number>, at = 0): boolean {
    const rows = this.#all[v6 & 1]!;
    const row = rows.rank(bits, words, at, false);
    return rows.bits(row) === bits && rows.agrees(row, 128, words, at);
  }

  /** Whether a member covers the prefix, or is it. */
  covers(v6: number, bits: number, words: ArrayLike<number>, at = 0): boolean {
    const rows = this.#outer[v6 & 1]!;
    const row = rows.rank(bits, words, at, true) - 1;
    const length = rows.bits(row);
    return length !== -1 && length <= bits && rows.agrees(row, length, words, at);
  }

  /** Whether the prefix covers a member, or is one. */
  isAround(v6: number, bits: number, words: ArrayLike<number>, at = 0): boolean {
    const rows = this.#all[v6 & 1]!;
    const row = rows.rank(bits, words, at, false);
    return rows.bits(row) >= bits && rows.agrees(row, bits, words, at);
  }
}

function outermost(keys: readonly PrefixKey[]): PrefixKey[] {
  const outer: PrefixKey[] = [];
  for (const key of [...keys].sort((a, b) => compareRows([...a.words, a.bits], [...b.words, b.bits]))) {
    const last = outer.at(-1);
    const isCovered =
      last && last.words.every((word, w) => ((word ^ key.words[w]!) & maskWord(last.bits - w * 32)) === 0);
    if (!isCovered) outer.push(key);
  }
  return outer;
}
