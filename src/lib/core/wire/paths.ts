import type { WordLists } from '../elem/batch.ts';
import { SEGMENT } from '../elem/batch.ts';
import { hashEnd, hashWord } from '../elem/columns.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { decodePlanes, encodePlanes } from './columns.ts';
import { MAX_LIST_WORDS } from './lists.ts';

/**
 * AS paths (docs/wire.md §6.3). A route heard from many vantages comes with paths that differ near the vantage and agree
 * near the origin. So a plain path (one AS_SEQUENCE) is written as its first hops and a tail shared with an earlier path;
 * hops are numbers of the batch's ASNs: the vantages' first, then in the order of first use. Other paths (AS_SETs, confederations) are rare and
 * written word by word.
 */

/** Finds the most recent path that ends in given hops. A table without probing: a lost entry costs bytes, not truth. */
class TailIndex {
  readonly #lists: WordLists;
  /** Path number by the hash of its tail; 0 is free. */
  readonly #paths: Uint32Array;
  readonly #mask: number;

  constructor(lists: WordLists) {
    let size = 64;
    while (size < lists.words.length * 2) size *= 2;
    this.#lists = lists;
    this.#paths = new Uint32Array(size);
    this.#mask = size - 1;
  }

  /** Hops path `index` shares with the end of an earlier path, which is left in `found`; then index it, too. */
  find(index: number): number {
    const { offsets, words } = this.#lists;
    const first = offsets[index]! + 1;
    let hash = 0;
    let shared = 0;
    let isSharing = true;
    this.found = 0;
    for (let at = offsets[index + 1]! - 1; at >= first; at--) {
      hash = hashWord(hash, words[at]!);
      const slot = hashEnd(hash) & this.#mask;
      const hops = offsets[index + 1]! - at;
      const path = this.#paths[slot]!;
      isSharing &&= path !== 0 && path !== index && this.#endsAlike(path, index, hops);
      if (isSharing) {
        shared = hops;
        this.found = path;
      }
      this.#paths[slot] = index;
    }
    return shared;
  }

  found = 0;

  #endsAlike(path: number, index: number, hops: number): boolean {
    const { offsets, words } = this.#lists;
    const end = offsets[path + 1]!;
    const mine = offsets[index + 1]!;
    if (end - offsets[path]! <= hops) return false;
    for (let i = 1; i <= hops; i++) if (words[end - i] !== words[mine - i]) return false;
    return true;
  }
}

/** Whether a path is one AS_SEQUENCE and nothing else. */
function isPlain(words: Uint32Array, from: number, to: number): boolean {
  return words[from] === ((SEGMENT.sequence << 8) | (to - from - 1));
}

export function encodePaths(writer: ByteWriter, lists: WordLists, vantageAsns: Uint32Array): void {
  const { length, offsets, words } = lists;
  const tails = new TailIndex(lists);
  const back: number[] = [];
  const sharedHops: number[] = [];
  const odd: number[] = [];
  const hops: number[] = [];
  const asns = new Map<number, number>();
  for (const asn of vantageAsns) numberOf(asns, asn);
  const given = asns.size;
  writer.varint(length - 1);
  for (let i = 1; i < length; i++) {
    const from = offsets[i]!;
    const to = offsets[i + 1]!;
    if (!isPlain(words, from, to)) {
      writer.varint(0);
      odd.push(i);
      continue;
    }
    const shared = tails.find(i);
    writer.varint(to - from - shared); // new hops + 1: the header word stands for the one
    back.push(shared === 0 ? 0 : i - tails.found);
    if (shared > 0) sharedHops.push(shared);
    for (let at = from + 1; at < to - shared; at++) hops.push(numberOf(asns, words[at]!));
  }
  for (const distance of back) writer.varint(distance);
  for (const shared of sharedHops) writer.varint(shared);
  for (const hop of hops) writer.varint(hop);
  writer.varint(asns.size - given);
  encodePlanes(writer, Uint32Array.from(asns.keys()).subarray(given));
  for (const i of odd) {
    writer.varint(offsets[i + 1]! - offsets[i]!);
    for (let at = offsets[i]!; at < offsets[i + 1]!; at++) writer.varint(words[at]!);
  }
}

