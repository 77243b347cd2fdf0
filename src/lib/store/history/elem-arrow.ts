import {
  makeData,
  makeVector,
  Table,
  tableToIPC,
  TimestampMicrosecond,
  Uint32,
  Uint8,
  type Vector,
} from 'apache-arrow';
import type { ElemBatch } from '#core/elem/batch.ts';
import { KIND, NONE } from '#core/elem/batch.ts';
import { formatPath, pathOrigin } from '#core/elem/path.ts';
import { addressText, formatCommunity, KIND_NAMES, listWords, prefixText } from '#core/elem/row.ts';
import { tableName } from '#core/prefix/prefix.ts';
import { TextColumn } from './text-column.ts';

/** Elems to be stored: all of a batch, or the rows named. */
export interface ElemSlice {
  readonly batch: ElemBatch;
  /** Indexes of the rows, ascending; null: all. */
  readonly rows: Uint32Array | null;
  /** Where the elems came from, for people. */
  readonly source: string;
}

/** Elems in the slices. */
export function countElems(slices: readonly ElemSlice[]): number {
  return slices.reduce((sum, { batch, rows }) => sum + (rows?.length ?? batch.length), 0);
}

/** The elems as one Arrow IPC stream with the columns of `ELEM_COLUMNS`, in the order given. */
export function encodeElems(slices: readonly ElemSlice[], recordedMs: number): Uint8Array {
  const columns = new ElemArrow(countElems(slices), recordedMs);
  for (const slice of slices) columns.add(slice);
  return tableToIPC(new Table(columns.take()), 'stream');
}

/** Numbers of texts by an index of the batch, made when first asked. */
class Memo {
  #ids = new Map<number, number>();
  readonly #make: (index: number) => number;

  constructor(make: (index: number) => number) {
    this.#make = make;
  }

  get(index: number): number {
    let id = this.#ids.get(index);
    if (id === undefined) this.#ids.set(index, (id = this.#make(index)));
    return id;
  }
}

/** Numbers with a bitmap that says which are there. */
class NumberColumn<T extends Uint32Array | Uint8Array> {
  readonly values: T;
  readonly #valid: Uint8Array;
  #nulls = 0;
  #length = 0;

  constructor(values: T) {
    this.values = values;
    this.#valid = new Uint8Array((values.length + 7) >> 3);
  }

  push(value: number | undefined): void {
    const at = this.#length++;
    if (value === undefined) {
      this.#nulls++;
      return;
    }
    this.values[at] = value;
    this.#valid[at >> 3]! |= 1 << (at & 7);
  }

  get nullCount(): number {
    return this.#nulls;
  }

  get nullBitmap(): Uint8Array {
    return this.#valid;
  }
}

class ElemArrow {
  readonly #time: BigInt64Array<ArrayBuffer>;
  readonly #recorded: BigInt64Array<ArrayBuffer>;
  readonly #texts: Record<
    'kind' | 'collector' | 'peer' | 'prefix' | 'family' | 'path' | 'nextHop' | 'communities' | 'source',
    TextColumn
  >;
  readonly #peerAsn: NumberColumn<Uint32Array<ArrayBuffer>>;
  readonly #origin: NumberColumn<Uint32Array<ArrayBuffer>>;
  readonly #oldState: NumberColumn<Uint8Array<ArrayBuffer>>;
  readonly #newState: NumberColumn<Uint8Array<ArrayBuffer>>;
  readonly #capacity: number;
  #length = 0;

