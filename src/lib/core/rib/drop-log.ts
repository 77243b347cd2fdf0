import { grownU32 } from '../elem/columns.ts';
import type { PrefixPool } from './prefixes.ts';

/** Words of an entry of `StepResult.drops`: elem index, table << 8 | bits, four address words, vantage id, origin (0: none). */
export const DROP_WORDS = 8;

/** Routes let go in one step, flat: what `StepResult.drops` is made of. */
export class DropLog {
  elem = 0;
  #words = new Uint32Array(DROP_WORDS * 64);
  #length = 0;

  add(prefixes: PrefixPool, prefix: number, vantage: number, origin: number): void {
    this.#words = grownU32(this.#words, this.#length + DROP_WORDS);
    this.#words[this.#length] = this.elem;
    prefixes.key(prefix, this.#words, this.#length + 1);
    this.#words[this.#length + 6] = vantage;
    this.#words[this.#length + 7] = Math.max(0, origin);
    this.#length += DROP_WORDS;
  }

  take(): Uint32Array {
    const words = this.#words.slice(0, this.#length);
    this.#length = 0;
    return words;
  }
}
