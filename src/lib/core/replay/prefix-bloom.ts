import type { PrefixTable } from '../elem/batch.ts';
import { hashEnd, hashWord } from '../elem/columns.ts';
import type { PrefixKey } from '../prefix/prefix.ts';
import { maskWord } from '../prefix/prefix.ts';

/** Bits per prefix and probes per key: about one in fifty prefixes that are not there looks as if it were. */
const BITS_PER_PREFIX = 16;
const PROBES = 3;
/** Leading bits that name the block a prefix lies in, IPv4 and IPv6. */
const BLOCK_BITS = [16, 32] as const;
const BLOCK = 0x100;

/**
 * Which prefixes a frame may have: a Bloom filter (Bloom, CACM 1970) over its prefixes and over the blocks they lie in. What it
 * denies is not there. VPN prefixes count as the prefix without its route distinguisher.
 */
export class PrefixBloom {
  readonly #bits: Uint32Array;
  readonly #mask: number;

  constructor(prefixes: PrefixTable) {
    let bits = 64;
    while (bits < prefixes.length * BITS_PER_PREFIX) bits *= 2;
    this.#bits = new Uint32Array(bits / 32);
    this.#mask = bits - 1;
    for (let i = 0; i < prefixes.length; i++) {
      const family = prefixes.table[i]! & 1;
      const length = prefixes.bits[i]!;
      this.#set(hashOf(family, length, prefixes.words, i * 4));
      if (length >= BLOCK_BITS[family]!) this.#set(blockOf(family, prefixes.words, i * 4));
    }
  }

  get bytes(): number {
    return this.#bits.byteLength;
  }

  /** Whether the frame may have the prefix or, with `inside`, one inside it. */
  mayHave({ isV6, bits, words }: PrefixKey, inside: boolean): boolean {
    const family = isV6 ? 1 : 0;
    if (!inside) return this.#has(hashOf(family, bits, words, 0));
    return bits < BLOCK_BITS[family] || this.#has(blockOf(family, words, 0));
  }

  #set(hash: number): void {
    for (let probe = 0, at = hash; probe < PROBES; probe++, at = hashEnd(hashWord(at, probe))) {
      const bit = at & this.#mask;
      this.#bits[bit >>> 5]! |= 1 << (bit & 31);
    }
  }

  #has(hash: number): boolean {
    for (let probe = 0, at = hash; probe < PROBES; probe++, at = hashEnd(hashWord(at, probe))) {
      const bit = at & this.#mask;
      if ((this.#bits[bit >>> 5]! & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }
}

function hashOf(family: number, bits: number, words: ArrayLike<number>, at: number): number {
  let hash = hashWord(family, bits);
  for (let word = 0; word < (family === 1 ? 4 : 1); word++) hash = hashWord(hash, words[at + word]!);
  return hashEnd(hash);
}

function blockOf(family: number, words: ArrayLike<number>, at: number): number {
  return hashEnd(hashWord(BLOCK + family, (words[at]! & maskWord(BLOCK_BITS[family]!)) >>> 0));
}
