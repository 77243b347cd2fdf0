import type { ElemBatch, TableName } from '../elem/batch.ts';
import { formatTablePrefix, tableName } from '../prefix/prefix.ts';
import { WindowCounts } from './window-counts.ts';
import { WindowPairs } from './window-pairs.ts';

/** `spark`: elems per step, oldest first; the same steps in every row of a table. */
export interface TopPrefix {
  readonly prefix: string;
  readonly table: TableName;
  readonly announcements: number;
  readonly withdrawals: number;
  /** Origins announced in the window, most frequent first, at most 4. */
  readonly origins: readonly number[];
  /** Distinct vantages that said something about it in the window. */
  readonly vantages: number;
  readonly spark: Float32Array;
}

/** Origins remembered per prefix. A fifth takes the place of the one seen longest ago. */
const ORIGINS = 4;
// Row beside each entry, in 32-bit words.
const META = 0;
const WORD = 1;
const RD = 5;
const ROW = 7;

/** The busiest prefixes of a sliding window. */
export class TopPrefixes {
  readonly counts: WindowCounts;
  readonly vantages: WindowPairs;
  #rows = new Uint32Array(0);
  /** Per entry `ORIGINS` times: ASN, elems, last step; elems 0 in a free place. */
  #origins = new Float64Array(0);

  constructor(limit = 32_768, pairs = 1 << 18) {
    this.counts = new WindowCounts(limit);
    this.vantages = new WindowPairs(pairs);
  }

  /** Make room for the prefixes of a batch. */
  reserve(count: number): Uint8Array | null {
    const dropped = this.counts.reserve(count);
    if (dropped) this.vantages.drop(dropped);
    const capacity = this.counts.capacity;
    if (this.#rows.length < capacity * ROW) {
      const rows = new Uint32Array(capacity * ROW);
      rows.set(this.#rows);
      const origins = new Float64Array(capacity * ORIGINS * 3);
      origins.set(this.#origins);
      this.#rows = rows;
      this.#origins = origins;
    }
    return dropped;
  }

  /** The entry of prefix `i` of the batch's table, -1 when there is no room. */
  entry(batch: ElemBatch, i: number, hash: number, hash2: number): number {
    const entry = this.counts.acquire(hash, hash2);
    if (!this.counts.isNew) return entry;
    const { table, bits, words, rd } = batch.prefixes;
    const at = entry * ROW;
    this.#rows[at + META] = (table[i]! << 8) | bits[i]!;
    for (let word = 0; word < 4; word++) this.#rows[at + WORD + word] = words[i * 4 + word]!;
    this.#rows[at + RD] = rd[i * 2] ?? 0;
    this.#rows[at + RD + 1] = rd[i * 2 + 1] ?? 0;
    this.#origins.fill(0, entry * ORIGINS * 3, (entry + 1) * ORIGINS * 3);
    return entry;
  }

  /** One elem at `step`. `origin` is -1 for withdrawals and paths without one. */
  add(entry: number, step: number, isWithdraw: boolean, vantage: number, origin: number): void {
    this.counts.add(entry, step, isWithdraw);
    this.vantages.see(entry, vantage, step);
    if (origin >= 0) this.#addOrigin(entry, origin, step);
  }

  #addOrigin(entry: number, origin: number, step: number): void {
    const origins = this.#origins;
    const start = entry * ORIGINS * 3;
    let place = start;
    for (let at = start; at < start + ORIGINS * 3; at += 3) {
      if (origins[at + 1] !== 0 && origins[at] === origin) {
        origins[at + 1]!++;
        if (origins[at + 2]! < step) origins[at + 2] = step;
        return;
      }
      if (origins[at + 2]! < origins[place + 2]!) place = at;
    }
    origins[place] = origin;
    origins[place + 1] = 1;
    origins[place + 2] = step;
  }

  /** Move the window on so that it ends with step `head`. */
  advance(head: number): void {
    this.vantages.expire(head - this.counts.steps + 1);
    this.counts.advance(head);
  }

  /** The `count` busiest, busiest first. @param head the step the window ends with. */
  snapshot(count: number, head: number): TopPrefix[] {
    const { counts } = this;
    const busiest = counts.top(count, (entry) => counts.announced(entry) + counts.withdrawn(entry));
    return busiest.map((entry) => {
      const at = entry * ROW;
      const rows = this.#rows;
      const meta = rows[at + META]!;
      return {
        prefix: formatTablePrefix(
          meta >>> 8,
          meta & 0xff,
          rows,
          rows[at + RD]!,
          rows[at + RD + 1]!,
          at + WORD,
        ),
        table: tableName(meta >>> 8),
        announcements: counts.announced(entry),
        withdrawals: counts.withdrawn(entry),
        origins: this.#originsOf(entry, head - counts.steps + 1),
        vantages: this.vantages.count(entry),
        spark: counts.spark(entry, false),
      };
    });
  }

  #originsOf(entry: number, firstStep: number): number[] {
    const found: { asn: number; elems: number }[] = [];
    const start = entry * ORIGINS * 3;
    for (let at = start; at < start + ORIGINS * 3; at += 3) {
      const elems = this.#origins[at + 1]!;
      if (elems > 0 && this.#origins[at + 2]! >= firstStep) found.push({ asn: this.#origins[at]!, elems });
    }
    return found.sort((a, b) => b.elems - a.elems || a.asn - b.asn).map(({ asn }) => asn);
  }
}
