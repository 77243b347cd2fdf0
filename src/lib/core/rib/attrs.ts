import type { AttrTable, ElemBatch, WordLists } from '../elem/batch.ts';
import { hashEnd, hashWord } from '../elem/columns.ts';

/**
 * Hash of everything in attribute set `i` but the AS path: two announcements of one route are the same when paths are
 * equal (compared exactly) and these 32 bits are.
 */
export function attrHash(batch: ElemBatch, i: number): number {
  const sets: AttrTable = batch.attrSets;
  let hash = hashWord((sets.flags[i]! << 8) | sets.origin[i]!, sets.med[i]!);
  hash = hashWord(hashWord(hash, sets.localPref[i]!), sets.aggregatorAsn[i]!);
  hash = hashWord(hashWord(hash, sets.aggregatorAddress[i]!), sets.otc[i]!);
  hash = addressHash(hash, batch, sets.nextHop[i]!);
  hash = listHash(hash, batch.communities, sets.communities[i]!);
  hash = listHash(hash, batch.extCommunities, sets.extCommunities[i]!);
  return hashEnd(listHash(hash, batch.largeCommunities, sets.largeCommunities[i]!));
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
