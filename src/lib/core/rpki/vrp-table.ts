import { hashEnd, hashWord } from '../elem/columns.ts';
import { maskWord } from '../prefix/prefix.ts';
import { VrpRows } from './vrp-rows.ts';

/**
 * The VRPs of one address family, sorted, in flat columns. Rows with the same prefix form a group; groups are ordered by
 * (address, length), so the groups covering a prefix are the ancestors of the last group not after it. Plain data: it
 * can be posted to another thread.
 */
export interface VrpTable {
  readonly isV6: boolean;
  /** Number of VRPs. */
  readonly length: number;
  /** Number of distinct prefixes. */
  readonly groups: number;
  /** First word of each group's prefix. */
  readonly head: Uint32Array<ArrayBuffer>;
  /** The other three words of each group's prefix; empty for IPv4. */
  readonly tail: Uint32Array<ArrayBuffer>;
  /** Prefix length of each group. */
  readonly bits: Uint8Array<ArrayBuffer>;
  /** The longest group strictly covering each group, or -1. */
  readonly parent: Int32Array<ArrayBuffer>;
  /** First row of each group; `groups + 1` entries. */
  readonly start: Uint32Array<ArrayBuffer>;
  /**
   * First group whose address begins with each 16-bit value or a higher one; 65,537 entries. Empty in small tables,
   * which do not need it.
   */
  readonly top: Uint32Array<ArrayBuffer>;
  readonly maxLength: Uint8Array<ArrayBuffer>;
  readonly asn: Uint32Array<ArrayBuffer>;
  readonly trustAnchor: Uint8Array<ArrayBuffer>;
  /** Sum over the rows of a hash of (prefix, maxLength, ASN), modulo 2^32: equal sets have equal digests. */
  readonly digest: number;
}

/** Build a table of VRPs in any order. */
export function tableOf(rows: VrpRows): VrpTable {
  return tableOfSorted(rows.sorted());
}

/** Build a table of rows that `VrpRows.sorted` would leave as they are. */
export function tableOfSorted(rows: VrpRows): VrpTable {
  const { length, isV6 } = rows;
  const isFirst = (row: number): boolean => row === 0 || !hasSamePrefix(rows, row - 1, row);
  let groups = 0;
  for (let row = 0; row < length; row++) if (isFirst(row)) groups++;
  const head = new Uint32Array(groups);
  const tail = new Uint32Array(isV6 ? groups * 3 : 0);
  const bits = new Uint8Array(groups);
  const start = new Uint32Array(groups + 1);
  let digest = 0;
  for (let row = 0, group = -1; row < length; row++) {
    if (isFirst(row)) {
      start[++group] = row;
      head[group] = rows.w0[row]!;
      if (isV6) {
        tail[group * 3] = rows.w1[row]!;
        tail[group * 3 + 1] = rows.w2[row]!;
        tail[group * 3 + 2] = rows.w3[row]!;
      }
      bits[group] = rows.bits[row]!;
    }
    digest = (digest + hashRow(rows, row)) >>> 0;
  }
  start[groups] = length;
  return {
    isV6,
    length,
    groups,
    head,
    tail,
    bits,
    parent: parents(head, tail, bits),
    start,
    top: topIndex(head),
    maxLength: rows.maxLength.slice(0, length),
    asn: rows.asn.slice(0, length),
    trustAnchor: rows.trustAnchor.slice(0, length),
    digest,
  };
}

function hasSamePrefix(rows: VrpRows, a: number, b: number): boolean {
  if (rows.w0[a] !== rows.w0[b] || rows.bits[a] !== rows.bits[b]) return false;
  return !rows.isV6 || (rows.w1[a] === rows.w1[b] && rows.w2[a] === rows.w2[b] && rows.w3[a] === rows.w3[b]);
}

function hashRow(rows: VrpRows, row: number): number {
  let hash = hashWord(rows.isV6 ? 6 : 4, rows.w0[row]!);
  if (rows.isV6) {
    hash = hashWord(hashWord(hashWord(hash, rows.w1[row]!), rows.w2[row]!), rows.w3[row]!);
  }
  return hashEnd(hashWord(hashWord(hash, (rows.bits[row]! << 8) | rows.maxLength[row]!), rows.asn[row]!));
}

