/** Columns start at multiples of 8 bytes, as `Float64Array` wants it. */
export function slabBytes(bytes: number): number {
  return (bytes + 7) & ~7;
}

/** Below this many words a loop copies faster than the call that would. */
const SHORT = 32;

/**
 * The one buffer a batch's columns live in. A batch has some thirty columns, most of them short: a buffer each would cost
 * more to allocate, to track and to collect than decoding what is in them.
 */
export class Slab {
  readonly #buffer: ArrayBuffer;
  #at = 0;

  /** @param bytes at least the sum of `slabBytes` over all columns to come. */
  constructor(bytes: number) {
    this.#buffer = new ArrayBuffer(bytes);
  }

  #place(bytes: number): number {
    const at = this.#at;
    this.#at = at + slabBytes(bytes);
    return at;
  }

  /** A column of `length` zeros. */
  u8(length: number): Uint8Array {
    return new Uint8Array(this.#buffer, this.#place(length), length);
  }

  u16(length: number): Uint16Array {
    return new Uint16Array(this.#buffer, this.#place(length * 2), length);
  }

  u32(length: number): Uint32Array {
    return new Uint32Array(this.#buffer, this.#place(length * 4), length);
  }

  /** A copy of the first `length` values of `from`. */
  f64From(from: Float64Array, length: number): Float64Array {
    const column = new Float64Array(this.#buffer, this.#place(length * 8), length);
    column.set(from.subarray(0, length));
    return column;
  }

  u8From(from: Uint8Array, length: number): Uint8Array {
    const column = this.u8(length);
    if (length > SHORT) column.set(from.subarray(0, length));
    else for (let i = 0; i < length; i++) column[i] = from[i]!;
    return column;
  }

  u16From(from: Uint16Array, length: number): Uint16Array {
    const column = this.u16(length);
    column.set(from.subarray(0, length));
    return column;
  }

  u32From(from: Uint32Array, length: number): Uint32Array {
    const column = this.u32(length);
    if (length > SHORT) column.set(from.subarray(0, length));
    else for (let i = 0; i < length; i++) column[i] = from[i]!;
    return column;
  }
}
