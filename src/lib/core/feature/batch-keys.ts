import type { ElemBatch } from '../elem/batch.ts';
import { grownU32, hashEnd, hashWord } from '../elem/columns.ts';
import { prefixHash } from '../rib/prefixes.ts';

const OTHER_SEED = 0x5bd1_e995;

/**
 * 64-bit keys of a batch's prefixes, each hashed once: alone, with a vantage, and with a vantage and an ADD-PATH id. Two
 * different ones have the same key once in 2^64 times, which nobody will see.
 */
export class BatchKeys {
  #high = new Uint32Array(1024);
  #low = new Uint32Array(1024);

  start(batch: ElemBatch): void {
    const { prefixes } = batch;
    this.#high = grownU32(this.#high, prefixes.length);
    this.#low = grownU32(this.#low, prefixes.length);
    for (let i = 0; i < prefixes.length; i++) {
      this.#low[i] = prefixHash(prefixes, i);
      this.#high[i] = otherHash(batch, i);
    }
  }

  /** First half of the key of prefix `i` with `vantage`; 0xffffffff: of all vantages. */
  high(i: number, vantage: number): number {
    return hashEnd(hashWord(this.#high[i]!, vantage ^ OTHER_SEED)) | 0;
  }

  /** Second half. */
  low(i: number, vantage: number): number {
    return hashEnd(hashWord(this.#low[i]!, vantage)) | 0;
  }
}

/** As `prefixHash`, in another order and from another seed. */
function otherHash({ prefixes }: ElemBatch, i: number): number {
  const { table, bits, words, rd } = prefixes;
  const kind = table[i]!;
  let hash = hashWord(hashWord(OTHER_SEED, words[i * 4]!), (bits[i]! << 8) | kind);
  if (kind !== 0)
    hash = hashWord(hashWord(hashWord(hash, words[i * 4 + 3]!), words[i * 4 + 2]!), words[i * 4 + 1]!);
  if (kind > 1) hash = hashWord(hashWord(hash, rd[i * 2 + 1]!), rd[i * 2]!);
  return hashEnd(hash);
}

/** The key with an ADD-PATH id in it: routes of one prefix that differ in it are different routes (RFC 7911 §3). */
export function withPathId(half: number, pathId: number): number {
  return pathId === 0 ? half : hashEnd(hashWord(half, pathId)) | 0;
}