  constructor(capacity: number, recordedMs: number) {
    const text = (): TextColumn => new TextColumn(capacity);
    this.#capacity = capacity;
    this.#time = new BigInt64Array(capacity);
    this.#recorded = new BigInt64Array(capacity).fill(BigInt(Math.floor(recordedMs)) * 1000n);
    this.#texts = {
      kind: text(),
      collector: text(),
      peer: text(),
      prefix: text(),
      family: text(),
      path: text(),
      nextHop: text(),
      communities: text(),
      source: text(),
    };
    this.#peerAsn = new NumberColumn(new Uint32Array(capacity));
    this.#origin = new NumberColumn(new Uint32Array(capacity));
    this.#oldState = new NumberColumn(new Uint8Array(capacity));
    this.#newState = new NumberColumn(new Uint8Array(capacity));
  }

  add({ batch, rows, source }: ElemSlice): void {
    const texts = this.#texts;
    const memos: Memos = {
      collector: new Memo((i) => texts.collector.id(batch.collectors[i] ?? '')),
      peer: new Memo((i) => texts.peer.id(addressText(batch, i))),
      prefix: new Memo((i) => texts.prefix.id(prefixText(batch, i))),
      path: new Memo((i) => texts.path.id(formatPath(batch.paths, i))),
      nextHop: new Memo((i) => (i === 0 ? -1 : texts.nextHop.id(addressText(batch, i)))),
      communities: new Memo((i) => (i === 0 ? -1 : texts.communities.id(communityText(batch, i)))),
      source: texts.source.id(source),
    };
    const count = rows?.length ?? batch.length;
    for (let at = 0; at < count; at++) this.#addElem(batch, rows?.[at] ?? at, memos);
  }

  #addElem(batch: ElemBatch, i: number, memos: Memos): void {
    const texts = this.#texts;
    const kind = batch.kind[i]!;
    const vantage = batch.vantage[i]!;
    this.#time[this.#length++] = BigInt(batch.timeUs[i]!);
    texts.kind.push(texts.kind.id(KIND_NAMES[kind] ?? 'announce'));
    texts.collector.push(memos.collector.get(batch.vantages.collector[vantage]!));
    texts.peer.push(memos.peer.get(batch.vantages.address[vantage]!));
    this.#peerAsn.push(batch.vantages.asn[vantage]);
    texts.source.push(memos.source);
    const isState = kind === KIND.state;
    this.#oldState.push(isState ? batch.state[i]! >>> 8 : undefined);
    this.#newState.push(isState ? batch.state[i]! & 0xff : undefined);
    const prefix = batch.prefix[i]!;
    texts.prefix.push(prefix === NONE ? -1 : memos.prefix.get(prefix));
    texts.family.push(prefix === NONE ? -1 : texts.family.id(tableName(batch.prefixes.table[prefix]!)));
    this.#addRoute(batch, batch.attrs[i]!, memos);
  }

  #addRoute(batch: ElemBatch, set: number, memos: Memos): void {
    const texts = this.#texts;
    if (set === NONE) {
      texts.path.push(-1);
      texts.nextHop.push(-1);
      texts.communities.push(-1);
      this.#origin.push(undefined);
      return;
    }
    const path = batch.attrSets.path[set]!;
    texts.path.push(memos.path.get(path));
    texts.nextHop.push(memos.nextHop.get(batch.attrSets.nextHop[set]!));
    texts.communities.push(memos.communities.get(batch.attrSets.communities[set]!));
    this.#origin.push(pathOrigin(batch.paths, path));
  }

  /** The columns, named and ordered as in `ELEM_COLUMNS`. */
  take(): Record<string, Vector> {
    const texts = this.#texts;
    return {
      time: timestamps(this.#time),
      kind: texts.kind.take(),
      collector: texts.collector.take(),
      peer: texts.peer.take(),
      peer_asn: this.#numbers(this.#peerAsn, new Uint32()),
      prefix: texts.prefix.take(),
      family: texts.family.take(),
      path: texts.path.take(),
      origin_asn: this.#numbers(this.#origin, new Uint32()),
      next_hop: texts.nextHop.take(),
      communities: texts.communities.take(),
      old_state: this.#numbers(this.#oldState, new Uint8()),
      new_state: this.#numbers(this.#newState, new Uint8()),
      source: texts.source.take(),
      recorded: timestamps(this.#recorded),
    };
  }

  #numbers(
    column: NumberColumn<Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>>,
    type: Uint32 | Uint8,
  ): Vector {
    const { values: data, nullCount, nullBitmap } = column;
    const length = this.#capacity;
    return type instanceof Uint32
      ? makeVector(makeData({ type, length, nullCount, nullBitmap, data: data as Uint32Array }))
      : makeVector(makeData({ type: type, length, nullCount, nullBitmap, data: data as Uint8Array }));
  }
}

interface Memos {
  readonly collector: Memo;
  readonly peer: Memo;
  readonly prefix: Memo;
  readonly path: Memo;
  readonly nextHop: Memo;
  readonly communities: Memo;
  readonly source: number;
}

function timestamps(data: BigInt64Array): Vector {
  return makeVector(makeData({ type: new TimestampMicrosecond(), data }));
}

function communityText(batch: ElemBatch, index: number): string {
  return Array.from(listWords(batch.communities, index), formatCommunity).join(' ');
}
