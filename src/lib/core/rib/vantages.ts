import type { ElemBatch } from '../elem/batch.ts';
import { NONE } from '../elem/batch.ts';
import { addressText } from '../elem/row.ts';

/** One vantage as people read it. */
export interface VantageName {
  readonly collector: string;
  readonly peerAddress: string;
  readonly peerAsn: number;
}

/**
 * Numbers vantages across batches: ids grow from 0 and stay for the life of the state. Bounded: once `limit` vantages are
 * known, further ones get no id (`NONE`), and `refused` counts the batches' entries turned away.
 */
export class VantageIndex {
  readonly limit: number;
  readonly #ids = new Map<string, number>();
  readonly #names: VantageName[] = [];
  #refused = 0;

  constructor(limit = 8192) {
    this.limit = limit;
  }

  get length(): number {
    return this.#names.length;
  }

  get refused(): number {
    return this.#refused;
  }

  name(id: number): VantageName {
    return this.#names[id]!;
  }

  /** Global id of each entry of the batch's vantage table, `NONE` where there is no room. The caller owns the array. */
  map(batch: ElemBatch): Uint32Array {
    const { length, collector, address, asn } = batch.vantages;
    const ids = new Uint32Array(length);
    const { isV6, words } = batch.addresses;
    for (let i = 0; i < length; i++) {
      const at = address[i]! * 4;
      const name = batch.collectors[collector[i]!] ?? '';
      const family = address[i] === 0 ? 'none' : isV6[address[i]!]!;
      const key = `${name}|${asn[i]!}|${family}|${words[at]!}.${words[at + 1]!}.${words[at + 2]!}.${words[at + 3]!}`;
      ids[i] = this.#ids.get(key) ?? this.#add(key, batch, i);
    }
    return ids;
  }

  #add(key: string, batch: ElemBatch, index: number): number {
    if (this.#names.length >= this.limit) {
      this.#refused++;
      return NONE;
    }
    const { collector, address, asn } = batch.vantages;
    const id = this.#names.length;
    this.#names.push({
      collector: batch.collectors[collector[index]!] ?? '',
      peerAddress: addressText(batch, address[index]!),
      peerAsn: asn[index]!,
    });
    this.#ids.set(key, id);
    return id;
  }

  clear(): void {
    this.#ids.clear();
    this.#names.length = 0;
  }
}
