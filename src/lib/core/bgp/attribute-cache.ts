import { grownU32, HashIndex } from '../elem/columns.ts';

/** Bytes of keys kept at most; blocks beyond it are parsed each time and counted in `dropped`. */
const MAX_KEY_BYTES = 1 << 20;

/** Marks a result that has not been worked out yet. */
const UNKNOWN = 0xffff_fffe;

/**
 * Remembers what raw attribute blocks came out as, so that a repeated block is not parsed again. Keys are compared byte
 * by byte: a hash collision costs time, never a wrong answer. Lives as long as one batch, because results are indexes into it.
 */
export class AttributeCache {
  /** Blocks that found the cache full, since the start. */
  dropped = 0;
  #keys = new Uint8Array(1 << 16);
  #keyBytes = 0;
  #length = 0;
  /** Per entry: key offset, key length, mode, result. */
  #entries = new Uint32Array(256 * 4);
  readonly #index = new HashIndex(4096);

  clear(): void {
    if (this.#length === 0) return;
    this.#index.clear();
    this.#length = 0;
    this.#keyBytes = 0;
  }

  /** The entry for `bytes[at .. end)` under `mode`; a new one has no result yet. -1 when the cache is full. */
  entry(bytes: Uint8Array, at: number, end: number, mode: number): number {
    const length = end - at;
    const hash = hashBytes(bytes, at, end, mode);
    const entries = this.#entries;
    const { slots, mask } = this.#index;
    let slot = (hash << 1) & mask;
    for (let known; (known = slots[slot]!) !== 0; slot = (slot + 2) & mask) {
      if (slots[slot + 1] !== hash) continue;
      const row = (known - 1) << 2;
      if (
        entries[row + 1] === length &&
        entries[row + 2] === mode &&
        this.#matches(entries[row]!, bytes, at, end)
      ) {
        return known - 1;
      }
    }
    const entry = this.#add(bytes, at, end, mode);
    if (entry !== -1) this.#index.add(slot, entry, hash);
    return entry;
  }

  #matches(key: number, bytes: Uint8Array, at: number, end: number): boolean {
    const keys = this.#keys;
    while (at < end) if (keys[key++] !== bytes[at++]) return false;
    return true;
  }

  #add(bytes: Uint8Array, at: number, end: number, mode: number): number {
    const start = this.#keyBytes;
    const needed = start + end - at;
    if (needed > MAX_KEY_BYTES) {
      this.dropped++;
      return -1;
    }
    if (needed > this.#keys.length) {
      const grown = new Uint8Array(Math.min(MAX_KEY_BYTES, Math.max(needed, this.#keys.length * 2)));
      grown.set(this.#keys);
      this.#keys = grown;
    }
    const keys = this.#keys;
    for (let to = start; at < end;) keys[to++] = bytes[at++]!;
    const entry = this.#length++;
    this.#entries = grownU32(this.#entries, (entry + 1) << 2);
    const row = entry << 2;
    this.#entries[row] = start;
    this.#entries[row + 1] = needed - start;
    this.#entries[row + 2] = mode;
    this.#entries[row + 3] = UNKNOWN;
    this.#keyBytes = needed;
    return entry;
  }

  /** Whether the entry has its result. */
  isKnown(entry: number): boolean {
    return this.#entries[(entry << 2) + 3] !== UNKNOWN;
  }

  /** Index of the attribute set, or `NONE`. */
  attrs(entry: number): number {
    return this.#entries[(entry << 2) + 3]!;
  }

  setAttrs(entry: number, attrs: number): void {
    this.#entries[(entry << 2) + 3] = attrs;
  }
}

/** Four bytes a step; the tail is folded in as one word. */
function hashBytes(bytes: Uint8Array, at: number, end: number, seed: number): number {
  let hash = (seed ^ (end - at)) | 0;
  for (const last = end - 4; at <= last; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hash = Math.imul(hash ^ word, 0x9e37_79b1);
    hash ^= hash >>> 15;
  }
  let tail = 0;
  while (at < end) tail = (tail << 8) | bytes[at++]!;
  hash = Math.imul(hash ^ tail, 0x85eb_ca6b);
  return hash ^ (hash >>> 13);
}
