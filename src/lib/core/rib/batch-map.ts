import type { ElemBatch } from '../elem/batch.ts';
import { attrHash } from './attrs.ts';
import type { PathPool } from './paths.ts';
import type { PrefixPool } from './prefixes.ts';

const UNSEEN = 0xffff_ffff;
/** Looked for and not held: a withdrawal of something never announced. */
const ABSENT = 0xffff_fffe;

/**
 * Where the tables of the batch being stepped went in the state's pools. Each entry is looked up once per batch and is
 * held by one reference until `release`, so that an id cannot be used again while the batch still means it.
 */
export class BatchMap {
  readonly #prefixPool: PrefixPool;
  readonly #pathPool: PathPool;
  #prefixes = new Uint32Array(0);
  #attrPaths = new Uint32Array(0);
  #attrHashes = new Uint32Array(0);
  #batch: ElemBatch | null = null;

  constructor(prefixPool: PrefixPool, pathPool: PathPool) {
    this.#prefixPool = prefixPool;
    this.#pathPool = pathPool;
  }

  start(batch: ElemBatch): void {
    this.#batch = batch;
    if (this.#prefixes.length < batch.prefixes.length)
      this.#prefixes = new Uint32Array(batch.prefixes.length * 2);
    if (this.#attrPaths.length < batch.attrSets.length) {
      this.#attrPaths = new Uint32Array(batch.attrSets.length * 2);
      this.#attrHashes = new Uint32Array(batch.attrSets.length * 2);
    }
    this.#prefixes.fill(UNSEEN, 0, batch.prefixes.length);
    this.#attrPaths.fill(UNSEEN, 0, batch.attrSets.length);
  }

  /** The id of prefix `i`, added to the pool if new. */
  prefix(i: number): number {
    const known = this.#prefixes[i]!;
    if (known < ABSENT) return known;
    return (this.#prefixes[i] = this.#prefixPool.acquire(this.#batch!.prefixes, i));
  }

  /** The id of prefix `i`, or -1 when the state holds nothing of it. */
  heldPrefix(i: number): number {
    const known = this.#prefixes[i]!;
    if (known < ABSENT) return known;
    if (known === ABSENT) return -1;
    const id = this.#prefixPool.find(this.#batch!.prefixes, i);
    if (id !== -1) this.#prefixPool.addRef(id);
    this.#prefixes[i] = id === -1 ? ABSENT : id;
    return id;
  }

  /** The path id of attribute set `i`, added to the pool if new. */
  path(i: number): number {
    const known = this.#attrPaths[i]!;
    if (known !== UNSEEN) return known;
    const batch = this.#batch!;
    this.#attrHashes[i] = attrHash(batch, i);
    return (this.#attrPaths[i] = this.#pathPool.acquire(batch.paths, batch.attrSets.path[i]!));
  }

  /** `attrHash` of attribute set `i`; ask for its path first. */
  hash(i: number): number {
    return this.#attrHashes[i]!;
  }

  /** Let go of the batch and of every reference it held. */
  release(): void {
    const batch = this.#batch!;
    for (let i = 0; i < batch.prefixes.length; i++) {
      const id = this.#prefixes[i]!;
      if (id < ABSENT) this.#prefixPool.release(id);
    }
    for (let i = 0; i < batch.attrSets.length; i++) {
      const id = this.#attrPaths[i]!;
      if (id !== UNSEEN) this.#pathPool.release(id);
    }
    this.#batch = null;
  }
}
