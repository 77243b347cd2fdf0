import type { PrefixTable } from '../elem/batch.ts';
import { grownU32, hashEnd, hashWord } from '../elem/columns.ts';
import { formatPrefix, maskWord } from '../prefix/prefix.ts';
import { SlotIndex } from '../rib/slot-index.ts';

// Row of a prefix, in 32-bit words.
// 0: table << 8 | bits; FREE in a free row
const WORD = 1; // four address words
const HEAD = 5; // first origin entry + 1, 0 for none
const FIRST_S = 6;
const HELD = 7; // vantages holding it now
const FLAGS = 8;
const PEAK = 9; // most vantages that ever held it
const FOREIGN = 10; // more-specifics with other origins
const ROW = 11;

const FREE = 0xffff_ffff;

/** Bits of a prefix's flags. */
export const PREFIX_FLAG = {
  /** Somebody wants to see every elem of it. */
  watched: 1,
} as const;

/**
 * Every IP prefix the detectors know, numbered. Ids stay until `remove`. Bounded by `limit`: when full, prefixes nobody
 * holds or watches make room; when there are none, new ones are refused. Both are counted.
 */
export class KnownPrefixes {
  readonly limit: number;
  #rows = new Uint32Array(ROW * 1024);
  #index = new SlotIndex(1024);
  #capacity = 1024;
  #free: number[] = [];
  #used = 0;
  #refused = 0;
  /** Lengths in use, by family, to skip the others when looking for a covering prefix. */
  readonly #lengths = [new Uint32Array(33), new Uint32Array(129)] as const;

  constructor(limit: number) {
    this.limit = limit;
  }

  get length(): number {
    return this.#used - this.#free.length;
  }

  get refused(): number {
    return this.#refused;
  }

  get bytes(): number {
    return this.#rows.byteLength + this.#index.bytes;
  }

