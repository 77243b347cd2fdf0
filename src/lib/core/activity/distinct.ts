import { SlotIndex } from '../rib/slot-index.ts';

const REGISTER_BITS = 14;
const REGISTERS = 1 << REGISTER_BITS;

/**
 * Counts distinct keys, each given as two independent 32-bit hashes. Exact (up to a collision of all 64 bits) while no more
 * than `limit` keys were seen; from there on an estimate by HyperLogLog (Flajolet et al., 2007) with 2^14 registers,
 * standard error 0.81 %.
 */
export class DistinctCounter {
  readonly #limit: number;
  #index: SlotIndex | null = new SlotIndex(1024);
  #second = new Uint32Array(1024);
  #count = 0;
  #registers: Uint8Array | null = null;
  /** The first hashes, kept for the registers; only while exact. */
  #first = new Uint32Array(1024);

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isEstimate(): boolean {
    return this.#registers !== null;
  }

  add(first: number, second: number): void {
    if (this.#registers) {
      this.#register(first, second);
      return;
    }
    const index = this.#index!;
    for (let key = index.first(first); key !== -1; key = index.next())
      if (this.#second[key] === second) return;
    if (this.#count === this.#limit) {
      this.#estimate(first, second);
      return;
    }
    if (this.#count === this.#second.length) {
      this.#grow();
      for (let key = index.first(first); key !== -1; key = index.next());
    }
    index.add(this.#count);
    this.#first[this.#count] = first;
    this.#second[this.#count++] = second;
  }

  #grow(): void {
    const size = Math.min(this.#limit, this.#second.length * 2);
    const next = new Uint32Array(size);
    next.set(this.#second);
    const nextFirst = new Uint32Array(size);
    nextFirst.set(this.#first);
    this.#second = next;
    this.#first = nextFirst;
    this.#index!.grow(size);
  }

  /** The limit is reached: go over to registers and let the exact set go. */
  #estimate(first: number, second: number): void {
    this.#registers = new Uint8Array(REGISTERS);
    for (let key = 0; key < this.#count; key++) this.#register(this.#first[key]!, this.#second[key]!);
    this.#register(first, second);
    this.#index = null;
    this.#first = new Uint32Array(0);
    this.#second = new Uint32Array(0);
  }

  #register(first: number, second: number): void {
    const at = first >>> (32 - REGISTER_BITS);
    const rank = Math.clz32(second) + 1;
    if (rank > this.#registers![at]!) this.#registers![at] = rank;
  }

  count(): number {
    if (!this.#registers) return this.#count;
    let sum = 0;
    let zeros = 0;
    for (const rank of this.#registers) {
      sum += 2 ** -rank;
      if (rank === 0) zeros++;
    }
    const raw = ((0.7213 / (1 + 1.079 / REGISTERS)) * REGISTERS * REGISTERS) / sum;
    if (raw <= 2.5 * REGISTERS && zeros > 0) return Math.round(REGISTERS * Math.log(REGISTERS / zeros));
    return Math.round(raw);
  }
}
