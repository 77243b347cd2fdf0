/** Bits of a page: pages that are full are not kept. */
const PAGE_BITS = 1 << 20;

/** A set of seqs, a bit each in pages; a page that is full costs nothing. What `archive verify` counts with. */
export class SeqSet {
  readonly #pages = new Map<number, { bits: Uint8Array; count: number } | 'full'>();
  #size = 0;
  #repeated = 0;

  /** Seqs in it. */
  get size(): number {
    return this.#size;
  }

  /** Times a seq was added that was there. */
  get repeated(): number {
    return this.#repeated;
  }

  add(seq: number): void {
    const key = Math.floor(seq / PAGE_BITS);
    let page = this.#pages.get(key);
    if (page === undefined) this.#pages.set(key, (page = { bits: new Uint8Array(PAGE_BITS / 8), count: 0 }));
    const bit = seq % PAGE_BITS;
    if (page === 'full' || page.bits[bit >> 3]! & (1 << (bit & 7))) {
      this.#repeated++;
      return;
    }
    page.bits[bit >> 3]! |= 1 << (bit & 7);
    this.#size++;
    if (++page.count === PAGE_BITS) this.#pages.set(key, 'full');
  }

  addRange(first: number, last: number): void {
    for (let seq = first; seq <= last; seq++) this.add(seq);
  }

  /** The seqs from 1 to `max` that are not in it: how many, and their sum. */
  missing(max: number): { count: number; sum: bigint; first: number | null } {
    let count = 0;
    let sum = 0n;
    let first: number | null = null;
    const miss = (from: number, to: number): void => {
      if (to < from) return;
      first ??= from;
      count += to - from + 1;
      sum += ((BigInt(from) + BigInt(to)) * BigInt(to - from + 1)) / 2n;
    };
    for (let key = 0; key * PAGE_BITS <= max; key++) {
      const page = this.#pages.get(key);
      const from = Math.max(1, key * PAGE_BITS);
      const to = Math.min(max, (key + 1) * PAGE_BITS - 1);
      if (page === 'full') continue;
      if (page === undefined) miss(from, to);
      else
        for (let seq = from; seq <= to; seq++)
          if (!(page.bits[(seq % PAGE_BITS) >> 3]! & (1 << (seq & 7)))) miss(seq, seq);
    }
    return { count, sum, first };
  }
}
