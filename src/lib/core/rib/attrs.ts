import type { AttrTable, ElemBatch, WordLists } from '../elem/batch.ts';
import { hashEnd, hashWord } from '../elem/columns.ts';

/** Bits of an attribute hash that are not hash but the ORIGIN attribute, so that it can be read back. */
const ORIGIN_BITS = 3;

/**
 * Hash of everything in attribute set `i` but the AS path: two announcements of one route are the same when paths are
 * equal (compared exactly) and these 32 bits are. The lowest two say which ORIGIN it was: see `originOfHash`.
 */
export function attrHash(batch: ElemBatch, i: number): number {
  const sets: AttrTable = batch.attrSets;
  let hash = hashWord((sets.flags[i]! << 8) | sets.origin[i]!, sets.med[i]!);
  hash = hashWord(hashWord(hash, sets.localPref[i]!), sets.aggregatorAsn[i]!);
  hash = hashWord(hashWord(hash, sets.aggregatorAddress[i]!), sets.otc[i]!);
  hash = addressHash(hash, batch, sets.nextHop[i]!);
  hash = listHash(hash, batch.communities, sets.communities[i]!);
  hash = listHash(hash, batch.extCommunities, sets.extCommunities[i]!);
  return withOrigin(
    hashEnd(listHash(hash, batch.largeCommunities, sets.largeCommunities[i]!)),
    sets.origin[i]!,
  );
}

/** `attrHash` of a route that has MPLS labels besides. */
export function labelledHash(attrs: number, batch: ElemBatch, labels: number): number {
  return withOrigin(hashEnd(listHash(attrs, batch.labelStacks, labels)), originOfHash(attrs));
}

/** The ORIGIN value in an attribute hash: 0, 1 or 2, and 3 for none or another. */
export function originOfHash(attrs: number): number {
  return attrs & ORIGIN_BITS;
}

function withOrigin(hash: number, origin: number): number {
  return ((hash & ~ORIGIN_BITS) | Math.min(origin, ORIGIN_BITS)) >>> 0;
}

/** Continue `hash` over list `i`; the empty list changes it too, so that neighbours cannot trade places. */
export function listHash(hash: number, lists: WordLists, i: number): number {
  const to = lists.offsets[i + 1]!;
  let next = hashWord(hash, to - lists.offsets[i]!);
  for (let at = lists.offsets[i]!; at < to; at++) next = hashWord(next, lists.words[at]!);
  return next;
}

function addressHash(hash: number, batch: ElemBatch, i: number): number {
  const { isV6, words } = batch.addresses;
  let next = hashWord(hash, i === 0 ? 2 : isV6[i]!);
  for (let word = 0; word < 4; word++) next = hashWord(next, words[i * 4 + word]!);
  return next;
}
