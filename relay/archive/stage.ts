import type { DuckDBConnection } from '@duckdb/node-api';
import { BOOLEAN, DOUBLE, DuckDBDataChunk, UINTEGER, USMALLINT, UTINYINT, VARCHAR } from '@duckdb/node-api';
import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';
import type { ElemBatch } from '#core/elem/batch.ts';
import { ATTR_FLAG, TABLE_NAMES } from '#core/elem/batch.ts';
import { pathOrigin } from '#core/elem/path.ts';
import { addressText, ORIGIN_NAMES } from '#core/elem/row.ts';
import { formatPrefix, isV6Table } from '#core/prefix/prefix.ts';
import { formatRd } from '#core/prefix/rd.ts';
import {
  formatAggregator,
  formatCommunities,
  formatExtCommunities,
  formatLabels,
  formatLargeCommunities,
  formatPathExact,
} from './text.ts';

/** Vectors filled before others get their turn: the spool's sync must not wait for a whole file. */
const VECTORS_PER_TURN = 8;
/** Rows of a DuckDB vector. */
const VECTOR_ROWS = 2048;
/** The path attribute `origin` is said by name, or by number where it has none. */
const NO_ORIGIN = 255;

/** One table of the staging area: its columns, and how a row's value is found. */
interface Staged {
  readonly name: string;
  readonly columns: readonly (readonly [
    name: string,
    type: DuckDBType,
    read: (row: number) => DuckDBValue,
  ])[];
  readonly rows: number;
}

/**
 * Put a batch into temporary tables: the elems as numbers, and beside them the texts of each prefix, vantage, attribute set
 * and label stack once. `STAGED_ROWS` joins them to the archive's columns inside DuckDB, so no text crosses per elem.
 *
 * @param firstSeq seq of the batch's first elem; the others follow.
 */
export async function stage(connection: DuckDBConnection, batch: ElemBatch, firstSeq: number): Promise<void> {
  for (const table of [
    elems(batch, firstSeq),
    prefixes(batch),
    vantages(batch),
    attributes(batch),
    labels(batch),
  ])
    await fill(connection, table);
}

