import { maskWord } from './prefix.ts';

/** Points nowhere: an absent child. Also "no value". */
export const NO_NODE = 0xffff_ffff;

/**
 * A path-compressed binary trie over the prefixes of one family, in flat arrays: node `n` has its address at
 * `words[n * width ..]`, its length in `bits[n]` and its children at `n * 2` and `n * 2 + 1` of `children`. A node without a
 * value is a fork. Keys are passed as big-endian words with host bits zero.
 */
export class RadixTrie {
  readonly #width: number;
  #words: Uint32Array<ArrayBuffer>;
  #bits = new Uint8Array(64);
  #children = new Uint32Array(128);
  #values = new Uint32Array(64);
  #hasValue = new Uint8Array(64);
  #root = NO_NODE;
  #nodes = 0;
  /** Head of the list of freed nodes, linked through `#children`. */
  #free = NO_NODE;
  #size = 0;

  /** @param width 32-bit words per address: 1 for IPv4, 4 for IPv6. */
  constructor(width: 1 | 4) {
    this.#width = width;
    this.#words = new Uint32Array(64 * width);
  }

  get size(): number {
    return this.#size;
  }

  /** Memory held, bytes. */
  get bytes(): number {
    return (
      this.#words.byteLength + this.#bits.length * 2 + this.#children.byteLength + this.#values.byteLength
    );
  }

  /** Bind `value` to a prefix. @returns whether the prefix is new. */
  insert(words: ArrayLike<number>, bits: number, value: number): boolean {
    let parent = NO_NODE;
    let side = 0;
    let node = this.#root;
    while (node !== NO_NODE) {
      const nodeBits = this.#bits[node]!;
      const common = this.#common(node, words, Math.min(bits, nodeBits));
      if (common < nodeBits) return this.#split(parent, side, node, common, words, bits, value);
      if (nodeBits === bits) return this.#setValue(node, value);
      parent = node;
      side = bitAt(words, nodeBits);
      node = this.#children[node * 2 + side]!;
    }
    this.#attach(parent, side, this.#newNode(words, bits));
    return this.#setValue(this.#child(parent, side), value);
  }

