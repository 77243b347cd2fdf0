import type { AttrTable, ElemBatch, WordLists } from '../elem/batch.ts';
import { ATTR_FLAG } from '../elem/batch.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import {
  decodeColumn,
  decodePlanes,
  encodeColumn,
  encodePlanes,
  FreshDecoder,
  FreshEncoder,
} from './columns.ts';

/**
 * Attribute sets of a batch, column by column (docs/wire.md §6.5). Values that are only there with a flag are only written
 * with it. The next hop is mostly the one last seen with the same first hop, the aggregator the origin, at the address it
 * last had.
 */

/** What attribute sets point into. */
export interface AttrTargets {
  readonly paths: WordLists;
  /** Lengths of the other tables. */
  readonly addresses: number;
  readonly communities: number;
  readonly extCommunities: number;
  readonly largeCommunities: number;
}

/** The word after the first header of path `index`: the AS nearest to the vantage; 0 for an empty path. */
function firstHop({ offsets, words }: WordLists, index: number): number {
  return offsets[index + 1]! - offsets[index]! > 1 ? words[offsets[index]! + 1]! : 0;
}

/** The last word of path `index`; 0 for an empty path. */
function lastHop({ offsets, words }: WordLists, index: number): number {
  return offsets[index + 1]! > offsets[index]! ? words[offsets[index + 1]! - 1]! : 0;
}

export function encodeAttrSets(writer: ByteWriter, { attrSets: sets, paths }: ElemBatch): void {
  const { length } = sets;
  writer.varint(length);
  const fresh = new FreshEncoder(1);
  for (let i = 0; i < length; i++) writer.varint(fresh.code(sets.path[i]!));
  encodeColumn(writer, sets.flags, length);
  encodeColumn(writer, sets.origin, length);
  encodeNextHops(writer, sets, paths);
  encodeFlagged(writer, sets.med, sets.flags, ATTR_FLAG.med);
  encodeFlagged(writer, sets.localPref, sets.flags, ATTR_FLAG.localPref);
  encodeFlagged(writer, sets.otc, sets.flags, ATTR_FLAG.otc);
  encodeAggregators(writer, sets, paths);
  for (const column of [sets.communities, sets.extCommunities, sets.largeCommunities]) {
    const lists = new FreshEncoder(1);
    const codes = column.map((index) => lists.code(index));
    // An empty list is index 0, code 1: by far the most common, so a column of them is one value.
    encodeColumn(writer, codes, length);
  }
}

/** 0: as last time with this first hop; else index into the addresses + 1. */
function encodeNextHops(writer: ByteWriter, { length, path, nextHop }: AttrTable, paths: WordLists): void {
  const last = new Map<number, number>();
  for (let i = 0; i < length; i++) {
    const hop = firstHop(paths, path[i]!);
    const address = nextHop[i]!;
    if (last.get(hop) === address) {
      writer.u8(0);
      continue;
    }
    writer.varint(address + 1);
    last.set(hop, address);
  }
}

function encodeFlagged(writer: ByteWriter, column: Uint32Array, flags: Uint8Array, flag: number): void {
  for (let i = 0; i < column.length; i++) if (flags[i]! & flag) writer.varint(column[i]!);
}

/** ASN: 0 the path's last, else ASN + 1 (up to 2^32). Address: 0 as last time with this ASN, 1 one of the words that follow. */
function encodeAggregators(writer: ByteWriter, sets: AttrTable, paths: WordLists): void {
  const last = new Map<number, number>();
  const addresses: number[] = [];
  for (let i = 0; i < sets.length; i++) {
    if (!(sets.flags[i]! & ATTR_FLAG.aggregator)) continue;
    const asn = sets.aggregatorAsn[i]!;
    const address = sets.aggregatorAddress[i]!;
    writer.varint53(asn === lastHop(paths, sets.path[i]!) ? 0 : asn + 1);
    const isKnown = last.get(asn) === address;
    writer.u8(isKnown ? 0 : 1);
    if (isKnown) continue;
    last.set(asn, address);
    addresses.push(address);
  }
  encodePlanes(writer, Uint32Array.from(addresses));
}

