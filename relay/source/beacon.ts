import type { ElemBatch } from '#core/elem/batch.ts';
import { TABLE } from '#core/elem/batch.ts';

/** Beacons change state every two hours; twice that and half an hour without a word means the stream is not whole. */
export const BEACON_SILENCE_MS = 4.5 * 3600 * 1000;

/** 84.205.64.0/24 .. 84.205.79.0/24, one per collector; the anchors next to them never change and prove nothing. */
const V4_BLOCK = 84 * 0x100_0000 + 205 * 0x1_0000 + 64 * 0x100;
const V4_MASK = 0xffff_f000;
/** 2001:7fb:fe00::/40 and 2001:7fb:ee00::/40: one /48 per collector. */
const V6_WORD0 = 0x2001_07fb;
const V6_BLOCKS: ReadonlySet<number> = new Set([0xfe, 0xee]);

/**
 * Watches for RIPE's routing beacons (announced at 00:00, 04:00 … UTC, withdrawn two hours later, from every collector's site
 * by AS12654). A stream that delivers but has not carried one for 4.5 hours is missing something, however busy it looks.
 */
export class BeaconWatch {
  #seenMs: number;
  #count = 0;

  /** @param nowMs when listening began. */
  constructor(nowMs: number) {
    this.#seenMs = nowMs;
  }

  /** Beacon elems seen. */
  get count(): number {
    return this.#count;
  }

  /** Start waiting anew: the connection is a new one. */
  restart(nowMs: number): void {
    this.#seenMs = nowMs;
  }

  step(batch: ElemBatch, nowMs: number): void {
    const { table, bits, words, length } = batch.prefixes;
    for (let i = 0; i < length; i++) {
      const word = words[i * 4]!;
      const isV4 = table[i] === TABLE.ipv4 && bits[i] === 24 && (word & V4_MASK) >>> 0 === V4_BLOCK;
      const isV6 = table[i] === TABLE.ipv6 && bits[i] === 48 && word === V6_WORD0;
      if (!isV4 && !(isV6 && V6_BLOCKS.has(words[i * 4 + 1]! >>> 24))) continue;
      this.#count++;
      this.#seenMs = nowMs;
    }
  }

  /** Whether a beacon is overdue. */
  isOverdue(nowMs: number): boolean {
    return nowMs - this.#seenMs > BEACON_SILENCE_MS;
  }
}
