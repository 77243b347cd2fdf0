import { formatAddress, formatV4 } from '../prefix/address.ts';
import { formatTablePrefix, tableName } from '../prefix/prefix.ts';
import type { ElemBatch, TableName, WordLists } from './batch.ts';
import { ATTR_FLAG, ELEM_FLAG, KIND, NONE } from './batch.ts';
import { formatPath } from './path.ts';

export const KIND_NAMES = ['announce', 'withdraw', 'state', 'rib'] as const;
export const STATE_NAMES = [
  'unknown',
  'idle',
  'connect',
  'active',
  'opensent',
  'openconfirm',
  'established',
  'clearing',
  'deleted',
] as const;
export const ORIGIN_NAMES: Readonly<Record<number, string>> = { 0: 'igp', 1: 'egp', 2: 'incomplete' };

/** One elem as an object, for people, JSON and tests. Optional members are absent where the elem has no such value. */
export interface ElemRow {
  kind: (typeof KIND_NAMES)[number];
  /** Unix time in microseconds. */
  timeUs: number;
  collector: string;
  peerAddress: string;
  peerAsn: number;
  table?: TableName;
  /** CIDR; VPN keys as `RD:prefix`. */
  prefix?: string;
  pathId?: number;
  labels?: number[];
  path?: string;
  origin?: string;
  nextHop?: string;
  med?: number;
  localPref?: number;
  atomicAggregate?: boolean;
  aggregator?: { asn: number; address: string };
  otc?: number;
  communities?: string[];
  extCommunities?: string[];
  largeCommunities?: string[];
  treatAsWithdraw?: boolean;
  /** The source stamped microseconds: a BGP4MP_ET record. */
  extendedTime?: boolean;
  /** A table entry from a TABLE_DUMP (v1) record rather than TABLE_DUMP_V2. */
  tableDumpV1?: boolean;
  oldState?: string;
  newState?: string;
}

/** Elem `i` of `batch` as an object. Allocates: not for the hot path. */
export function elemRow(batch: ElemBatch, i: number): ElemRow {
  const kind = batch.kind[i]!;
  const row: ElemRow = {
    kind: KIND_NAMES[kind] ?? 'announce',
    timeUs: batch.timeUs[i]!,
    ...peerOf(batch, i),
  };
  if (batch.flags[i]! & ELEM_FLAG.extendedTime) row.extendedTime = true;
  if (kind === KIND.state) {
    row.oldState = STATE_NAMES[batch.state[i]! >>> 8] ?? 'unknown';
    row.newState = STATE_NAMES[batch.state[i]! & 0xff] ?? 'unknown';
    return row;
  }
  row.table = tableName(batch.prefixes.table[batch.prefix[i]!]!);
  row.prefix = prefixText(batch, batch.prefix[i]!);
  if (batch.flags[i]! & ELEM_FLAG.addPath) row.pathId = batch.pathId[i]!;
  if (batch.flags[i]! & ELEM_FLAG.treatAsWithdraw) row.treatAsWithdraw = true;
  if (batch.flags[i]! & ELEM_FLAG.tableDumpV1) row.tableDumpV1 = true;
  if (batch.labels[i] !== 0) row.labels = [...listWords(batch.labelStacks, batch.labels[i]!)];
  if (batch.attrs[i] !== NONE) addAttributes(row, batch, batch.attrs[i]!);
  return row;
}

/** Every elem of `batch` as an object. */
export function elemRows(batch: ElemBatch): ElemRow[] {
  return Array.from({ length: batch.length }, (_, i) => elemRow(batch, i));
}

/** Text of entry `index` of the batch's prefix table. */
export function prefixText(batch: ElemBatch, index: number): string {
  const { table, bits, words, rd } = batch.prefixes;
  return formatTablePrefix(
    table[index]!,
    bits[index]!,
    words,
    rd[index * 2] ?? 0,
    rd[index * 2 + 1] ?? 0,
    index * 4,
  );
}