async function fill(connection: DuckDBConnection, { name, columns, rows }: Staged): Promise<void> {
  const declared = columns.map(([column, type]) => `${column} ${type.toString()}`).join(', ');
  await connection.run(`CREATE OR REPLACE TEMP TABLE ${name} (${declared})`);
  const appender = await connection.createAppender(name, 'main', 'temp');
  const types = columns.map(([, type]) => type);
  for (let from = 0; from < rows; from += VECTOR_ROWS) {
    const count = Math.min(VECTOR_ROWS, rows - from);
    const chunk = DuckDBDataChunk.create(types, count);
    for (const [c, [, , read]] of columns.entries()) {
      const vector = chunk.getColumnVector(c);
      for (let i = 0; i < count; i++) vector.setItem(i, read(from + i));
      vector.flush();
    }
    appender.appendDataChunk(chunk);
    if ((from / VECTOR_ROWS) % VECTORS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  appender.closeSync();
}

function elems(batch: ElemBatch, firstSeq: number): Staged {
  const { timeUs, kind, flags, vantage, prefix, attrs, pathId, labels: stack, state } = batch;
  return {
    name: 'stage_elem',
    rows: batch.length,
    columns: [
      ['seq', DOUBLE, (i) => firstSeq + i],
      ['time_us', DOUBLE, (i) => timeUs[i]!],
      ['kind', UTINYINT, (i) => kind[i]!],
      ['flags', UTINYINT, (i) => flags[i]!],
      ['vantage', UINTEGER, (i) => vantage[i]!],
      ['prefix', UINTEGER, (i) => prefix[i]!],
      ['attrs', UINTEGER, (i) => attrs[i]!],
      ['path_id', UINTEGER, (i) => pathId[i]!],
      ['labels', UINTEGER, (i) => stack[i]!],
      ['state', USMALLINT, (i) => state[i]!],
    ],
  };
}

function prefixes(batch: ElemBatch): Staged {
  const { table, bits, words, rd, length } = batch.prefixes;
  return {
    name: 'stage_prefix',
    rows: length,
    columns: [
      ['id', UINTEGER, (i) => i],
      ['prefix', VARCHAR, (i) => formatPrefix(isV6Table(table[i]!), bits[i]!, words, i * 4)],
      ['family', VARCHAR, (i) => TABLE_NAMES[table[i]!]!],
      ['rd', VARCHAR, (i) => (table[i]! > 1 ? formatRd(rd[i * 2]!, rd[i * 2 + 1]!) : null)],
    ],
  };
}

function vantages(batch: ElemBatch): Staged {
  const { collector, address, asn, length } = batch.vantages;
  return {
    name: 'stage_vantage',
    rows: length,
    columns: [
      ['id', UINTEGER, (i) => i],
      ['collector', VARCHAR, (i) => batch.collectors[collector[i]!] ?? ''],
      ['peer', VARCHAR, (i) => addressText(batch, address[i]!) || null],
      ['peer_asn', UINTEGER, (i) => asn[i]!],
    ],
  };
}

function attributes(batch: ElemBatch): Staged {
  const sets = batch.attrSets;
  const has = (i: number, flag: number): boolean => (sets.flags[i]! & flag) !== 0;
  const path = (i: number) => formatPathExact(batch.paths, sets.path[i]!);
  return {
    name: 'stage_attrs',
    rows: sets.length,
    columns: [
      ['id', UINTEGER, (i) => i],
      ['path', VARCHAR, (i) => path(i).text],
      ['path_raw', VARCHAR, (i) => path(i).raw],
      ['origin_asn', UINTEGER, (i) => pathOrigin(batch.paths, sets.path[i]!) ?? null],
      ['next_hop', VARCHAR, (i) => addressText(batch, sets.nextHop[i]!) || null],
      ['origin', VARCHAR, (i) => originName(sets.origin[i]!)],
      ['med', UINTEGER, (i) => (has(i, ATTR_FLAG.med) ? sets.med[i]! : null)],
      ['local_pref', UINTEGER, (i) => (has(i, ATTR_FLAG.localPref) ? sets.localPref[i]! : null)],
      ['atomic', BOOLEAN, (i) => has(i, ATTR_FLAG.atomicAggregate)],
      [
        'aggregator',
        VARCHAR,
        (i) =>
          has(i, ATTR_FLAG.aggregator)
            ? formatAggregator(sets.aggregatorAsn[i]!, sets.aggregatorAddress[i]!)
            : null,
      ],
      ['otc', UINTEGER, (i) => (has(i, ATTR_FLAG.otc) ? sets.otc[i]! : null)],
      ['communities', VARCHAR, (i) => formatCommunities(batch.communities, sets.communities[i]!)],
      [
        'ext_communities',
        VARCHAR,
        (i) => formatExtCommunities(batch.extCommunities, sets.extCommunities[i]!),
      ],
      [
        'large_communities',
        VARCHAR,
        (i) => formatLargeCommunities(batch.largeCommunities, sets.largeCommunities[i]!),
      ],
    ],
  };
}

function originName(origin: number): string | null {
  return origin === NO_ORIGIN ? null : (ORIGIN_NAMES[origin] ?? String(origin));
}

function labels(batch: ElemBatch): Staged {
  return {
    name: 'stage_labels',
    rows: batch.labelStacks.length,
    columns: [
      ['id', UINTEGER, (i) => i],
      ['labels', VARCHAR, (i) => formatLabels(batch, i)],
    ],
  };
}

/** The staged elems as rows of the archive's columns and their prefix's number, in no order. */
export const STAGED_ROWS = `
  SELECT e.seq::BIGINT AS seq, make_timestamp(e.time_us::BIGINT) AS time,
    CASE e.kind WHEN 0 THEN 'announce' WHEN 1 THEN 'withdraw' WHEN 2 THEN 'state' ELSE 'rib' END AS kind,
    e.flags, v.collector, v.peer, v.peer_asn, p.family, p.prefix, p.rd,
    CASE WHEN e.path_id > 0 THEN e.path_id END AS path_id, l.labels,
    a.path, a.origin_asn, a.next_hop, a.origin, a.med, a.local_pref, a.atomic, a.aggregator, a.otc,
    a.communities, a.ext_communities, a.large_communities,
    CASE WHEN e.kind = 2 THEN (e.state >> 8)::UTINYINT END AS old_state,
    CASE WHEN e.kind = 2 THEN (e.state & 255)::UTINYINT END AS new_state, a.path_raw, e.prefix AS prefix_id
  FROM stage_elem e
    JOIN stage_vantage v ON v.id = e.vantage
    LEFT JOIN stage_prefix p ON p.id = e.prefix
    LEFT JOIN stage_attrs a ON a.id = e.attrs
    LEFT JOIN stage_labels l ON l.id = e.labels`;
