import type { PrefixKey } from '../prefix/prefix.ts';
import { maskWord } from '../prefix/prefix.ts';
import type { VrpTable } from './vrp-table.ts';
import { lastNotAfter } from './vrp-table.ts';

/**
 * Set `marks[group]` of each group of the prefix's family that covers the prefix or lies in it, itself included: one
 * search, then only those groups are visited, however large the table.
 */
export function markOverlapping(table: VrpTable, prefix: PrefixKey, marks: Uint8Array): void {
  let group = lastNotAfter(table, prefix.bits, prefix.words);
  for (let next = group + 1; next < table.groups && isInside(table, next, prefix); next++) marks[next] = 1;
  // What comes last before the prefix either covers it or has the groups that do among its ancestors.
  for (; group !== -1; group = table.parent[group]!) if (isAround(table, group, prefix)) marks[group] = 1;
}

function isInside(table: VrpTable, group: number, { bits, words }: PrefixKey): boolean {
  return table.bits[group]! >= bits && agrees(table, group, bits, words);
}

function isAround(table: VrpTable, group: number, { bits, words }: PrefixKey): boolean {
  return table.bits[group]! <= bits && agrees(table, group, table.bits[group]!, words);
}

/** Whether the first `bits` bits of the group's address are those of `words`. */
function agrees(table: VrpTable, group: number, bits: number, words: ArrayLike<number>): boolean {
  if (((table.head[group]! ^ words[0]!) & maskWord(bits)) !== 0) return false;
  if (bits <= 32) return true;
  for (let w = 0; w < 3; w++) {
    if (((table.tail[group * 3 + w]! ^ words[w + 1]!) & maskWord(bits - 32 - w * 32)) !== 0) return false;
  }
  return true;
}

/** The prefix of a group. */
export function groupPrefix(table: VrpTable, group: number): PrefixKey {
  const { tail } = table;
  const at = group * 3;
  return {
    isV6: table.isV6,
    bits: table.bits[group]!,
    words: table.isV6
      ? [table.head[group]!, tail[at]!, tail[at + 1]!, tail[at + 2]!]
      : [table.head[group]!, 0, 0, 0],
  };
}
