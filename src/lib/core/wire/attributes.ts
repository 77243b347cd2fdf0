import type { AttrTable, WordLists } from '../elem/batch.ts';
import { SEGMENT } from '../elem/batch.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { decodeColumn, encodeColumn, FreshDecoder, FreshEncoder } from './columns.ts';

/** Attribute sets of a batch, column by column (docs/wire.md §6.7). */

const ANY = 0xffff_ffff;

/** Lengths of the tables attribute sets point into. */
export interface AttrTargets {
  readonly addresses: number;
  readonly paths: number;
  readonly communities: number;
  readonly extCommunities: number;
  readonly largeCommunities: number;
}

export function encodeAttrSets(writer: ByteWriter, sets: AttrTable): void {
  const { length } = sets;
  writer.varint(length);
  const paths = new FreshEncoder(1);
  for (let i = 0; i < length; i++) writer.varint(paths.code(sets.path[i]!));
  const columns = [sets.flags, sets.origin, sets.nextHop, sets.med, sets.localPref];
  const more = [sets.aggregatorAsn, sets.aggregatorAddress, sets.otc];
  for (const column of [...columns, ...more]) encodeColumn(writer, column, length);
  for (const column of [sets.communities, sets.extCommunities, sets.largeCommunities]) {
    const lists = new FreshEncoder(1);
    encodeColumn(
      writer,
      column.map((index) => lists.code(index)),
      length,
    );
  }
}

export function decodeAttrSets(reader: ByteReader, max: number, targets: AttrTargets): AttrTable {
  const length = reader.count(max, 'attribute sets');
  const u32 = (top = ANY): Uint32Array => decodeColumn(reader, new Uint32Array(length), top);
  const lists = (tableLength: number): Uint32Array => {
    const decoder = new FreshDecoder(reader, tableLength, 1);
    const codes = u32();
    for (let i = 0; i < length; i++) codes[i] = decoder.index(codes[i]!);
    return codes;
  };
  const path = new Uint32Array(length);
  const paths = new FreshDecoder(reader, targets.paths, 1);
  for (let i = 0; i < length; i++) path[i] = paths.index(reader.varint());
  return {
    length,
    path,
    flags: decodeColumn(reader, new Uint8Array(length), 0xff),
    origin: decodeColumn(reader, new Uint8Array(length), 0xff),
    nextHop: u32(targets.addresses - 1),
    med: u32(),
    localPref: u32(),
    aggregatorAsn: u32(),
    aggregatorAddress: u32(),
    otc: u32(),
    communities: lists(targets.communities),
    extCommunities: lists(targets.extCommunities),
    largeCommunities: lists(targets.largeCommunities),
  };
}

/** Every path must be whole segments of a known type. @throws {BgpError} WIRE_BAD_FRAME */
export function checkPaths(reader: ByteReader, paths: WordLists): void {
  for (let i = 0; i < paths.length; i++) {
    const end = paths.offsets[i + 1]!;
    let at = paths.offsets[i]!;
    while (at < end) {
      const header = paths.words[at]!;
      const type = header >>> 8;
      if (type < SEGMENT.set || type > SEGMENT.confedSet) throw reader.error(`path segment type ${type}`);
      at += 1 + (header & 0xff);
    }
    if (at !== end) throw reader.error('path segment cut short');
  }
}
