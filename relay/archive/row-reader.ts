import type { DuckDBDataChunk, DuckDBVector } from '@duckdb/node-api';
import type { ElemBatch } from '#core/elem/batch.ts';
import { ATTR_FLAG, ELEM_FLAG, KIND, NONE, ORIGIN, TABLE_NAMES } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { PathReader } from '#core/elem/path-reader.ts';
import { KIND_NAMES } from '#core/elem/row.ts';
import type { WordListTable } from '#core/elem/tables.ts';
import { tryParseAddress } from '#core/prefix/address.ts';
import { tryParsePrefix } from '#core/prefix/prefix.ts';
import { BgpError } from '#core/error.ts';
import {
  parseAggregator,
  parseCommunities,
  parseExtCommunities,
  parseLargeCommunities,
  parseRd,
  parseWords,
} from './text.ts';

/** The columns a `RowReader` wants, in this order, as a SELECT list over the archive's columns. */
export const READ_LIST = `seq::DOUBLE, epoch_us(time)::DOUBLE, kind, flags, collector, peer, peer_asn, family, prefix, rd, path_id, labels,
  path, path_raw, next_hop, origin, med, local_pref, atomic, aggregator, otc, communities, ext_communities,
  large_communities, old_state, new_state`;

const AT = {
  seq: 0,
  time: 1,
  kind: 2,
  flags: 3,
  collector: 4,
  peer: 5,
  peerAsn: 6,
  family: 7,
  prefix: 8,
  rd: 9,
  pathId: 10,
  labels: 11,
  path: 12,
  pathRaw: 13,
  nextHop: 14,
  origin: 15,
  med: 16,
  localPref: 17,
  atomic: 18,
  aggregator: 19,
  otc: 20,
  communities: 21,
  extCommunities: 22,
  largeCommunities: 23,
  oldState: 24,
  newState: 25,
} as const;
const COLUMNS = Object.keys(AT).length;

const ORIGIN_CODES = new Map<string, number>([
  ['igp', ORIGIN.igp],
  ['egp', ORIGIN.egp],
  ['incomplete', ORIGIN.incomplete],
]);

/**
 * Rows of the archive back to batches, each value as it was before. Rows must come in the order the batches shall have.
 * A row whose message began in a row that was filtered out carries `ELEM_FLAG.first`, so that the bit still counts messages.
 */
export class RowReader {
  readonly #builder: BatchBuilder;
  readonly #paths = new PathReader();
  /** Table entries by text, good for the builder's generation. */
  readonly #vantages = new Map<string, number>();
  readonly #prefixes = new Map<string, number>();
  readonly #attrs = new Map<string, number>();
  #generation = -1;
  #lastSeq = -1;
  #chunk: DuckDBVector[] = [];

  /** @param batchElems elems of a batch; messages stay whole, so it may be more. */
  constructor(batchElems = 1000) {
    this.#builder = new BatchBuilder(batchElems);
  }

  /** Take the rows of a chunk of `READ_LIST`. @returns batches that are full. @throws {BgpError} ARCHIVE_BAD_FILE */
  *push(chunk: DuckDBDataChunk): Generator<ElemBatch> {
    this.#chunk = Array.from({ length: COLUMNS }, (_, c) => chunk.getColumnVector(c));
    const rows = chunk.rowCount;
    for (let row = 0; row < rows; row++) {
      const seq = this.#number(AT.seq, row);
      const flags = this.#number(AT.flags, row) | (seq === this.#lastSeq + 1 ? 0 : ELEM_FLAG.first);
      this.#lastSeq = seq;
      if (this.#builder.isFull && flags & ELEM_FLAG.first) yield this.#builder.take();
      this.#add(row, flags);
    }
  }

  /** The rest; null when there is none. */
  end(): ElemBatch | null {
    return this.#builder.length > 0 ? this.#builder.take() : null;
  }

  #add(row: number, flags: number): void {
    const builder = this.#builder;
    if (builder.generation !== this.#generation) this.#forget();
    const kind = KIND_NAMES.indexOf(this.#text(AT.kind, row) as (typeof KIND_NAMES)[number]);
    if (kind < 0) throw bad('kind');
    const timeUs = this.#number(AT.time, row);
    const vantage = this.#vantage(row);
    if (kind === KIND.state) {
      builder.pushState(
        flags,
        timeUs,
        vantage,
        this.#number(AT.oldState, row),
        this.#number(AT.newState, row),
      );
      return;
    }
    const labels = this.#optional(AT.labels, row);
    builder.push(
      kind,
      flags,
      timeUs,
      vantage,
      this.#prefix(row),
      this.#attrSet(row),
      (this.#value(AT.pathId, row) as number | null) ?? 0,
      labels === null ? 0 : intern(builder.labelStacks, parseWords(labels)),
    );
  }

  #forget(): void {
    this.#generation = this.#builder.generation;
    this.#vantages.clear();
    this.#prefixes.clear();
    this.#attrs.clear();
  }

  #vantage(row: number): number {
    const collector = this.#text(AT.collector, row);
    const peer = this.#optional(AT.peer, row);
    const asn = this.#number(AT.peerAsn, row);
    const key = `${peer} ${asn} ${collector}`;
    const known = this.#vantages.get(key);
    if (known !== undefined) return known;
    const index = this.#builder.vantages.intern(collector, this.#address(peer), asn);
    this.#vantages.set(key, index);
    return index;
  }

  #address(text: string | null): number {
    if (text === null) return 0;
    const address = tryParseAddress(text);
    if (!address) throw bad('address');
    return this.#builder.addresses.intern(address.isV6, ...address.words);
  }