/** 0 for an ASN not met before, which is noted; else its index + 1. */
function numberOf(asns: Map<number, number>, asn: number): number {
  const known = asns.get(asn);
  if (known !== undefined) return known + 1;
  asns.set(asn, asns.size);
  return 0;
}

export function decodePaths(reader: ByteReader, max: number, vantageAsns: Uint32Array): WordLists {
  const length = reader.count(max, 'paths') + 1;
  const fresh = new Uint32Array(length);
  const back = new Uint32Array(length);
  const shared = new Uint32Array(length);
  for (let i = 1; i < length; i++) fresh[i] = reader.varint();
  for (let i = 1; i < length; i++) if (fresh[i] !== 0) back[i] = reader.varint();
  for (let i = 1; i < length; i++) if (back[i] !== 0) shared[i] = reader.varint();
  const hops = decodeHops(reader, fresh, [...new Set(vantageAsns)]);
  return assemble(reader, { fresh, back, shared, hops });
}

/** The new hops of all plain paths, one after the other, as ASNs. */
function decodeHops(reader: ByteReader, fresh: Uint32Array, given: readonly number[]): Uint32Array {
  let total = 0;
  for (const count of fresh) total += count === 0 ? 0 : count - 1;
  if (total > reader.left) throw reader.error(`${total} hops`);
  const hops = new Uint32Array(total);
  let next = given.length;
  for (let i = 0; i < total; i++) {
    const code = reader.varint();
    if (code > next) throw reader.error(`ASN ${code} of ${next}`);
    hops[i] = code === 0 ? next++ : code - 1;
  }
  if (reader.varint() !== next - given.length) throw reader.error('number of ASNs');
  const asns = new Uint32Array(next);
  asns.set(given);
  asns.set(decodePlanes(reader, next - given.length), given.length);
  for (let i = 0; i < total; i++) hops[i] = asns[hops[i]!]!;
  return hops;
}

interface PathParts {
  /** Per path: 0 = written word by word, else new hops + 1. */
  readonly fresh: Uint32Array;
  /** Per path: how many paths back the tail is, 0 = none. */
  readonly back: Uint32Array;
  readonly shared: Uint32Array;
  readonly hops: Uint32Array;
}

function assemble(reader: ByteReader, { fresh, back, shared, hops }: PathParts): WordLists {
  const length = fresh.length;
  const offsets = new Uint32Array(length + 1);
  const odd = new Map<number, Uint32Array>();
  for (let i = 1; i < length; i++) {
    let count = fresh[i]! + shared[i]!;
    if (fresh[i] === 0) {
      const words = oddPath(reader);
      odd.set(i, words);
      count = words.length;
    } else if (count > 256 || back[i]! >= i || (back[i] !== 0) !== (shared[i] !== 0)) {
      throw reader.error(`path of ${count} words, tail ${back[i]!} back`);
    }
    offsets[i + 1] = offsets[i]! + count;
    if (offsets[i + 1]! > MAX_LIST_WORDS) throw reader.error('too many words of paths');
  }
  const words = new Uint32Array(offsets[length]!);
  for (let i = 1, hop = 0; i < length; i++) {
    let at = offsets[i]!;
    if (fresh[i] === 0) {
      words.set(odd.get(i)!, at);
      continue;
    }
    words[at++] = (SEGMENT.sequence << 8) | (fresh[i]! - 1 + shared[i]!);
    for (let left = fresh[i]! - 1; left > 0; left--) words[at++] = hops[hop++]!;
    if (back[i] === 0) continue;
    const end = offsets[i - back[i]! + 1]!;
    if (end - offsets[i - back[i]!]! <= shared[i]!) throw reader.error('tail longer than its path');
    words.copyWithin(at, end - shared[i]!, end);
  }
  return { length, offsets, words };
}

/** A path written word by word: whole segments of known types. */
function oddPath(reader: ByteReader): Uint32Array {
  const count = reader.count(MAX_LIST_WORDS, 'words of path');
  const words = new Uint32Array(count);
  for (let i = 0; i < count; i++) words[i] = reader.varint();
  for (let at = 0; at < count;) {
    const type = words[at]! >>> 8;
    if (type < SEGMENT.set || type > SEGMENT.confedSet) throw reader.error(`path segment type ${type}`);
    at += 1 + (words[at]! & 0xff);
    if (at > count) throw reader.error('path segment cut short');
  }
  return words;
}
