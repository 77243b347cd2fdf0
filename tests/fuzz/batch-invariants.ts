import type { ElemBatch, WordLists } from '../../src/lib/core/elem/batch.ts';
import { ELEM_FLAG, KIND, NONE } from '../../src/lib/core/elem/batch.ts';
import { maskWord } from '../../src/lib/core/prefix/prefix.ts';

function must(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(`broken batch: ${what}`);
}

/** Throws unless the batch keeps the promises of `core/elem/batch.ts`: lengths, index ranges, host bits, whole messages. */
export function checkBatch(batch: ElemBatch): void {
  const { length, prefixes, attrSets, vantages } = batch;
  for (const column of [
    batch.timeUs,
    batch.kind,
    batch.flags,
    batch.vantage,
    batch.prefix,
    batch.attrs,
    batch.pathId,
    batch.labels,
    batch.state,
  ]) {
    must(column.length === length, 'column length');
  }
  if (length > 0) must((batch.flags[0]! & ELEM_FLAG.first) !== 0, 'starts inside a message');
  for (let i = 0; i < length; i++) checkElem(batch, i);
  for (let i = 0; i < prefixes.length; i++) checkPrefix(batch, i);
  for (let i = 0; i < attrSets.length; i++) {
    must(attrSets.path[i]! < batch.paths.length, 'path index');
    must(attrSets.nextHop[i]! < batch.addresses.length, 'next hop index');
    must(attrSets.communities[i]! < batch.communities.length, 'community index');
    must(attrSets.extCommunities[i]! < batch.extCommunities.length, 'extended community index');
    must(attrSets.largeCommunities[i]! < batch.largeCommunities.length, 'large community index');
  }
  for (let i = 0; i < vantages.length; i++)
    must(vantages.address[i]! < batch.addresses.length, 'vantage address index');
  checkPaths(batch.paths);
}

function checkElem(batch: ElemBatch, i: number): void {
  const kind = batch.kind[i]!;
  must(Number.isSafeInteger(batch.timeUs[i]), 'time');
  must(batch.vantage[i]! < batch.vantages.length, 'vantage index');
  must(batch.labels[i]! < batch.labelStacks.length, 'label index');
  if (kind === KIND.state)
    return must(batch.prefix[i] === NONE && batch.attrs[i] === NONE, 'state change with a route');
  must(batch.prefix[i]! < batch.prefixes.length, 'prefix index');
  if (kind === KIND.withdraw)
    must(batch.attrs[i] === NONE && batch.labels[i] === 0, 'withdrawal with attributes');
  else must(batch.attrs[i]! < batch.attrSets.length, 'attribute set index');
  if (!(batch.flags[i]! & ELEM_FLAG.addPath)) must(batch.pathId[i] === 0, 'path identifier without its flag');
}

function checkPrefix({ prefixes }: ElemBatch, i: number): void {
  const bits = prefixes.bits[i]!;
  const isV6 = (prefixes.table[i]! & 1) === 1;
  must(prefixes.table[i]! <= 3 && bits <= (isV6 ? 128 : 32), 'prefix length');
  for (let word = 0; word < 4; word++) {
    const rest = isV6 || word === 0 ? maskWord(bits - word * 32) : 0;
    must((prefixes.words[i * 4 + word]! & ~rest) === 0, 'host bits');
  }
}

function checkPaths(paths: WordLists): void {
  for (let i = 0; i < paths.length; i++) {
    let at = paths.offsets[i]!;
    const end = paths.offsets[i + 1]!;
    while (at < end) {
      const type = paths.words[at]! >>> 8;
      must(type >= 1 && type <= 4, 'path segment type');
      at += 1 + (paths.words[at]! & 0xff);
    }
    must(at === end, 'path segments do not fill the path');
  }
}
