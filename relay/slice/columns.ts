import type { ElemBatch } from '#core/elem/batch.ts';
import { ATTR_FLAG, KIND, NONE, TABLE_NAMES } from '#core/elem/batch.ts';
import { formatPath, pathOrigin } from '#core/elem/path.ts';
import { addressText, KIND_NAMES, ORIGIN_NAMES } from '#core/elem/row.ts';
import { formatPrefix, isV6Table } from '#core/prefix/prefix.ts';
import { formatRd } from '#core/prefix/rd.ts';
import {
  formatCommunities,
  formatExtCommunities,
  formatLabels,
  formatLargeCommunities,
} from '../archive/text.ts';

/** A column of a slice: the archive's own of that name (relay/archive/schema.ts), without what only a reader of ours needs. */
export interface SliceColumn {
  readonly name: string;
  readonly type: 'time' | 'text' | 'u8' | 'u32' | 'bool';
}

/** Columns of a slice in order. */
export const SLICE_COLUMNS = [
  { name: 'time', type: 'time' },
  { name: 'kind', type: 'text' },
  { name: 'collector', type: 'text' },
  { name: 'peer', type: 'text' },
  { name: 'peer_asn', type: 'u32' },
  { name: 'family', type: 'text' },
  { name: 'prefix', type: 'text' },
  { name: 'rd', type: 'text' },
  { name: 'path_id', type: 'u32' },
  { name: 'labels', type: 'text' },
  { name: 'path', type: 'text' },
  { name: 'origin_asn', type: 'u32' },
  { name: 'next_hop', type: 'text' },
  { name: 'origin', type: 'text' },
  { name: 'med', type: 'u32' },
  { name: 'local_pref', type: 'u32' },
  { name: 'atomic', type: 'bool' },
  { name: 'communities', type: 'text' },
  { name: 'ext_communities', type: 'text' },
  { name: 'large_communities', type: 'text' },
  { name: 'old_state', type: 'u8' },
  { name: 'new_state', type: 'u8' },
] as const satisfies readonly SliceColumn[];

export type CellValue = string | number | boolean | null;
type Reader = (i: number) => CellValue;
type ColumnName = (typeof SLICE_COLUMNS)[number]['name'];

/** The cells of a batch, column by column in the order of `SLICE_COLUMNS`; `time` in Unix microseconds. */
export function sliceColumns(batch: ElemBatch): CellValue[][] {
  const readers = readersOf(batch);
  return SLICE_COLUMNS.map(({ name }) => Array.from({ length: batch.length }, (_, i) => readers[name](i)));
}

function readersOf(batch: ElemBatch): Record<ColumnName, Reader> {
  const { timeUs, kind, vantage, pathId, labels, state, collectors, vantages } = batch;
  const isState = (i: number): boolean => kind[i] === KIND.state;
  return {
    time: (i) => timeUs[i]!,
    kind: (i) => KIND_NAMES[kind[i]!]!,
    collector: (i) => collectors[vantages.collector[vantage[i]!]!] ?? '',
    peer: perEntry(vantage, (at) => addressText(batch, vantages.address[at]!) || null),
    peer_asn: (i) => vantages.asn[vantage[i]!]!,
    ...prefixReaders(batch),
    path_id: (i) => pathId[i] || null,
    labels: perEntry(labels, (at) => formatLabels(batch, at)),
    ...attributeReaders(batch),
    old_state: (i) => (isState(i) ? state[i]! >>> 8 : null),
    new_state: (i) => (isState(i) ? state[i]! & 255 : null),
  };
}

function prefixReaders({ prefix, prefixes }: ElemBatch): Record<'family' | 'prefix' | 'rd', Reader> {
  const { table, bits, words, rd } = prefixes;
  return {
    family: perEntry(prefix, (at) => TABLE_NAMES[table[at]!]!),
    prefix: perEntry(prefix, (at) => formatPrefix(isV6Table(table[at]!), bits[at]!, words, at * 4)),
    rd: perEntry(prefix, (at) => (table[at]! > 1 ? formatRd(rd[at * 2]!, rd[at * 2 + 1]!) : null)),
  };
}

function attributeReaders(
  batch: ElemBatch,
): Omit<
  Record<ColumnName, Reader>,
  | 'time'
  | 'kind'
  | 'collector'
  | 'peer'
  | 'peer_asn'
  | 'family'
  | 'prefix'
  | 'rd'
  | 'path_id'
  | 'labels'
  | 'old_state'
  | 'new_state'
> {
  const { attrs, attrSets: sets } = batch;
  const optional = (flag: number, column: Uint32Array): Reader =>
    perEntry(attrs, (at) => (sets.flags[at]! & flag ? column[at]! : null));
  return {
    path: perEntry(attrs, (at) => formatPath(batch.paths, sets.path[at]!)),
    origin_asn: perEntry(attrs, (at) => pathOrigin(batch.paths, sets.path[at]!) ?? null),
    next_hop: perEntry(attrs, (at) => addressText(batch, sets.nextHop[at]!) || null),
    origin: perEntry(attrs, (at) => ORIGIN_NAMES[sets.origin[at]!] ?? null),
    med: optional(ATTR_FLAG.med, sets.med),
    local_pref: optional(ATTR_FLAG.localPref, sets.localPref),
    atomic: perEntry(attrs, (at) => (sets.flags[at]! & ATTR_FLAG.atomicAggregate) !== 0),
    communities: perEntry(attrs, (at) => formatCommunities(batch.communities, sets.communities[at]!)),
    ext_communities: perEntry(attrs, (at) =>
      formatExtCommunities(batch.extCommunities, sets.extCommunities[at]!),
    ),
    large_communities: perEntry(attrs, (at) =>
      formatLargeCommunities(batch.largeCommunities, sets.largeCommunities[at]!),
    ),
  };
}

/** Many elems point at one entry of a table: its text is made once. */
function perEntry(column: Uint32Array, read: (entry: number) => CellValue): Reader {
  const known = new Map<number, CellValue>();
  return (i) => {
    const entry = column[i]!;
    if (entry === NONE) return null;
    let value = known.get(entry);
    if (value === undefined) known.set(entry, (value = read(entry)));
    return value;
  };
}
