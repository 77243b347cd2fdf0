import { Dictionary, makeData, makeVector, Uint32, Utf8 } from 'apache-arrow';
import type { Vector } from 'apache-arrow';
import { utf8Vector } from './utf8.ts';

/** A column of texts that repeat: each is stored once, a row holds its number. */
export class TextColumn {
  readonly #ids = new Map<string, number>();
  readonly #rows: Uint32Array;
  readonly #valid: Uint8Array;
  #length = 0;
  #nulls = 0;

  constructor(capacity: number) {
    this.#rows = new Uint32Array(capacity);
    this.#valid = new Uint8Array((capacity + 7) >> 3);
  }

  /** The number of a text. */
  id(text: string): number {
    let id = this.#ids.get(text);
    if (id === undefined) this.#ids.set(text, (id = this.#ids.size));
    return id;
  }

  /** Append the text numbered `id`, or with -1 none. */
  push(id: number): void {
    const at = this.#length++;
    if (id < 0) {
      this.#nulls++;
      return;
    }
    this.#rows[at] = id;
    this.#valid[at >> 3]! |= 1 << (at & 7);
  }

  take(): Vector<Dictionary<Utf8, Uint32>> {
    const texts = this.#ids.size === 0 ? [''] : [...this.#ids.keys()];
    return makeVector(
      makeData({
        type: new Dictionary(new Utf8(), new Uint32()),
        length: this.#length,
        nullCount: this.#nulls,
        nullBitmap: this.#valid,
        data: this.#rows.subarray(0, this.#length),
        dictionary: utf8Vector(texts),
      }),
    );
  }
}
