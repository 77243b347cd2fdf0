import type { AttrTable, ElemBatch, WordLists } from './batch.ts';
import { KIND, NONE } from './batch.ts';
import type { BatchBuilder } from './builder.ts';
import type { AttrRow } from './attr-table.ts';
import type { WordListTable } from './tables.ts';

const UNSEEN = 0xffff_fffe;

/** Remembers where each entry of one source table went in the builder. */
class IndexMap {
  #map = new Uint32Array(0);

  reset(length: number): void {
    if (this.#map.length < length) this.#map = new Uint32Array(Math.max(length, 64));
    this.#map.fill(UNSEEN, 0, length);
  }

  get(index: number): number {
    return this.#map[index]!;
  }

  set(index: number, value: number): number {
    this.#map[index] = value;
    return value;
  }
}

/**
 * Copies single elems from batches into a builder: what filtering, splitting and merging batches are made of.
 * Each table entry is interned once per (source batch, builder generation).
 */
export class ElemCopier {
  readonly #builder: BatchBuilder;
  #source: ElemBatch | null = null;
  #generation = -1;
  readonly #vantages = new IndexMap();
  readonly #prefixes = new IndexMap();
  readonly #attrs = new IndexMap();
  readonly #labels = new IndexMap();

  constructor(builder: BatchBuilder) {
    this.#builder = builder;
  }

  /** Append elem `i` of `batch`. The builder must have room. `flags` replaces the elem's own when given. */
  copy(batch: ElemBatch, i: number, flags = batch.flags[i]!): void {
    const builder = this.#builder;
    if (batch !== this.#source || builder.generation !== this.#generation) this.#restart(batch);
    const vantage = this.#vantage(batch, batch.vantage[i]!);
    if (batch.kind[i] === KIND.state) {
      builder.pushState(flags, batch.timeUs[i]!, vantage, batch.state[i]! >>> 8, batch.state[i]! & 0xff);
      return;
    }
    const attrs = batch.attrs[i]!;
    builder.push(
      batch.kind[i]!,
      flags,
      batch.timeUs[i]!,
      vantage,
      this.#prefix(batch, batch.prefix[i]!),
      attrs === NONE ? NONE : this.#attrSet(batch, attrs),
      batch.pathId[i]!,
      this.#labelStack(batch, batch.labels[i]!),
    );
  }

  #restart(batch: ElemBatch): void {
    this.#source = batch;
    this.#generation = this.#builder.generation;
    this.#vantages.reset(batch.vantages.length);
    this.#prefixes.reset(batch.prefixes.length);
    this.#attrs.reset(batch.attrSets.length);
    this.#labels.reset(batch.labelStacks.length);
  }

  #vantage(batch: ElemBatch, index: number): number {
    const known = this.#vantages.get(index);
    if (known !== UNSEEN) return known;
    const { collector, address, asn } = batch.vantages;
    const name = batch.collectors[collector[index]!] ?? '';
    return this.#vantages.set(
      index,
      this.#builder.vantages.intern(name, this.#address(batch, address[index]!), asn[index]!),
    );
  }

  #address(batch: ElemBatch, index: number): number {
    if (index === 0) return 0;
    const { isV6, words } = batch.addresses;
    const at = index * 4;
    return this.#builder.addresses.intern(
      isV6[index] === 1,
      words[at]!,
      words[at + 1]!,
      words[at + 2]!,
      words[at + 3]!,
    );
  }

  #prefix(batch: ElemBatch, index: number): number {
    const known = this.#prefixes.get(index);
    if (known !== UNSEEN) return known;
    const { table, bits, words, rd } = batch.prefixes;
    const at = index * 4;
    return this.#prefixes.set(
      index,
      this.#builder.prefixes.internVpn(
        table[index]!,
        bits[index]!,
        words[at]!,
        words[at + 1]!,
        words[at + 2]!,
        words[at + 3]!,
        rd[index * 2] ?? 0,
        rd[index * 2 + 1] ?? 0,
      ),
    );
  }

  #attrSet(batch: ElemBatch, index: number): number {
    const known = this.#attrs.get(index);
    if (known !== UNSEEN) return known;
    const builder = this.#builder;
    const sets = batch.attrSets;
    const row: AttrRow = {
      ...plainColumns(sets, index),
      path: copyList(batch.paths, sets.path[index]!, builder.paths),
      nextHop: this.#address(batch, sets.nextHop[index]!),
      communities: copyList(batch.communities, sets.communities[index]!, builder.communities),
      extCommunities: copyList(batch.extCommunities, sets.extCommunities[index]!, builder.extCommunities),
      largeCommunities: copyList(
        batch.largeCommunities,
        sets.largeCommunities[index]!,
        builder.largeCommunities,
      ),
    };
    return this.#attrs.set(index, builder.attrSets.intern(row));
  }

  #labelStack(batch: ElemBatch, index: number): number {
    if (index === 0) return 0;
    const known = this.#labels.get(index);
    if (known !== UNSEEN) return known;
    return this.#labels.set(index, copyList(batch.labelStacks, index, this.#builder.labelStacks));
  }
}

function copyList(from: WordLists, index: number, to: WordListTable): number {
  return to.intern(from.words, from.offsets[index]!, from.offsets[index + 1]!);
}

function plainColumns(sets: AttrTable, index: number) {
  return {
    flags: sets.flags[index]!,
    origin: sets.origin[index]!,
    med: sets.med[index]!,
    localPref: sets.localPref[index]!,
    aggregatorAsn: sets.aggregatorAsn[index]!,
    aggregatorAddress: sets.aggregatorAddress[index]!,
    otc: sets.otc[index]!,
  };
}
