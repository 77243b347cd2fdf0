import type { PrefixTable } from '../elem/batch.ts';
import { hashEnd, hashWord } from '../elem/columns.ts';

/**
 * A second hash of entry `i` of a prefix table, independent of `prefixHash`: the two together name a prefix in 64 bits.
 */
export function prefixHash2(prefixes: PrefixTable, i: number): number {
  const { table, bits, words, rd } = prefixes;
  const kind = table[i]!;
  let hash = hashWord(0x2545_f491, words[i * 4]!);
  if (kind !== 0) {
    for (let word = 1; word < 4; word++) hash = hashWord(hash, words[i * 4 + word]! ^ 0x5a5a_5a5a);
  }
  if (kind > 1) hash = hashWord(hashWord(hash, rd[i * 2]!), rd[i * 2 + 1]!);
  return hashEnd(hashWord(hash, (bits[i]! << 16) | (kind + 1)));
}

/** Hash of an ASN, and with `asn` itself its key. */
export function asnHash(asn: number): number {
  return hashEnd(hashWord(0x1f3d_5b79, asn));
}

/** A second hash of an ASN, independent of `asnHash`. */
export function asnHash2(asn: number): number {
  return hashEnd(hashWord(hashWord(0x6a09_e667, asn), 0x3c6e_f372));
}
