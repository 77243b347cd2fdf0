import type { ElemBatch, WordLists } from '../elem/batch.ts';
import { ATTR_FLAG, ORIGIN, SEGMENT } from '../elem/batch.ts';
import { AS_TRANS, ATTRIBUTE, EXPECTED_FLAGS, EXTENDED_LENGTH } from './attribute.ts';
import { ByteWriter } from './writer.ts';

const MAX_ASN16 = 0xffff;

/** The multiprotocol attributes and NEXT_HOP of a block: value bytes, or null where the block has none. */
export interface BlockParts {
  /** IPv4 address as a number. */
  readonly nextHop: number | null;
  readonly mpReach: Uint8Array | null;
  readonly mpUnreach: Uint8Array | null;
}

/** Append one attribute with its header; the length takes two octets where it must (RFC 4271 §4.3). */
export function encodeAttribute(writer: ByteWriter, type: number, value: Uint8Array): void {
  const isLong = value.length > 255;
  writer.u8(EXPECTED_FLAGS[type]! | (isLong ? EXTENDED_LENGTH : 0));
  writer.u8(type);
  if (isLong) writer.u16(value.length);
  else writer.u8(value.length);
  writer.append(value);
}

/**
 * Append attribute set `set` in ascending type order. A set without ORIGIN gets INCOMPLETE, as a message must have one.
 * Without `as4`, ASNs that do not fit become AS_TRANS and AS4_PATH or AS4_AGGREGATOR carries them (RFC 6793 §4.2.2).
 */
export function encodeAttributes(
  writer: ByteWriter,
  batch: ElemBatch,
  set: number,
  as4: boolean,
  parts: BlockParts,
): void {
  const sets = batch.attrSets;
  const flags = sets.flags[set]!;
  const origin = sets.origin[set]!;
  const path = listOf(batch.paths, sets.path[set]!);
  const aggregator =
    flags & ATTR_FLAG.aggregator ? [sets.aggregatorAsn[set]!, sets.aggregatorAddress[set]!] : null;
  const put = (type: number, value: Uint8Array | null): void => {
    if (value) encodeAttribute(writer, type, value);
  };
  put(ATTRIBUTE.origin, Uint8Array.of(origin === ORIGIN.none ? ORIGIN.incomplete : origin));
  put(ATTRIBUTE.asPath, pathBytes(path, as4));
  put(ATTRIBUTE.nextHop, parts.nextHop === null ? null : wordBytes([parts.nextHop]));
  put(ATTRIBUTE.med, flags & ATTR_FLAG.med ? wordBytes([sets.med[set]!]) : null);
  put(ATTRIBUTE.localPref, flags & ATTR_FLAG.localPref ? wordBytes([sets.localPref[set]!]) : null);
  put(ATTRIBUTE.atomicAggregate, flags & ATTR_FLAG.atomicAggregate ? new Uint8Array(0) : null);
  put(ATTRIBUTE.aggregator, aggregator && aggregatorBytes(aggregator[0]!, aggregator[1]!, as4));
  put(ATTRIBUTE.communities, nonEmpty(listOf(batch.communities, sets.communities[set]!)));
  put(ATTRIBUTE.mpReach, parts.mpReach);
  put(ATTRIBUTE.mpUnreach, parts.mpUnreach);
  put(ATTRIBUTE.extCommunities, nonEmpty(listOf(batch.extCommunities, sets.extCommunities[set]!)));
  if (!as4) {
    put(ATTRIBUTE.as4Path, hasBigAsn(path) ? pathBytes(withoutConfederations(path), true) : null);
    const isBig = aggregator !== null && aggregator[0]! > MAX_ASN16;
    put(ATTRIBUTE.as4Aggregator, isBig ? wordBytes(aggregator) : null);
  }
  put(ATTRIBUTE.largeCommunities, nonEmpty(listOf(batch.largeCommunities, sets.largeCommunities[set]!)));
  put(ATTRIBUTE.onlyToCustomer, flags & ATTR_FLAG.otc ? wordBytes([sets.otc[set]!]) : null);
}

function listOf(lists: WordLists, index: number): Uint32Array {
  return lists.words.subarray(lists.offsets[index], lists.offsets[index + 1]);
}

function wordBytes(words: ArrayLike<number>): Uint8Array {
  const writer = new ByteWriter();
  for (let i = 0; i < words.length; i++) writer.u32(words[i]!);
  return writer.take();
}

function nonEmpty(words: Uint32Array): Uint8Array | null {
  return words.length > 0 ? wordBytes(words) : null;
}

function aggregatorBytes(asn: number, address: number, as4: boolean): Uint8Array {
  const writer = new ByteWriter();
  if (as4) writer.u32(asn);
  else writer.u16(asn > MAX_ASN16 ? AS_TRANS : asn);
  writer.u32(address);
  return writer.take();
}

/** Segments as `[type, ASNs]`. */
function* segments(path: Uint32Array): Generator<[number, Uint32Array]> {
  for (let at = 0; at < path.length;) {
    const count = path[at]! & 0xff;
    yield [path[at]! >>> 8, path.subarray(at + 1, at + 1 + count)];
    at += 1 + count;
  }
}

function pathBytes(path: Uint32Array, as4: boolean): Uint8Array {
  const writer = new ByteWriter();
  for (const [type, asns] of segments(path)) {
    writer.u8(type);
    writer.u8(asns.length);
    for (const asn of asns) {
      if (as4) writer.u32(asn);
      else writer.u16(asn > MAX_ASN16 ? AS_TRANS : asn);
    }
  }
  return writer.take();
}

function hasBigAsn(path: Uint32Array): boolean {
  for (const [, asns] of segments(path)) if (asns.some((asn) => asn > MAX_ASN16)) return true;
  return false;
}

/** AS4_PATH carries no confederation segments (RFC 6793 §3). */
function withoutConfederations(path: Uint32Array): Uint32Array {
  const kept: number[] = [];
  for (const [type, asns] of segments(path)) {
    if (type === SEGMENT.set || type === SEGMENT.sequence) kept.push((type << 8) | asns.length, ...asns);
  }
  return Uint32Array.from(kept);
}
