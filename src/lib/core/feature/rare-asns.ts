import { grownU32, hashEnd, HashIndex, hashWord } from '../elem/columns.ts';

/** Paths between two looks at what is rare, and before the first. */
const PATHS_PER_LOOK = 1000;
/** Counts from here on are told apart no more: far above what a fifth of all ASNs stays below. */
const TOP_COUNT = 65_536;
const DEFAULT_MAX_ASNS = 262_144;

/**
 * How often each ASN was on a path, and which are rare: seen on fewer paths than the count that a fifth of all ASNs does not
 * exceed, as of the last full thousand of paths. Bounded: once `maxAsns` are known, further ones count as never seen.
 */
export class RareAsns {
  readonly #maxAsns: number;
  readonly #index = new HashIndex(1024);
  #asns = new Uint32Array(1024);
  #counts = new Uint32Array(1024);
  /** By count, how many ASNs have it. */
  readonly #histogram = new Uint32Array(TOP_COUNT + 1);
  #length = 0;
  #paths = 0;
  #threshold = 0;
  #refused = 0;

  constructor(maxAsns = DEFAULT_MAX_ASNS) {
    this.#maxAsns = maxAsns;
  }

  /** ASNs known. */
  get length(): number {
    return this.#length;
  }

  /** Times an ASN was not counted for want of room. */
  get refused(): number {
    return this.#refused;
  }

  /** Take in the `count` distinct ASNs of a path. @returns how many of them are rare, or -1 while nothing is known yet. */
  note(asns: Uint32Array, count: number): number {
    let rare = 0;
    for (let i = 0; i < count; i++) if (this.#count(asns[i]!) < this.#threshold) rare++;
    if (++this.#paths % PATHS_PER_LOOK === 0) this.#threshold = this.#fifth();
    return this.#paths > PATHS_PER_LOOK ? rare : -1;
  }

  /** How often `asn` was seen, this time included. */
  #count(asn: number): number {
    const entry = this.#entry(asn);
    if (entry === -1) return 0;
    const count = this.#counts[entry]!;
    if (count === TOP_COUNT) return count;
    this.#counts[entry] = count + 1;
    this.#histogram[count]!--;
    this.#histogram[count + 1]!++;
    return count + 1;
  }

  #entry(asn: number): number {
    const hash = hashEnd(hashWord(0, asn)) | 0;
    const { slots, mask } = this.#index;
    let at = (hash << 1) & mask;
    for (let known; (known = slots[at]!) !== 0; at = (at + 2) & mask)
      if (slots[at + 1] === hash && this.#asns[known - 1] === asn) return known - 1;
    if (this.#length >= this.#maxAsns) {
      this.#refused++;
      return -1;
    }
    const entry = this.#length++;
    this.#asns = grownU32(this.#asns, this.#length);
    this.#counts = grownU32(this.#counts, this.#length);
    this.#asns[entry] = asn;
    this.#counts[entry] = 0;
    this.#histogram[0]!++;
    this.#index.add(at, entry, hash);
    return entry;
  }

  /** The count that a fifth of the ASNs does not exceed: the 20th percentile, the lower of two where it falls between. */
  #fifth(): number {
    const rank = Math.floor((this.#length - 1) * 0.2);
    let below = 0;
    let count = 0;
    while (count < TOP_COUNT && (below += this.#histogram[count]!) <= rank) count++;
    return count;
  }

  clear(): void {
    this.#index.clear();
    this.#histogram.fill(0);
    this.#length = this.#paths = this.#threshold = 0;
  }
}
