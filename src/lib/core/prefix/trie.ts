import { RadixTrie } from './radix.ts';

/** A prefix to look up: family, length and words as in `PrefixKey`, and for VPN tables the route distinguisher. */
export interface TrieKey {
  readonly isV6: boolean;
  readonly bits: number;
  /** Big-endian words, host bits zero; IPv4 uses word 0. */
  readonly words: ArrayLike<number>;
  /** Route distinguisher; absent for the global tables. VPNs do not see each other or the global tables. */
  readonly rd?: { readonly high: number; readonly low: number };
}

/** What `insert` did. */
export type Inserted = 'new' | 'replaced' | 'full';

/**
 * Prefixes of both families, and of any number of VPNs, to 32-bit values (indexes, as a rule). Answers exact, longest,
 * covering and covered lookups. Bounded: beyond `maxPrefixes`, new prefixes are refused and counted, never old ones dropped.
 */
export class PrefixTrie {
  readonly maxPrefixes: number;
  /** Prefixes that found no room. */
  refused = 0;
  readonly #tables = new Map<string, RadixTrie>();
  readonly #v4 = new RadixTrie(1);
  readonly #v6 = new RadixTrie(4);
  #size = 0;

  constructor(maxPrefixes = 4_000_000) {
    this.maxPrefixes = maxPrefixes;
  }

  get size(): number {
    return this.#size;
  }

  /** Memory held by nodes, bytes. */
  get bytes(): number {
    let bytes = this.#v4.bytes + this.#v6.bytes;
    for (const table of this.#tables.values()) bytes += table.bytes;
    return bytes;
  }

  /** Bind `value` (0..2^32-1) to a prefix, over any it had. */
  insert(key: TrieKey, value: number): Inserted {
    if (this.#size >= this.maxPrefixes && this.exact(key) === undefined) {
      this.refused++;
      return 'full';
    }
    const isNew = this.#tableFor(key).insert(key.words, key.bits, value);
    if (isNew) this.#size++;
    return isNew ? 'new' : 'replaced';
  }

  /** Unbind a prefix. @returns whether it was there. */
  delete(key: TrieKey): boolean {
    const table = this.#table(key);
    if (!table?.delete(key.words, key.bits)) return false;
    this.#size--;
    if (key.rd && table.size === 0) this.#tables.delete(tableName(key));
    return true;
  }

  /** The value of exactly this prefix. */
  exact(key: TrieKey): number | undefined {
    return valueOrNone(this.#table(key)?.exact(key.words, key.bits));
  }

  /** The value of the longest prefix that covers this one, itself included. */
  longest(key: TrieKey): number | undefined {
    return valueOrNone(this.#table(key)?.longest(key.words, key.bits));
  }

  /** Values of the prefixes that cover this one, itself included, shortest first. */
  covering(key: TrieKey): number[] {
    const values: number[] = [];
    this.#table(key)?.covering(key.words, key.bits, (value) => values.push(value));
    return values;
  }

  /** Values of the prefixes inside this one, itself included, by address, shorter before longer. */
  covered(key: TrieKey): number[] {
    const values: number[] = [];
    this.#table(key)?.covered(key.words, key.bits, (value) => values.push(value));
    return values;
  }

  clear(): void {
    this.#v4.clear();
    this.#v6.clear();
    this.#tables.clear();
    this.#size = 0;
  }

  #table(key: TrieKey): RadixTrie | undefined {
    if (key.rd) return this.#tables.get(tableName(key));
    return key.isV6 ? this.#v6 : this.#v4;
  }

  #tableFor(key: TrieKey): RadixTrie {
    let table = this.#table(key);
    if (!table) {
      table = new RadixTrie(key.isV6 ? 4 : 1);
      this.#tables.set(tableName(key), table);
    }
    return table;
  }
}

function tableName({ isV6, rd }: TrieKey): string {
  return `${isV6 ? 6 : 4} ${rd?.high ?? 0} ${rd?.low ?? 0}`;
}

function valueOrNone(value: number | undefined): number | undefined {
  return value === -1 ? undefined : value;
}
