import { grownU32 } from '../elem/columns.ts';
import { isSeveral, spreadOf } from './spread.ts';

// Row of an origin entry, in 32-bit words.
const ASN = 0;
const FIRST_S = 1;
const LAST_S = 2;
const PEERS = 3; // two words: distinct peer ASNs, hashed
const HELD = 5; // vantages holding the prefix with this origin now
const FLAGS = 6;
const NEXT = 7; // next entry of the prefix + 1
const LENGTH = 8; // usual path length in 1/16 hop, moving average; 0 before the first
const SAMPLES = 9; // announcements that made it, saturating
const ROW = 10;

/** Announcements before a usual path length means anything. */
const MIN_SAMPLES = 16;

/** Bits of an origin entry's flags. */
export const ORIGIN_FLAG = {
  /** Known before the stream began: a table dump, or a stream given as baseline. */
  baseline: 1,
  /** A detector is looking at it; it does not become established by lasting. */
  suspect: 2,
  /** It and another origin of the prefix appeared together: only one that dominates becomes established. */
  contested: 4,
} as const;

/** Origins of prefixes: lists of entries, the heads of which the prefixes keep. */
export class Origins {
  readonly limit: number;
  #rows = new Uint32Array(ROW * 1024);
  #free: number[] = [];
  #used = 0;
  #refused = 0;

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
    return this.#rows.byteLength;
  }

  /** The entry of `asn` in the list that starts at `head`, or -1. */
  find(head: number, asn: number): number {
    const rows = this.#rows;
    for (let entry = head; entry !== -1; entry = rows[entry * ROW + NEXT]! - 1) {
      if (rows[entry * ROW] === asn) return entry;
    }
    return -1;
  }

  /** A new entry before `head`; -1 when there is no room. */
  add(head: number, asn: number, timeS: number): number {
    if (this.length >= this.limit) {
      this.#refused++;
      return -1;
    }
    const entry = this.#free.pop() ?? this.#used++;
    this.#rows = grownU32(this.#rows, (entry + 1) * ROW);
    const at = entry * ROW;
    this.#rows.fill(0, at, at + ROW);
    this.#rows[at] = asn;
    this.#rows[at + FIRST_S] = this.#rows[at + LAST_S] = timeS;
    this.#rows[at + NEXT] = head + 1;
    return entry;
  }

  /** Free every entry of the list. */
  removeAll(head: number): void {
    for (let entry = head; entry !== -1;) {
      const next = this.next(entry);
      this.#free.push(entry);
      entry = next;
    }
  }

  next(entry: number): number {
    return this.#rows[entry * ROW + NEXT]! - 1;
  }

  asn(entry: number): number {
    return this.#rows[entry * ROW + ASN]!;
  }

  firstS(entry: number): number {
    return this.#rows[entry * ROW + FIRST_S]!;
  }

  lastS(entry: number): number {
    return this.#rows[entry * ROW + LAST_S]!;
  }

  held(entry: number): number {
    return this.#rows[entry * ROW + HELD]!;
  }

  addHeld(entry: number, change: number): void {
    const at = entry * ROW + HELD;
    this.#rows[at] = Math.max(0, this.#rows[at]! + change);
  }

  /** One holder less. */
  leave(entry: number, timeS: number): void {
    this.addHeld(entry, -1);
    const at = entry * ROW + LAST_S;
    if (timeS > this.#rows[at]!) this.#rows[at] = timeS;
  }

  /** Everybody had let go before it had lasted; it starts again. */
  restart(entry: number, timeS: number): void {
    this.#rows[entry * ROW + FIRST_S] = timeS;
  }

  /** Note that peer number `peer` announced it at `timeS`. */
  seen(entry: number, peer: number, timeS: number): void {
    const at = entry * ROW;
    if (timeS > this.#rows[at + LAST_S]!) this.#rows[at + LAST_S] = timeS;
    this.#rows[at + PEERS + ((peer >>> 5) & 1)]! |= 1 << (peer & 31);
  }

  /** Take a path of `hops` into the usual length: a sixteenth of the way. */
  noteLength(entry: number, hops: number): void {
    const at = entry * ROW;
    const old = this.#rows[at + LENGTH]!;
    this.#rows[at + LENGTH] = old === 0 ? hops * 16 : old + hops - (old >>> 4);
    if (this.#rows[at + SAMPLES]! < MIN_SAMPLES) this.#rows[at + SAMPLES]!++;
  }

  /** Usual path length in hops, prepends counted; 0 while too few were seen. */
  usualLength(entry: number): number {
    const at = entry * ROW;
    return this.#rows[at + SAMPLES]! < MIN_SAMPLES ? 0 : this.#rows[at + LENGTH]! / 16;
  }

  /** Distinct peer ASNs that ever announced it, at least: 64 counters are shared by hashing. */
  spread(entry: number): number {
    return spreadOf(this.#rows[entry * ROW + PEERS]!, this.#rows[entry * ROW + PEERS + 1]!);
  }

  /** Whether two peer ASNs or more ever announced it. */
  isSeveral(entry: number): boolean {
    return isSeveral(this.#rows[entry * ROW + PEERS]!, this.#rows[entry * ROW + PEERS + 1]!);
  }

  flags(entry: number): number {
    return this.#rows[entry * ROW + FLAGS]!;
  }

  setFlag(entry: number, flag: number, on = true): void {
    const at = entry * ROW + FLAGS;
    this.#rows[at] = on ? this.#rows[at]! | flag : this.#rows[at]! & ~flag;
  }
}