/** Text of entry `index` of the batch's address table; entry 0 ("none") is the empty string. */
export function addressText(batch: ElemBatch, index: number): string {
  if (index === 0) return '';
  return formatAddress(batch.addresses.isV6[index] === 1, batch.addresses.words, index * 4);
}

/** The words of list `index`. */
export function listWords(lists: WordLists, index: number): Uint32Array {
  return lists.words.subarray(lists.offsets[index], lists.offsets[index + 1]);
}

function peerOf(batch: ElemBatch, i: number): Pick<ElemRow, 'collector' | 'peerAddress' | 'peerAsn'> {
  const vantage = batch.vantage[i]!;
  return {
    collector: batch.collectors[batch.vantages.collector[vantage]!] ?? '',
    peerAddress: addressText(batch, batch.vantages.address[vantage]!),
    peerAsn: batch.vantages.asn[vantage]!,
  };
}

function addAttributes(row: ElemRow, batch: ElemBatch, set: number): void {
  const sets = batch.attrSets;
  const flags = sets.flags[set]!;
  row.path = formatPath(batch.paths, sets.path[set]!);
  const origin = ORIGIN_NAMES[sets.origin[set]!];
  if (origin !== undefined) row.origin = origin;
  if (sets.nextHop[set] !== 0) row.nextHop = addressText(batch, sets.nextHop[set]!);
  if (flags & ATTR_FLAG.med) row.med = sets.med[set]!;
  if (flags & ATTR_FLAG.localPref) row.localPref = sets.localPref[set]!;
  if (flags & ATTR_FLAG.atomicAggregate) row.atomicAggregate = true;
  if (flags & ATTR_FLAG.aggregator) {
    row.aggregator = { asn: sets.aggregatorAsn[set]!, address: formatV4(sets.aggregatorAddress[set]!) };
  }
  if (flags & ATTR_FLAG.otc) row.otc = sets.otc[set]!;
  const communities = listWords(batch.communities, sets.communities[set]!);
  if (communities.length > 0) row.communities = Array.from(communities, formatCommunity);
  const ext = listWords(batch.extCommunities, sets.extCommunities[set]!);
  if (ext.length > 0)
    row.extCommunities = chunks(ext, 2).map(([high, low]) => formatExtCommunity(high!, low!));
  const large = listWords(batch.largeCommunities, sets.largeCommunities[set]!);
  if (large.length > 0) row.largeCommunities = chunks(large, 3).map((words) => words.join(':'));
}

/** `asn:value`, RFC 1997. */
export function formatCommunity(word: number): string {
  return `${word >>> 16}:${word & 0xffff}`;
}

const EXT_KINDS: Readonly<Record<number, string>> = { 0x02: 'rt', 0x03: 'soo' };

/**
 * Extended community text: `rt:65000:100`, `soo:192.0.2.1:5` (RFC 4360 §4, RFC 5668 for four-byte ASNs), anything else
 * as `0x` and 16 hex digits.
 */
export function formatExtCommunity(high: number, low: number): string {
  const type = (high >>> 24) & 0x3f;
  const kind = EXT_KINDS[(high >>> 16) & 0xff];
  const middle = ((high << 16) | (low >>> 16)) >>> 0;
  if (kind !== undefined && high >>> 24 < 0x40) {
    if (type === 0) return `${kind}:${high & 0xffff}:${low}`;
    if (type === 1) return `${kind}:${formatV4(middle)}:${low & 0xffff}`;
    if (type === 2) return `${kind}:${middle}:${low & 0xffff}`;
  }
  return `0x${high.toString(16).padStart(8, '0')}${low.toString(16).padStart(8, '0')}`;
}

function chunks(words: Uint32Array, size: number): number[][] {
  const out: number[][] = [];
  for (let at = 0; at + size <= words.length; at += size) out.push([...words.subarray(at, at + size)]);
  return out;
}