export function decodeAttrSets(reader: ByteReader, max: number, targets: AttrTargets): AttrTable {
  const length = reader.count(max, 'attribute sets');
  const path = new Uint32Array(length);
  const fresh = new FreshDecoder(reader, targets.paths.length, 1);
  for (let i = 0; i < length; i++) path[i] = fresh.index(reader.varint());
  const flags = decodeColumn(reader, new Uint8Array(length), 0xff);
  return {
    length,
    flags,
    path,
    origin: decodeColumn(reader, new Uint8Array(length), 0xff),
    nextHop: decodeNextHops(reader, path, targets),
    med: decodeFlagged(reader, flags, ATTR_FLAG.med),
    localPref: decodeFlagged(reader, flags, ATTR_FLAG.localPref),
    otc: decodeFlagged(reader, flags, ATTR_FLAG.otc),
    ...decodeAggregators(reader, flags, path, targets.paths),
    communities: decodeListIndexes(reader, length, targets.communities),
    extCommunities: decodeListIndexes(reader, length, targets.extCommunities),
    largeCommunities: decodeListIndexes(reader, length, targets.largeCommunities),
  };
}

function decodeNextHops(
  reader: ByteReader,
  path: Uint32Array,
  { paths, addresses }: AttrTargets,
): Uint32Array {
  const last = new Map<number, number>();
  const nextHop = new Uint32Array(path.length);
  for (let i = 0; i < path.length; i++) {
    const hop = firstHop(paths, path[i]!);
    const code = reader.varint();
    const address = code === 0 ? last.get(hop) : code - 1;
    if (address === undefined || address >= addresses) throw reader.error(`next hop ${code} of ${addresses}`);
    if (code !== 0) last.set(hop, address);
    nextHop[i] = address;
  }
  return nextHop;
}

function decodeFlagged(reader: ByteReader, flags: Uint8Array, flag: number): Uint32Array {
  const column = new Uint32Array(flags.length);
  for (let i = 0; i < flags.length; i++) if (flags[i]! & flag) column[i] = reader.varint();
  return column;
}

function decodeAggregators(
  reader: ByteReader,
  flags: Uint8Array,
  path: Uint32Array,
  paths: WordLists,
): Pick<AttrTable, 'aggregatorAsn' | 'aggregatorAddress'> {
  const aggregatorAsn = new Uint32Array(flags.length);
  const aggregatorAddress = new Uint32Array(flags.length);
  const isNew = new Uint8Array(flags.length);
  let count = 0;
  for (let i = 0; i < flags.length; i++) {
    if (!(flags[i]! & ATTR_FLAG.aggregator)) continue;
    const code = reader.varint53();
    if (code > 0x1_0000_0000) throw reader.error(`aggregator AS ${code}`);
    aggregatorAsn[i] = code === 0 ? lastHop(paths, path[i]!) : code - 1;
    isNew[i] = reader.u8();
    if (isNew[i]! > 1) throw reader.error('aggregator address');
    count += isNew[i]!;
  }
  const addresses = decodePlanes(reader, count);
  const last = new Map<number, number>();
  for (let i = 0, at = 0; i < flags.length; i++) {
    if (!(flags[i]! & ATTR_FLAG.aggregator)) continue;
    const address = isNew[i] === 1 ? addresses[at++] : last.get(aggregatorAsn[i]!);
    if (address === undefined) throw reader.error('aggregator address not seen before');
    last.set(aggregatorAsn[i]!, address);
    aggregatorAddress[i] = address;
  }
  return { aggregatorAsn, aggregatorAddress };
}

function decodeListIndexes(reader: ByteReader, length: number, tableLength: number): Uint32Array {
  const decoder = new FreshDecoder(reader, tableLength, 1);
  const codes = decodeColumn(reader, new Uint32Array(length), 0xffff_ffff);
  for (let i = 0; i < length; i++) codes[i] = decoder.index(codes[i]!);
  return codes;
}
