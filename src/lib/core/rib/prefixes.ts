import type { PrefixTable } from '../elem/batch.ts';
import { NONE, TABLE } from '../elem/batch.ts';
import { hashEnd, hashWord } from '../elem/columns.ts';
import type { PrefixKey } from '../prefix/prefix.ts';
import { formatTablePrefix } from '../prefix/prefix.ts';
import { SlotIndex } from './slot-index.ts';

// Row of a prefix, in 32-bit words.
const META = 0; // table << 8 | bits
const WORD = 1; // four address words
const RD = 5; // two words
const REFS = 7;
const HEAD = 8; // first route of the prefix, NONE if there is none
const ROUTES = 9; // how many
const ROW = 10;

/** Hash of entry `i` of a batch's prefix table: over table, length, address and, in the VPN tables, the RD. */
export function prefixHash(prefixes: PrefixTable, i: number): number {
  const { table, bits, words, rd } = prefixes;
  const kind = table[i]!;
  let hash = hashWord((kind << 8) | bits[i]!, words[i * 4]!);
  if (kind !== 0)
    hash = hashWord(hashWord(hashWord(hash, words[i * 4 + 1]!), words[i * 4 + 2]!), words[i * 4 + 3]!);
  if (kind > 1) hash = hashWord(hashWord(hash, rd[i * 2]!), rd[i * 2 + 1]!);
  return hashEnd(hash);
}

/**
 * Prefixes held by the state, numbered across batches. An id lives while something refers to it (a route, or the batch
 * being stepped) and is then used again for another prefix. Capacity is fixed between `grow` calls.
 */
export class PrefixPool {
  #rows: Uint32Array<ArrayBuffer>;
  #free: Uint32Array<ArrayBuffer>;
  #freeCount = 0;
  #used = 0;
  #capacity: number;
  readonly #index: SlotIndex;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#rows = new Uint32Array(capacity * ROW);
    this.#free = new Uint32Array(capacity);
    this.#index = new SlotIndex(capacity);
  }

  get length(): number {
    return this.#used - this.#freeCount;
  }

  get room(): number {
    return this.#capacity - this.length;
  }

  get capacity(): number {
    return this.#capacity;
  }

  get bytes(): number {
    return this.#rows.byteLength + this.#free.byteLength + this.#index.bytes;
  }

  static bytesFor(capacity: number): number {
    return capacity * (ROW + 1) * 4 + SlotIndex.bytesFor(capacity);
  }

  /** The id of entry `i` of the batch's table, with one more reference. The caller has made sure there is room. */
  acquire(prefixes: PrefixTable, i: number): number {
    const hash = prefixHash(prefixes, i);
    const rows = this.#rows;
    for (let id = this.#index.first(hash); id !== -1; id = this.#index.next()) {
      if (!this.#equals(id * ROW, prefixes, i)) continue;
      rows[id * ROW + REFS]!++;
      return id;
    }
    const id = this.#freeCount > 0 ? this.#free[--this.#freeCount]! : this.#used++;
    const at = id * ROW;
    rows[at + META] = (prefixes.table[i]! << 8) | prefixes.bits[i]!;
    for (let word = 0; word < 4; word++) rows[at + WORD + word] = prefixes.words[i * 4 + word]!;
    rows[at + RD] = prefixes.rd[i * 2] ?? 0;
    rows[at + RD + 1] = prefixes.rd[i * 2 + 1] ?? 0;
    rows[at + REFS] = 1;
    rows[at + HEAD] = NONE;
    rows[at + ROUTES] = 0;
    this.#index.add(id);
    return id;
  }

  #equals(at: number, prefixes: PrefixTable, i: number): boolean {
    const rows = this.#rows;
    const kind = prefixes.table[i]!;
    const words = prefixes.words;
    if (rows[at + META] !== ((kind << 8) | prefixes.bits[i]!) || rows[at + WORD] !== words[i * 4])
      return false;
    if (kind === 0) return true;
    if (rows[at + WORD + 1] !== words[i * 4 + 1] || rows[at + WORD + 2] !== words[i * 4 + 2]) return false;
    if (rows[at + WORD + 3] !== words[i * 4 + 3]) return false;
    return (
      kind === 1 || (rows[at + RD] === prefixes.rd[i * 2] && rows[at + RD + 1] === prefixes.rd[i * 2 + 1])
    );
  }

  /** The id of entry `i` of the batch's table, or -1 when it is not held. */
  find(prefixes: PrefixTable, i: number): number {
    const hash = prefixHash(prefixes, i);
    for (let id = this.#index.first(hash); id !== -1; id = this.#index.next()) {
      if (this.#equals(id * ROW, prefixes, i)) return id;
    }
    return -1;
  }

  addRef(id: number): void {
    this.#rows[id * ROW + REFS]!++;
  }

  release(id: number): void {
    const rows = this.#rows;
    const at = id * ROW;
    if (--rows[at + REFS]! > 0) return;
    const meta = rows[at + META]!;
    let hash = hashWord(meta, rows[at + WORD]!);
    if (meta >>> 8 !== 0) for (let word = 1; word < 4; word++) hash = hashWord(hash, rows[at + WORD + word]!);
    if (meta >>> 8 > 1) hash = hashWord(hashWord(hash, rows[at + RD]!), rows[at + RD + 1]!);
    this.#index.remove(hashEnd(hash), id);
    this.#free[this.#freeCount++] = id;
  }

  /** First route of the prefix, `NONE` if there is none. */
  head(id: number): number {
    return this.#rows[id * ROW + HEAD]!;
  }

  setHead(id: number, route: number, routesDelta: 1 | 0 | -1): void {
    this.#rows[id * ROW + HEAD] = route;
    this.#rows[id * ROW + ROUTES]! += routesDelta;
  }

  /** Routes held for the prefix, over all vantages. */
  routes(id: number): number {
    return this.#rows[id * ROW + ROUTES]!;
  }

  /** Write the key of an IP prefix to `out[at .. at + 5)`: table << 8 | bits, then four address words. */
  key(id: number, out: Uint32Array, at: number): void {
    for (let word = 0; word < 5; word++) out[at + word] = this.#rows[id * ROW + META + word]!;
  }

  text(id: number): string {
    const rows = this.#rows;
    const at = id * ROW;
    const meta = rows[at + META]!;
    return formatTablePrefix(meta >>> 8, meta & 0xff, rows, rows[at + RD]!, rows[at + RD + 1]!, at + WORD);
  }

  grow(capacity: number): void {
    const rows = new Uint32Array(capacity * ROW);
    rows.set(this.#rows);
    const free = new Uint32Array(capacity);
    free.set(this.#free);
    this.#rows = rows;
    this.#free = free;
    this.#capacity = capacity;
    this.#index.grow(capacity);
  }

  clear(): void {
    this.#used = 0;
    this.#freeCount = 0;
    this.#index.clear();
  }
}

/** An IP prefix as the only entry of a table. */
export function tableOf({ isV6, bits, words }: PrefixKey): PrefixTable {
  return {
    length: 1,
    table: Uint8Array.of(isV6 ? TABLE.ipv6 : TABLE.ipv4),
    bits: Uint8Array.of(bits),
    words: Uint32Array.from(words),
    rd: new Uint32Array(2),
  };
}