  /** The id of entry `i` of a batch's table, or -1. */
  find(prefixes: PrefixTable, i: number): number {
    const { words } = prefixes;
    const at = i * 4;
    const meta = (prefixes.table[i]! << 8) | prefixes.bits[i]!;
    return this.findKey(meta, words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
  }

  /** The id of the prefix `table << 8 | bits` at the four address words, or -1. */
  findKey(meta: number, w0: number, w1: number, w2: number, w3: number): number {
    const hash = hashKey(meta, w0, w1, w2, w3);
    const rows = this.#rows;
    for (let id = this.#index.first(hash); id !== -1; id = this.#index.next()) {
      const at = id * ROW;
      if (rows[at] !== meta || rows[at + WORD] !== w0 || rows[at + WORD + 1] !== w1) continue;
      if (rows[at + WORD + 2] === w2 && rows[at + WORD + 3] === w3) return id;
    }
    return -1;
  }

  /** Add entry `i`, which `find` has just not found. @returns -1 when there is no room. */
  add(prefixes: PrefixTable, i: number, timeS: number): number {
    if (this.length >= this.limit) {
      this.#refused++;
      return -1;
    }
    const { words } = prefixes;
    const from = i * 4;
    const meta = (prefixes.table[i]! << 8) | prefixes.bits[i]!;
    const id = this.#free.pop() ?? this.#used++;
    this.#reserve(id + 1);
    const at = id * ROW;
    const rows = this.#rows;
    rows[at] = meta;
    for (let word = 0; word < 4; word++) rows[at + WORD + word] = words[from + word]!;
    rows[at + HEAD] = 0;
    rows[at + FIRST_S] = timeS;
    rows[at + HELD] = rows[at + FLAGS] = rows[at + PEAK] = rows[at + FOREIGN] = 0;
    for (let taken = this.#index.first(this.#hashOf(id)); taken !== -1;) taken = this.#index.next();
    this.#index.add(id);
    this.#lengths[(meta >>> 8) & 1]![meta & 0xff]!++;
    return id;
  }

  #reserve(rows: number): void {
    this.#rows = grownU32(this.#rows, rows * ROW);
    if (rows <= this.#capacity) return;
    this.#capacity *= 2;
    this.#index.grow(this.#capacity);
  }

  #hashOf(id: number): number {
    const rows = this.#rows;
    const at = id * ROW;
    return hashKey(
      rows[at]!,
      rows[at + WORD]!,
      rows[at + WORD + 1]!,
      rows[at + WORD + 2]!,
      rows[at + WORD + 3]!,
    );
  }

  remove(id: number): void {
    const meta = this.#rows[id * ROW]!;
    this.#index.remove(this.#hashOf(id), id);
    this.#rows[id * ROW] = FREE;
    this.#lengths[(meta >>> 8) & 1]![meta & 0xff]!--;
    this.#free.push(id);
  }

  /** Call `visit` with every id. */
  each(visit: (id: number) => void): void {
    for (let id = 0; id < this.#used; id++) if (this.#rows[id * ROW] !== FREE) visit(id);
  }

  /** The most specific prefix that covers `id` (and is not it) and for which `accept` holds, or -1. */
  covering(id: number, accept: (id: number) => boolean): number {
    const at = id * ROW;
    const meta = this.#rows[at]!;
    const lengths = this.#lengths[(meta >>> 8) & 1]!;
    for (let bits = (meta & 0xff) - 1; bits > 0; bits--) {
      if (lengths[bits] === 0) continue;
      const found = this.#atLength(at, meta, bits);
      if (found !== -1 && accept(found)) return found;
    }
    return -1;
  }

  #atLength(at: number, meta: number, bits: number): number {
    const rows = this.#rows;
    const key = (meta & 0xff00) | bits;
    const w0 = (rows[at + WORD]! & maskWord(bits)) >>> 0;
    if (meta >>> 8 === 0) return this.findKey(key, w0, 0, 0, 0);
    const w1 = (rows[at + WORD + 1]! & maskWord(bits - 32)) >>> 0;
    const w2 = (rows[at + WORD + 2]! & maskWord(bits - 64)) >>> 0;
    const w3 = (rows[at + WORD + 3]! & maskWord(bits - 96)) >>> 0;
    return this.findKey(key, w0, w1, w2, w3);
  }

  /** Whether `cover` is `id` or covers it. */
  isCoveredBy(id: number, cover: number): boolean {
    const bits = this.bits(cover);
    if (this.table(id) !== this.table(cover) || this.bits(id) < bits) return false;
    const rows = this.#rows;
    for (let w = 0; w < 4; w++) {
      const mask = maskWord(bits - w * 32);
      if ((rows[id * ROW + WORD + w]! ^ rows[cover * ROW + WORD + w]!) & mask) return false;
    }
    return true;
  }

  table(id: number): number {
    return this.#rows[id * ROW]! >>> 8;
  }

  bits(id: number): number {
    return this.#rows[id * ROW]! & 0xff;
  }

  /** Address word `w`. */
  word(id: number, w: number): number {
    return this.#rows[id * ROW + WORD + w]!;
  }

  /** First origin entry, or -1. */
  head(id: number): number {
    return this.#rows[id * ROW + HEAD]! - 1;
  }

  setHead(id: number, entry: number): void {
    this.#rows[id * ROW + HEAD] = entry + 1;
  }

  firstS(id: number): number {
    return this.#rows[id * ROW + FIRST_S]!;
  }

  held(id: number): number {
    return this.#rows[id * ROW + HELD]!;
  }

  peak(id: number): number {
    return this.#rows[id * ROW + PEAK]!;
  }

  addHeld(id: number, change: number): void {
    const at = id * ROW;
    const held = Math.max(0, this.#rows[at + HELD]! + change);
    this.#rows[at + HELD] = held;
    if (held > this.#rows[at + PEAK]!) this.#rows[at + PEAK] = held;
  }

  /** (More-specific, origin) pairs directly under it whose origin is not its own. */
  foreignChildren(id: number): number {
    return this.#rows[id * ROW + FOREIGN]!;
  }

  addForeignChild(id: number): void {
    this.#rows[id * ROW + FOREIGN]!++;
  }

  flags(id: number): number {
    return this.#rows[id * ROW + FLAGS]!;
  }

  setFlag(id: number, flag: number, on: boolean): void {
    const at = id * ROW + FLAGS;
    this.#rows[at] = on ? this.#rows[at]! | flag : this.#rows[at]! & ~flag;
  }

  /** The row and where its four address words begin; good until the next prefix is added. */
  words(id: number): { readonly words: Uint32Array; readonly at: number } {
    return { words: this.#rows, at: id * ROW + WORD };
  }

  /** CIDR text. */
  text(id: number): string {
    const at = id * ROW;
    const meta = this.#rows[at]!;
    return formatPrefix(meta >>> 8 === 1, meta & 0xff, this.#rows, at + WORD);
  }
}

function hashKey(meta: number, w0: number, w1: number, w2: number, w3: number): number {
  let hash = hashWord(meta, w0);
  if (meta >>> 8 !== 0) hash = hashWord(hashWord(hashWord(hash, w1), w2), w3);
  return hashEnd(hash);
}
