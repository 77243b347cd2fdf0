import type { ElemBatch } from './batch.ts';
import { KIND, NONE } from './batch.ts';
import { AttrInterner } from './attr-table.ts';
import { ElemColumns } from './elem-columns.ts';
import { PrefixInterner } from './prefix-table.ts';
import { Slab } from './slab.ts';
import { AddressInterner, VantageInterner, WordListTable } from './tables.ts';

/**
 * Collects elems into one batch. Intern what an elem refers to, then `push` it; `take()` hands the batch over and starts
 * the next. Indexes are good for the current batch only: `generation` changes with every `take()`.
 */
export class BatchBuilder {
  readonly capacity: number;
  readonly columns: ElemColumns;
  readonly addresses = new AddressInterner();
  readonly vantages = new VantageInterner();
  readonly prefixes = new PrefixInterner();
  readonly attrSets = new AttrInterner();
  readonly paths = new WordListTable();
  readonly communities = new WordListTable();
  readonly extCommunities = new WordListTable();
  readonly largeCommunities = new WordListTable();
  readonly labelStacks = new WordListTable();
  #generation = 0;

  /**
   * @param capacity elems after which the batch counts as full. Decoders finish the message they are in (its NLRI share
   * one attribute set), so a batch may end larger by one message; the columns grow.
   */
  constructor(capacity = 1000) {
    this.capacity = capacity;
    this.columns = new ElemColumns(capacity);
  }

  get length(): number {
    return this.columns.length;
  }

  get isFull(): boolean {
    return this.columns.length >= this.capacity;
  }

  /** Changes whenever interned indexes become void. */
  get generation(): number {
    return this.#generation;
  }

  /** Append an announcement, a withdrawal (`attrs` = NONE) or a table-dump entry. */
  push(
    kind: number,
    flags: number,
    timeUs: number,
    vantage: number,
    prefix: number,
    attrs: number,
    pathId: number,
    labels: number,
  ): void {
    const columns = this.columns;
    columns.reserve(1);
    const at = columns.length;
    columns.length = at + 1;
    columns.timeUs[at] = timeUs;
    columns.kind[at] = kind;
    columns.flags[at] = flags;
    columns.vantage[at] = vantage;
    columns.prefix[at] = prefix;
    columns.attrs[at] = attrs;
    if (pathId === 0 && labels === 0) return;
    columns.hasRare = true;
    columns.pathId[at] = pathId;
    columns.labels[at] = labels;
  }

  /** Append a peer state change. */
  pushState(flags: number, timeUs: number, vantage: number, oldState: number, newState: number): void {
    this.push(KIND.state, flags, timeUs, vantage, NONE, NONE, 0, 0);
    this.columns.hasRare = true;
    this.columns.state[this.columns.length - 1] = (oldState << 8) | newState;
  }

  /** The batch so far, in a buffer of its own; the builder is empty afterwards. */
  take(): ElemBatch {
    this.#generation++;
    const slab = new Slab(this.#bytes());
    const elems = this.columns.take(slab);
    const { collectors, vantages } = this.vantages.take(slab);
    return {
      length: elems.length,
      timeUs: elems.timeUs,
      kind: elems.kind,
      flags: elems.flags,
      vantage: elems.vantage,
      prefix: elems.prefix,
      attrs: elems.attrs,
      pathId: elems.pathId,
      labels: elems.labels,
      state: elems.state,
      collectors,
      vantages,
      addresses: this.addresses.take(slab),
      prefixes: this.prefixes.take(slab),
      attrSets: this.attrSets.take(slab),
      paths: this.paths.take(slab),
      communities: this.communities.take(slab),
      extCommunities: this.extCommunities.take(slab),
      largeCommunities: this.largeCommunities.take(slab),
      labelStacks: this.labelStacks.take(slab),
    };
  }

  #bytes(): number {
    const lists =
      this.paths.bytes +
      this.communities.bytes +
      this.extCommunities.bytes +
      this.largeCommunities.bytes +
      this.labelStacks.bytes;
    const tables = this.vantages.bytes + this.addresses.bytes + this.prefixes.bytes + this.attrSets.bytes;
    return this.columns.bytes + tables + lists;
  }
}