  /** Put a node between `parent` and `node`, which differ from the new prefix after `common` bits. */
  #split(
    parent: number,
    side: number,
    node: number,
    common: number,
    words: ArrayLike<number>,
    bits: number,
    value: number,
  ): boolean {
    const nodeSide = this.#bitOf(node, common);
    const upper = this.#newNode(words, common);
    this.#attach(parent, side, upper);
    this.#children[upper * 2 + nodeSide] = node;
    if (common === bits) return this.#setValue(upper, value);
    const leaf = this.#newNode(words, bits);
    this.#children[upper * 2 + 1 - nodeSide] = leaf;
    return this.#setValue(leaf, value);
  }

  /** Unbind a prefix. @returns whether it was there. */
  delete(words: ArrayLike<number>, bits: number): boolean {
    let grandparent = NO_NODE;
    let parentSide = 0;
    let parent = NO_NODE;
    let side = 0;
    let node = this.#root;
    while (node !== NO_NODE && this.#bits[node]! < bits && this.#covers(node, words)) {
      grandparent = parent;
      parentSide = side;
      parent = node;
      side = bitAt(words, this.#bits[node]!);
      node = this.#children[node * 2 + side]!;
    }
    if (!this.#isExact(node, words, bits)) return false;
    this.#hasValue[node] = 0;
    this.#size--;
    if (this.#contract(parent, side, node) && parent !== NO_NODE && this.#hasValue[parent] === 0) {
      this.#contract(grandparent, parentSide, parent);
    }
    return true;
  }

  /** Take out a node without value and with one child at most. @returns whether it left nothing in its place. */
  #contract(parent: number, side: number, node: number): boolean {
    const left = this.#children[node * 2]!;
    const right = this.#children[node * 2 + 1]!;
    if (left !== NO_NODE && right !== NO_NODE) return false;
    const child = left !== NO_NODE ? left : right;
    this.#attach(parent, side, child);
    this.#children[node * 2] = this.#free;
    this.#free = node;
    return child === NO_NODE;
  }

  /** The value of exactly this prefix, or -1. */
  exact(words: ArrayLike<number>, bits: number): number {
    let node = this.#root;
    while (node !== NO_NODE && this.#bits[node]! < bits) {
      node = this.#children[node * 2 + bitAt(words, this.#bits[node]!)]!;
    }
    return this.#isExact(node, words, bits) ? this.#values[node]! : -1;
  }

  /** The value of the longest prefix that covers this one (or is it), or -1. */
  longest(words: ArrayLike<number>, bits: number): number {
    let best = -1;
    let node = this.#root;
    while (node !== NO_NODE && this.#bits[node]! <= bits && this.#covers(node, words)) {
      if (this.#hasValue[node] === 1) best = this.#values[node]!;
      if (this.#bits[node] === bits) break;
      node = this.#children[node * 2 + bitAt(words, this.#bits[node]!)]!;
    }
    return best;
  }

  /** Calls `visit` with the value of every prefix that covers this one (or is it), shortest first. */
  covering(words: ArrayLike<number>, bits: number, visit: (value: number) => void): void {
    let node = this.#root;
    while (node !== NO_NODE && this.#bits[node]! <= bits && this.#covers(node, words)) {
      if (this.#hasValue[node] === 1) visit(this.#values[node]!);
      if (this.#bits[node] === bits) break;
      node = this.#children[node * 2 + bitAt(words, this.#bits[node]!)]!;
    }
  }

  /** Calls `visit` with the value of every prefix inside this one (or it), in address order, shorter before longer. */
  covered(words: ArrayLike<number>, bits: number, visit: (value: number) => void): void {
    let node = this.#root;
    while (node !== NO_NODE && this.#bits[node]! < bits) {
      node = this.#children[node * 2 + bitAt(words, this.#bits[node]!)]!;
    }
    if (node === NO_NODE || this.#common(node, words, bits) < bits) return;
    // A path is as long as an address has bits at most, so the stack stays small.
    const stack = [node];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (this.#hasValue[next] === 1) visit(this.#values[next]!);
      const left = this.#children[next * 2]!;
      const right = this.#children[next * 2 + 1]!;
      if (right !== NO_NODE) stack.push(right);
      if (left !== NO_NODE) stack.push(left);
    }
  }

  clear(): void {
    this.#root = this.#free = NO_NODE;
    this.#nodes = this.#size = 0;
  }

  #isExact(node: number, words: ArrayLike<number>, bits: number): boolean {
    if (node === NO_NODE || this.#bits[node] !== bits || this.#hasValue[node] === 0) return false;
    return this.#covers(node, words);
  }

  /** Whether the node's bits are the key's leading bits. */
  #covers(node: number, words: ArrayLike<number>): boolean {
    return this.#common(node, words, this.#bits[node]!) === this.#bits[node];
  }

  /** How many leading bits node and key share, `limit` at most. */
  #common(node: number, words: ArrayLike<number>, limit: number): number {
    const at = node * this.#width;
    for (let w = 0; w * 32 < limit; w++) {
      const difference = (this.#words[at + w]! ^ words[w]!) >>> 0;
      if (difference !== 0) return Math.min(limit, w * 32 + Math.clz32(difference));
    }
    return limit;
  }

  #bitOf(node: number, bit: number): number {
    return (this.#words[node * this.#width + (bit >>> 5)]! >>> (31 - (bit & 31))) & 1;
  }

  #setValue(node: number, value: number): boolean {
    const isNew = this.#hasValue[node] === 0;
    this.#values[node] = value;
    this.#hasValue[node] = 1;
    if (isNew) this.#size++;
    return isNew;
  }

  #child(parent: number, side: number): number {
    return parent === NO_NODE ? this.#root : this.#children[parent * 2 + side]!;
  }

  #attach(parent: number, side: number, node: number): void {
    if (parent === NO_NODE) this.#root = node;
    else this.#children[parent * 2 + side] = node;
  }

  /** A node without value and children for the leading `bits` of the key. */
  #newNode(words: ArrayLike<number>, bits: number): number {
    let node = this.#free;
    if (node === NO_NODE) {
      node = this.#nodes++;
      if (node === this.#bits.length) this.#grow();
    } else {
      this.#free = this.#children[node * 2]!;
    }
    const at = node * this.#width;
    for (let w = 0; w < this.#width; w++) this.#words[at + w] = words[w]! & maskWord(bits - w * 32);
    this.#bits[node] = bits;
    this.#children[node * 2] = this.#children[node * 2 + 1] = NO_NODE;
    this.#hasValue[node] = 0;
    return node;
  }

  #grow(): void {
    const capacity = this.#bits.length * 2;
    const words = new Uint32Array(capacity * this.#width);
    const bits = new Uint8Array(capacity);
    const children = new Uint32Array(capacity * 2);
    const values = new Uint32Array(capacity);
    const hasValue = new Uint8Array(capacity);
    words.set(this.#words);
    bits.set(this.#bits);
    children.set(this.#children);
    values.set(this.#values);
    hasValue.set(this.#hasValue);
    this.#words = words;
    this.#bits = bits;
    this.#children = children;
    this.#values = values;
    this.#hasValue = hasValue;
  }
}

function bitAt(words: ArrayLike<number>, bit: number): number {
  return (words[bit >>> 5]! >>> (31 - (bit & 31))) & 1;
}