  #prefix(row: number): number {
    const text = this.#text(AT.prefix, row);
    const rd = this.#optional(AT.rd, row);
    const family = this.#text(AT.family, row);
    const key = rd === null ? `${text} ${family}` : `${text} ${family} ${rd}`;
    const known = this.#prefixes.get(key);
    if (known !== undefined) return known;
    const prefix = tryParsePrefix(text);
    const table = (TABLE_NAMES as readonly string[]).indexOf(family);
    if (!prefix || table < 0 || prefix.isV6 !== ((table & 1) === 1)) throw bad('prefix');
    const [high, low] = rd === null ? [0, 0] : parseRd(rd);
    const index = this.#builder.prefixes.internVpn(table, prefix.bits, ...prefix.words, high, low);
    this.#prefixes.set(key, index);
    return index;
  }

  #attrSet(row: number): number {
    const path = this.#optional(AT.path, row);
    if (path === null) return NONE;
    let key = path;
    for (let c: number = AT.pathRaw; c <= AT.largeCommunities; c++) {
      const value = this.#value(c, row);
      key += value === null ? '|' : `|${value as string}`;
    }
    const known = this.#attrs.get(key);
    if (known !== undefined) return known;
    const index = this.#internAttrs(row, path);
    this.#attrs.set(key, index);
    return index;
  }

  #internAttrs(row: number, path: string): number {
    const builder = this.#builder;
    const aggregator = this.#optional(AT.aggregator, row);
    const { asn, address } = aggregator === null ? { asn: 0, address: 0 } : parseAggregator(aggregator);
    const number = (column: number): number => (this.#value(column, row) as number | null) ?? 0;
    const has = (column: number): boolean => this.#value(column, row) !== null;
    const list = (column: number, table: WordListTable, parse: (text: string) => Uint32Array): number => {
      const text = this.#optional(column, row);
      return text === null ? 0 : intern(table, parse(text));
    };
    return builder.attrSets.intern({
      flags:
        (has(AT.med) ? ATTR_FLAG.med : 0) |
        (has(AT.localPref) ? ATTR_FLAG.localPref : 0) |
        (this.#value(AT.atomic, row) === true ? ATTR_FLAG.atomicAggregate : 0) |
        (aggregator === null ? 0 : ATTR_FLAG.aggregator) |
        (has(AT.otc) ? ATTR_FLAG.otc : 0),
      origin: originCode(this.#optional(AT.origin, row)),
      path: this.#path(path, this.#optional(AT.pathRaw, row)),
      nextHop: this.#address(this.#optional(AT.nextHop, row)),
      med: number(AT.med),
      localPref: number(AT.localPref),
      aggregatorAsn: asn,
      aggregatorAddress: address,
      otc: number(AT.otc),
      communities: list(AT.communities, builder.communities, parseCommunities),
      extCommunities: list(AT.extCommunities, builder.extCommunities, parseExtCommunities),
      largeCommunities: list(AT.largeCommunities, builder.largeCommunities, parseLargeCommunities),
    });
  }

  #path(text: string, raw: string | null): number {
    if (raw !== null) return intern(this.#builder.paths, parseWords(raw));
    const index = this.#paths.text(text, this.#builder.paths);
    if (index < 0) throw bad('path');
    return index;
  }

  #value(column: number, row: number): unknown {
    return this.#chunk[column]!.getItem(row);
  }

  #number(column: number, row: number): number {
    const value = this.#value(column, row);
    if (typeof value !== 'number') throw bad(Object.keys(AT)[column]!);
    return value;
  }

  #text(column: number, row: number): string {
    const value = this.#value(column, row);
    if (typeof value !== 'string') throw bad(Object.keys(AT)[column]!);
    return value;
  }

  #optional(column: number, row: number): string | null {
    return this.#value(column, row) as string | null;
  }
}

function intern(table: WordListTable, words: Uint32Array): number {
  return table.intern(words, 0, words.length);
}

function originCode(text: string | null): number {
  if (text === null) return ORIGIN.none;
  return ORIGIN_CODES.get(text) ?? Number(text);
}

function bad(column: string): BgpError {
  return new BgpError('ARCHIVE_BAD_FILE', `a row's ${column} cannot be read`);
}
