import type { DuckDBDataChunk, DuckDBVector } from '@duckdb/node-api';
import type { ElemBatch } from '#core/elem/batch.ts';
import { ATTR_FLAG, ELEM_FLAG, KIND, NONE, ORIGIN, TABLE_NAMES } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { PathReader } from '#core/elem/path-reader.ts';
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

/** Apart by this in joined texts; in none of the texts but a collector's name, which comes last. */
const SEPARATOR = '|';

const joined = (...columns: string[]): string =>
  columns.map((column) => `coalesce(${column}::VARCHAR, '')`).join(` || '${SEPARATOR}' || `);

/** What a `RowReader` wants, over the archive's columns: what is the same in many rows as one text, so that it is read once. */
export const READ_LIST = [
  'seq::DOUBLE',
  'epoch_us(time)::DOUBLE',
  `CASE kind WHEN 'announce' THEN 0 WHEN 'withdraw' THEN 1 WHEN 'state' THEN 2 WHEN 'rib' THEN 3 ELSE 255 END::UTINYINT`,
  'flags',
  joined('peer', 'peer_asn', 'collector'),
  joined('family', 'prefix', 'rd'),
  `CASE WHEN path IS NULL THEN '' ELSE ${joined(
    'path',
    'path_raw',
    'next_hop',
    'origin',
    'med',
    'local_pref',
    'atomic',
    'aggregator',
    'otc',
    'communities',
    'ext_communities',
    'large_communities',
  )} END`,
  'coalesce(path_id, 0)',
  `coalesce(labels, '')`,
  'coalesce(old_state, 0)',
  'coalesce(new_state, 0)',
].join(', ');

const AT = {
  seq: 0,
  time: 1,
  kind: 2,
  flags: 3,
  vantage: 4,
  prefix: 5,
  attrs: 6,
  pathId: 7,
  labels: 8,
  oldState: 9,
  newState: 10,
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
    const kind = this.#number(AT.kind, row);
    if (kind > KIND.rib) throw bad('kind');
    const timeUs = this.#number(AT.time, row);
    const vantage = this.#known(this.#vantages, AT.vantage, row, (text) => this.#vantage(text));
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
    const labels = this.#text(AT.labels, row);
    builder.push(
      kind,
      flags,
      timeUs,
      vantage,
      this.#known(this.#prefixes, AT.prefix, row, (text) => this.#prefix(text)),
      this.#known(this.#attrs, AT.attrs, row, (text) => this.#attrSet(text)),
      this.#number(AT.pathId, row),
      labels === '' ? 0 : intern(builder.labelStacks, parseWords(labels)),
    );
  }

  #forget(): void {
    this.#generation = this.#builder.generation;
    this.#vantages.clear();
    this.#prefixes.clear();
    this.#attrs.clear();
  }

  /** The entry a row's text stands for, made when the batch has not met it. */
  #known(entries: Map<string, number>, column: number, row: number, make: (text: string) => number): number {
    const text = this.#text(column, row);
    let entry = entries.get(text);
    if (entry === undefined) entries.set(text, (entry = make(text)));
    return entry;
  }

  #vantage(text: string): number {
    const [peer, asn, ...collector] = text.split(SEPARATOR);
    return this.#builder.vantages.intern(collector.join(SEPARATOR), this.#address(peer!), Number(asn));
  }

  #address(text: string): number {
    if (text === '') return 0;
    const address = tryParseAddress(text);
    if (!address) throw bad('address');
    return this.#builder.addresses.intern(address.isV6, ...address.words);
  }

  #prefix(key: string): number {
    const [family, text, rd] = key.split(SEPARATOR);
    const prefix = tryParsePrefix(text!);
    const table = (TABLE_NAMES as readonly string[]).indexOf(family!);
    if (!prefix || table < 0 || prefix.isV6 !== ((table & 1) === 1)) throw bad('prefix');
    const [high, low] = rd === '' ? [0, 0] : parseRd(rd!);
    return this.#builder.prefixes.internVpn(table, prefix.bits, ...prefix.words, high, low);
  }

  #attrSet(key: string): number {
    if (key === '') return NONE;
    const builder = this.#builder;
    const [path, raw, nextHop, origin, med, localPref, atomic, aggregator, otc, communities, ext, large] =
      key.split(SEPARATOR) as AttrTexts;
    const { asn, address } = aggregator === '' ? { asn: 0, address: 0 } : parseAggregator(aggregator);
    const list = (text: string, table: WordListTable, parse: (text: string) => Uint32Array): number =>
      text === '' ? 0 : intern(table, parse(text));
    return builder.attrSets.intern({
      flags:
        (med === '' ? 0 : ATTR_FLAG.med) |
        (localPref === '' ? 0 : ATTR_FLAG.localPref) |
        (atomic === 'true' ? ATTR_FLAG.atomicAggregate : 0) |
        (aggregator === '' ? 0 : ATTR_FLAG.aggregator) |
        (otc === '' ? 0 : ATTR_FLAG.otc),
      origin: origin === '' ? ORIGIN.none : (ORIGIN_CODES.get(origin) ?? Number(origin)),
      path: this.#path(path, raw),
      nextHop: this.#address(nextHop),
      med: Number(med),
      localPref: Number(localPref),
      aggregatorAsn: asn,
      aggregatorAddress: address,
      otc: Number(otc),
      communities: list(communities, builder.communities, parseCommunities),
      extCommunities: list(ext, builder.extCommunities, parseExtCommunities),
      largeCommunities: list(large, builder.largeCommunities, parseLargeCommunities),
    });
  }

  #path(text: string, raw: string): number {
    if (raw !== '') return intern(this.#builder.paths, parseWords(raw));
    const index = this.#paths.text(text, this.#builder.paths);
    if (index < 0) throw bad('path');
    return index;
  }

  #number(column: number, row: number): number {
    const value = this.#chunk[column]!.getItem(row);
    if (typeof value !== 'number') throw bad(Object.keys(AT)[column]!);
    return value;
  }

  #text(column: number, row: number): string {
    const value = this.#chunk[column]!.getItem(row);
    if (typeof value !== 'string') throw bad(Object.keys(AT)[column]!);
    return value;
  }
}

/** The members of the joined text of an attribute set, in its order. */
type AttrTexts = [
  path: string,
  raw: string,
  nextHop: string,
  origin: string,
  med: string,
  localPref: string,
  atomic: string,
  aggregator: string,
  otc: string,
  communities: string,
  ext: string,
  large: string,
];

function intern(table: WordListTable, words: Uint32Array): number {
  return table.intern(words, 0, words.length);
}

function bad(column: string): BgpError {
  return new BgpError('ARCHIVE_BAD_FILE', `a row's ${column} cannot be read`);
}
