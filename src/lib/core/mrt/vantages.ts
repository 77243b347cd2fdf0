import type { BatchBuilder } from '../elem/builder.ts';
import { u32 } from './header.ts';

/** Finds a peer's vantage index in the current batch; messages of one peer come in runs, so the last one is remembered. */
export class VantageCache {
  readonly #builder: BatchBuilder;
  readonly #collector: string;
  #generation = -1;
  #index = 0;
  #asn = 0;
  #isV6 = false;
  #w0 = 0;
  #w1 = 0;
  #w2 = 0;
  #w3 = 0;

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
    if (w0 === this.#w0 && asn === this.#asn && w3 === this.#w3 && w1 === this.#w1 && w2 === this.#w2) {
      if (isV6 === this.#isV6 && this.#generation === this.#builder.generation) return this.#index;
    }
    return this.#intern(isV6, w0, w1, w2, w3, asn);
  }

  #intern(isV6: boolean, w0: number, w1: number, w2: number, w3: number, asn: number): number {
    const builder = this.#builder;
    const address = builder.addresses.intern(isV6, w0, w1, w2, w3);
    this.#generation = builder.generation;
    this.#isV6 = isV6;
    this.#w0 = w0;
    this.#w1 = w1;
    this.#w2 = w2;
    this.#w3 = w3;
    this.#asn = asn;
    this.#index = builder.vantages.intern(this.#collector, address, asn);
    return this.#index;
  }
}
