import type { BatchBuilder } from '../elem/builder.ts';
import { u32 } from './header.ts';

/** Slots of the cache; a collector has tens to a few hundred peers. */
const SLOTS = 256;
/** Words of a slot: generation, address family, address (4), ASN, vantage index. */
const SLOT_WORDS = 8;

/**
 * Finds a peer's vantage index in the current batch. Every record names its peer, so the last ones are kept in a
 * direct-mapped cache; peers that share a slot take turns in it.
 */
export class VantageCache {
  readonly #builder: BatchBuilder;
  readonly #collector: string;
  readonly #slots = new Uint32Array(SLOTS * SLOT_WORDS);

  constructor(builder: BatchBuilder, collector: string) {
    this.#builder = builder;
    this.#collector = collector;
  }

  /** The vantage of the peer with `asn` and the address at `at`, 16 octets if `isV6`, else 4. */
  at(bytes: Uint8Array, at: number, isV6: boolean, asn: number): number {
    const w0 = u32(bytes, at);
    const w1 = isV6 ? u32(bytes, at + 4) : 0;
    const w2 = isV6 ? u32(bytes, at + 8) : 0;
    const w3 = isV6 ? u32(bytes, at + 12) : 0;
    const slots = this.#slots;
    const mixed = Math.imul(w0 ^ w3 ^ asn, 0x9e37_79b1) >>> 24;
    const slot = mixed * SLOT_WORDS;
    // Generation 0 is stored as 1, so that a slot never written matches none.
    const generation = this.#builder.generation + 1;
    if (slots[slot] === generation && slots[slot + 1] === (isV6 ? 1 : 0) && slots[slot + 2] === w0) {
      if (
        slots[slot + 6] === asn &&
        slots[slot + 5] === w3 &&
        slots[slot + 4] === w2 &&
        slots[slot + 3] === w1
      ) {
        return slots[slot + 7]!;
      }
    }
    const address = this.#builder.addresses.intern(isV6, w0, w1, w2, w3);
    const vantage = this.#builder.vantages.intern(this.#collector, address, asn);
    slots[slot] = generation;
    slots[slot + 1] = isV6 ? 1 : 0;
    slots[slot + 2] = w0;
    slots[slot + 3] = w1;
    slots[slot + 4] = w2;
    slots[slot + 5] = w3;
    slots[slot + 6] = asn;
    slots[slot + 7] = vantage;
    return vantage;
  }
}