function parents(head: Uint32Array, tail: Uint32Array, bits: Uint8Array): Int32Array<ArrayBuffer> {
  const parent = new Int32Array(head.length);
  for (let group = 0; group < head.length; group++) {
    let above = group - 1;
    while (above !== -1 && !groupCovers(head, tail, bits, above, group)) above = parent[above]!;
    parent[group] = above;
  }
  return parent;
}

function groupCovers(
  head: Uint32Array,
  tail: Uint32Array,
  bits: Uint8Array,
  above: number,
  below: number,
): boolean {
  const length = bits[above]!;
  if (length > bits[below]! || ((head[above]! ^ head[below]!) & maskWord(length)) !== 0) return false;
  if (length <= 32) return true;
  for (let w = 0; w < 3; w++) {
    if (((tail[above * 3 + w]! ^ tail[below * 3 + w]!) & maskWord(length - 32 - w * 32)) !== 0) return false;
  }
  return true;
}

/** Tables of fewer groups are searched whole. */
const MIN_INDEXED_GROUPS = 4096;

function topIndex(head: Uint32Array): Uint32Array<ArrayBuffer> {
  if (head.length < MIN_INDEXED_GROUPS) return new Uint32Array(0);
  const top = new Uint32Array(0x1_0001);
  let group = 0;
  for (let value = 0; value <= 0x1_0000; value++) {
    while (group < head.length && head[group]! >>> 16 < value) group++;
    top[value] = group;
  }
  return top;
}

/** The longest group covering the prefix, itself included, or -1. `words[at ..]` as in `PrefixKey`. */
export function findCovering(table: VrpTable, bits: number, words: ArrayLike<number>, at = 0): number {
  let group = lastNotAfter(table, bits, words, at);
  while (group !== -1 && !covers(table, group, bits, words, at)) group = table.parent[group]!;
  return group;
}

/** The last group that is the prefix or comes before it, or -1. */
export function lastNotAfter(table: VrpTable, bits: number, words: ArrayLike<number>, at = 0): number {
  const { head, top } = table;
  const w0 = words[at]!;
  const slot = w0 >>> 16;
  let low = top.length === 0 ? 0 : top[slot]!;
  let high = top.length === 0 ? table.groups : top[slot + 1]!;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const isAfter = head[middle] === w0 ? isAfterTail(table, middle, bits, words, at) : head[middle]! > w0;
    if (isAfter) high = middle;
    else low = middle + 1;
  }
  return low - 1;
}

/** Whether group `group`, which has the prefix's first word, comes after the prefix. */
function isAfterTail(
  table: VrpTable,
  group: number,
  bits: number,
  words: ArrayLike<number>,
  at: number,
): boolean {
  if (table.isV6) {
    for (let w = 0; w < 3; w++) {
      const mine = table.tail[group * 3 + w]!;
      const other = words[at + 1 + w]!;
      if (mine !== other) return mine > other;
    }
  }
  return table.bits[group]! > bits;
}

function covers(table: VrpTable, group: number, bits: number, words: ArrayLike<number>, at: number): boolean {
  const length = table.bits[group]!;
  if (length > bits || ((table.head[group]! ^ words[at]!) & maskWord(length)) !== 0) return false;
  if (length <= 32) return true;
  for (let w = 0; w < 3; w++) {
    const differs = table.tail[group * 3 + w]! ^ words[at + 1 + w]!;
    if ((differs & maskWord(length - 32 - w * 32)) !== 0) return false;
  }
  return true;
}

/** Append the rows of `group` from row `from` up to `to` to `out`, trust anchors renumbered by `anchors`. */
export function copyRows(
  table: VrpTable,
  group: number,
  from: number,
  to: number,
  out: VrpRows,
  anchors: Uint8Array,
): void {
  const w0 = table.head[group]!;
  const w1 = table.isV6 ? table.tail[group * 3]! : 0;
  const w2 = table.isV6 ? table.tail[group * 3 + 1]! : 0;
  const w3 = table.isV6 ? table.tail[group * 3 + 2]! : 0;
  const bits = table.bits[group]!;
  for (let row = from; row < to; row++) {
    const anchor = anchors[table.trustAnchor[row]!]!;
    out.push(w0, w1, w2, w3, bits, table.maxLength[row]!, table.asn[row]!, anchor);
  }
}

/** Bytes the table's columns take. */
export function tableBytes(table: VrpTable): number {
  let bytes = 0;
  for (const column of Object.values(table) as unknown[]) {
    if (ArrayBuffer.isView(column)) bytes += column.byteLength;
  }
  return bytes;
}
