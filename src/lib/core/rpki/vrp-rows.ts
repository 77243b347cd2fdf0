/** VRPs of one address family while they are being collected, in growable columns. */

const FIRST_CAPACITY = 64;

type Column = Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** VRPs in the order they came, duplicates and all. IPv4 rows leave `w1..w3` empty. */
export class VrpRows {
  readonly isV6: boolean;
  length = 0;
  w0: Uint32Array<ArrayBuffer>;
  w1: Uint32Array<ArrayBuffer>;
  w2: Uint32Array<ArrayBuffer>;
  w3: Uint32Array<ArrayBuffer>;
  /** Prefix length. */
  bits: Uint8Array<ArrayBuffer>;
  maxLength: Uint8Array<ArrayBuffer>;
  asn: Uint32Array<ArrayBuffer>;
  /** Index into the owner's list of trust anchor names. */
  trustAnchor: Uint8Array<ArrayBuffer>;

  constructor(isV6: boolean, capacity = FIRST_CAPACITY) {
    this.isV6 = isV6;
    this.w0 = new Uint32Array(capacity);
    this.w1 = new Uint32Array(isV6 ? capacity : 0);
    this.w2 = new Uint32Array(isV6 ? capacity : 0);
    this.w3 = new Uint32Array(isV6 ? capacity : 0);
    this.bits = new Uint8Array(capacity);
    this.maxLength = new Uint8Array(capacity);
    this.asn = new Uint32Array(capacity);
    this.trustAnchor = new Uint8Array(capacity);
  }

  /** Append a VRP whose host bits are zero and whose lengths have been checked. */
  push(
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    bits: number,
    maxLength: number,
    asn: number,
    trustAnchor: number,
  ): void {
    const at = this.length;
    if (at === this.w0.length) this.#grow();
    this.length = at + 1;
    this.w0[at] = w0;
    if (this.isV6) {
      this.w1[at] = w1;
      this.w2[at] = w2;
      this.w3[at] = w3;
    }
    this.bits[at] = bits;
    this.maxLength[at] = maxLength;
    this.asn[at] = asn;
    this.trustAnchor[at] = trustAnchor;
  }

  #grow(): void {
    const size = this.w0.length * 2;
    const grown = <T extends Column>(next: T, column: T): T => {
      next.set(column);
      return next;
    };
    this.w0 = grown(new Uint32Array(size), this.w0);
    if (this.isV6) {
      this.w1 = grown(new Uint32Array(size), this.w1);
      this.w2 = grown(new Uint32Array(size), this.w2);
      this.w3 = grown(new Uint32Array(size), this.w3);
    }
    this.bits = grown(new Uint8Array(size), this.bits);
    this.maxLength = grown(new Uint8Array(size), this.maxLength);
    this.asn = grown(new Uint32Array(size), this.asn);
    this.trustAnchor = grown(new Uint8Array(size), this.trustAnchor);
  }

  /** Row `a` against row `b` by (address, length, maxLength, ASN); negative when `a` comes first. */
  compare(a: number, b: number): number {
    if (this.w0[a] !== this.w0[b]) return this.w0[a]! - this.w0[b]!;
    if (this.isV6) {
      if (this.w1[a] !== this.w1[b]) return this.w1[a]! - this.w1[b]!;
      if (this.w2[a] !== this.w2[b]) return this.w2[a]! - this.w2[b]!;
      if (this.w3[a] !== this.w3[b]) return this.w3[a]! - this.w3[b]!;
    }
    if (this.bits[a] !== this.bits[b]) return this.bits[a]! - this.bits[b]!;
    if (this.maxLength[a] !== this.maxLength[b]) return this.maxLength[a]! - this.maxLength[b]!;
    return this.asn[a]! - this.asn[b]!;
  }

  /** The same VRPs sorted by `compare` and each once (the first to come keeps its trust anchor). */
  sorted(): VrpRows {
    const order = this.#order();
    const out = new VrpRows(this.isV6, Math.max(1, this.length));
    for (let i = 0; i < order.length; i++) {
      const row = order[i]!;
      if (i > 0 && this.compare(order[i - 1]!, row) === 0) continue;
      const at = out.length++;
      out.w0[at] = this.w0[row]!;
      if (this.isV6) {
        out.w1[at] = this.w1[row]!;
        out.w2[at] = this.w2[row]!;
        out.w3[at] = this.w3[row]!;
      }
      out.bits[at] = this.bits[row]!;
      out.maxLength[at] = this.maxLength[row]!;
      out.asn[at] = this.asn[row]!;
      out.trustAnchor[at] = this.trustAnchor[row]!;
    }
    return out;
  }

  /** Row numbers in sorted order: a least-significant-digit radix sort, since validators need not sort what they print. */
  #order(): Uint32Array {
    let order = new Uint32Array(this.length);
    for (let i = 0; i < order.length; i++) order[i] = i;
    if (this.#isSorted()) return order;
    let spare = new Uint32Array(this.length);
    const lengths = new Uint32Array(this.length);
    for (let i = 0; i < this.length; i++) lengths[i] = (this.bits[i]! << 8) | this.maxLength[i]!;
    const keys = [this.asn, lengths, ...(this.isV6 ? [this.w3, this.w2, this.w1] : []), this.w0];
    for (const key of keys) {
      for (const shift of [0, 16]) {
        if (!orderByDigit(key, shift, order, spare)) continue;
        [order, spare] = [spare, order];
      }
    }
    return order;
  }

  #isSorted(): boolean {
    for (let i = 1; i < this.length; i++) if (this.compare(i - 1, i) > 0) return false;
    return true;
  }
}

/** One stable counting pass by 16 bits of `key`. @returns false, with `to` untouched, when all have the same digit. */
function orderByDigit(key: Uint32Array, shift: number, from: Uint32Array, to: Uint32Array): boolean {
  const starts = new Uint32Array(0x1_0001);
  for (let i = 0; i < from.length; i++) starts[((key[from[i]!]! >>> shift) & 0xffff) + 1]!++;
  if (from.length > 0 && starts[((key[from[0]!]! >>> shift) & 0xffff) + 1] === from.length) return false;
  for (let digit = 0; digit < 0x1_0000; digit++) starts[digit + 1]! += starts[digit]!;
  for (let i = 0; i < from.length; i++) {
    const row = from[i]!;
    to[starts[(key[row]! >>> shift) & 0xffff]!++] = row;
  }
  return true;
}
