import type { ElemBatch } from './batch.ts';
import { KIND, NONE } from './batch.ts';
import { AttrInterner } from './attr-table.ts';
import { PrefixInterner } from './prefix-table.ts';
import { AddressInterner, VantageInterner, WordListTable } from './tables.ts';

/**
 * Collects elems into one batch. Intern what an elem refers to, then `push` it; `take()` hands the batch over and starts
 * the next. Indexes are good for the current batch only: `generation` changes with every `take()`.
 */
export class BatchBuilder {
  readonly capacity: number;
  readonly addresses = new AddressInterner();
  readonly vantages = new VantageInterner();
  readonly prefixes = new PrefixInterner();
  readonly attrSets = new AttrInterner();
  readonly paths = new WordListTable();
  readonly communities = new WordListTable();
  readonly extCommunities = new WordListTable();
  readonly largeCommunities = new WordListTable();
  readonly labelStacks = new WordListTable();

  #length = 0;
  #generation = 0;
  #timeUs: Float64Array;
  #kind: Uint8Array;
  #flags: Uint8Array;
  #vantage: Uint32Array;
  #prefix: Uint32Array;
  #attrs: Uint32Array;
  #pathId: Uint32Array;
  #labels: Uint32Array;
  #state: Uint16Array;

  /**
   * @param capacity elems after which the batch counts as full. Decoders finish the message they are in (its NLRI share
   * one attribute set), so a batch may end larger by one message; the columns grow.
   */
  constructor(capacity = 1000) {
    this.capacity = capacity;
    this.#timeUs = new Float64Array(capacity);
    this.#kind = new Uint8Array(capacity);
    this.#flags = new Uint8Array(capacity);
    this.#vantage = new Uint32Array(capacity);
    this.#prefix = new Uint32Array(capacity);
    this.#attrs = new Uint32Array(capacity);
    this.#pathId = new Uint32Array(capacity);
    this.#labels = new Uint32Array(capacity);
    this.#state = new Uint16Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  get isFull(): boolean {
    return this.#length >= this.capacity;
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
    const at = this.#length;
    if (at === this.#kind.length) this.#grow();
    this.#length = at + 1;
    this.#timeUs[at] = timeUs;
    this.#kind[at] = kind;
    this.#flags[at] = flags;
    this.#vantage[at] = vantage;
    this.#prefix[at] = prefix;
    this.#attrs[at] = attrs;
    this.#pathId[at] = pathId;
    this.#labels[at] = labels;
    this.#state[at] = 0;
  }

  #grow(): void {
    const size = this.#kind.length * 2;
    const grown = <T extends Float64Array | Uint8Array | Uint16Array | Uint32Array>(
      next: T,
      column: T,
    ): T => {
      next.set(column);
      return next;
    };
    this.#timeUs = grown(new Float64Array(size), this.#timeUs);
    this.#kind = grown(new Uint8Array(size), this.#kind);
    this.#flags = grown(new Uint8Array(size), this.#flags);
    this.#vantage = grown(new Uint32Array(size), this.#vantage);
    this.#prefix = grown(new Uint32Array(size), this.#prefix);
    this.#attrs = grown(new Uint32Array(size), this.#attrs);
    this.#pathId = grown(new Uint32Array(size), this.#pathId);
    this.#labels = grown(new Uint32Array(size), this.#labels);
    this.#state = grown(new Uint16Array(size), this.#state);
  }

  /** Append a peer state change. */
  pushState(flags: number, timeUs: number, vantage: number, oldState: number, newState: number): void {
    this.push(KIND.state, flags, timeUs, vantage, NONE, NONE, 0, 0);
    this.#state[this.#length - 1] = (oldState << 8) | newState;
  }

  /** The batch so far, in buffers of its own; the builder is empty afterwards. */
  take(): ElemBatch {
    const length = this.#length;
    this.#length = 0;
    this.#generation++;
    return {
      length,
      timeUs: this.#timeUs.slice(0, length),
      kind: this.#kind.slice(0, length),
      flags: this.#flags.slice(0, length),
      vantage: this.#vantage.slice(0, length),
      prefix: this.#prefix.slice(0, length),
      attrs: this.#attrs.slice(0, length),
      pathId: this.#pathId.slice(0, length),
      labels: this.#labels.slice(0, length),
      state: this.#state.slice(0, length),
      ...this.vantages.take(),
      addresses: this.addresses.take(),
      prefixes: this.prefixes.take(),
      attrSets: this.attrSets.take(),
      paths: this.paths.take(),
      communities: this.communities.take(),
      extCommunities: this.extCommunities.take(),
      largeCommunities: this.largeCommunities.take(),
      labelStacks: this.labelStacks.take(),
    };
  }
}
