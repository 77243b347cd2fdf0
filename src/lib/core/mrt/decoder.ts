import { RibAttributeDecoder } from '../bgp/rib-attributes.ts';
import { UpdateDecoder } from '../bgp/update.ts';
import type { ElemBatch } from '../elem/batch.ts';
import { BatchBuilder } from '../elem/builder.ts';
import { BgpError } from '../error.ts';
import { Bgp4mpDecoder } from './bgp4mp.ts';
import { HEADER_BYTES, MAX_BODY_BYTES, TYPE, u16, u32 } from './header.ts';
import { MrtStats } from './stats.ts';
import type { TableDumpSink } from './table-dump.ts';
import { decodeTableDump } from './table-dump.ts';
import { TableDumpV2Decoder } from './table-dump-v2.ts';
import { VantageCache } from './vantages.ts';

export interface MrtOptions {
  /** Name of the collector, for the vantages: `rrc00`, `route-views2`. */
  readonly collector: string;
  /** Elems after which a batch is handed over, at the end of the record they are in. */
  readonly batchElems?: number;
  /** Also decode multicast routes (SAFI 2), flagged `ELEM_FLAG.multicast`. Otherwise they are counted as unsupported. */
  readonly multicast?: boolean;
}

const DEFAULT_BATCH_ELEMS = 1000;

/**
 * Decodes an MRT stream (RFC 6396) pushed in chunks of any size. Memory is bounded by the longest record and one batch.
 *
 * A record that makes no sense is counted in `stats` with its offset and skipped, because its header still says where the
 * next one starts. When it cannot (`MRT_LOST_FRAMING`) or the stream ends inside a record (`MRT_TRUNCATED`), everything
 * decoded so far is delivered and the error is thrown; after that the decoder takes nothing more.
 */
export class MrtDecoder {
  readonly stats: MrtStats;
  readonly #onBatch: (batch: ElemBatch) => void;
  readonly #builder: BatchBuilder;
  readonly #bgp4mp: Bgp4mpDecoder;
  readonly #tableDumpV2: TableDumpV2Decoder;
  readonly #sink: TableDumpSink;
  /** The record that the chunks so far have only begun: `#carry[0 .. #carryBytes)`. */
  #carry = new Uint8Array(65536);
  #carryBytes = 0;
  /** Offset in the stream of the first byte not yet decoded. */
  #offset = 0;
  #isOver = false;

  constructor(options: MrtOptions, onBatch: (batch: ElemBatch) => void) {
    this.#onBatch = onBatch;
    const multicast = options.multicast ?? false;
    const builder = new BatchBuilder(options.batchElems ?? DEFAULT_BATCH_ELEMS);
    const updates = new UpdateDecoder(builder, { multicast });
    const stats = new MrtStats(updates.stats);
    const vantages = new VantageCache(builder, options.collector);
    this.stats = stats;
    this.#builder = builder;
    const ribAttributes = new RibAttributeDecoder(builder, updates.attributes);
    this.#sink = { builder, ribAttributes, vantages, stats };
    this.#bgp4mp = new Bgp4mpDecoder(builder, updates, vantages, stats);
    this.#tableDumpV2 = new TableDumpV2Decoder(this.#sink, updates.nlri, multicast);
  }

  /**
   * Decode the next bytes of the stream. The chunk is not kept.
   * @throws {BgpError} MRT_LOST_FRAMING
   */
  push(chunk: Uint8Array): void {
    if (this.#isOver) return;
    this.stats.bytes += chunk.length;
    // Node's Buffer is a class of its own: with two classes of bytes every read in the decoders would check for both.
    if (chunk.constructor !== Uint8Array)
      chunk = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    let at = 0;
    while (this.#carryBytes > 0) {
      const taken = this.#topUp(chunk, at);
      at += taken;
      if (!this.#carryIsComplete()) {
        if (taken === 0) return;
        continue;
      }
      const bytes = this.#carryBytes;
      this.#carryBytes = 0;
      this.#records(this.#carry, 0, bytes);
    }
    const rest = this.#records(chunk, at, chunk.length);
    if (rest < chunk.length) this.#keep(chunk, rest);
  }

  /**
   * The stream is over: hand over what is left.
   * @throws {BgpError} MRT_TRUNCATED if it ended inside a record
   */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#flush();
    if (this.#carryBytes > 0) {
      throw new BgpError('MRT_TRUNCATED', `${this.#carryBytes} bytes of a record at offset ${this.#offset}`);
    }
  }

  /** Bytes the carried record needs in all, as far as known: its header first. */
  #carryNeeds(): number {
    return this.#carryBytes < HEADER_BYTES ? HEADER_BYTES : HEADER_BYTES + u32(this.#carry, 8);
  }

  #carryIsComplete(): boolean {
    return this.#carryBytes >= HEADER_BYTES && this.#carryBytes >= this.#carryNeeds();
  }

  /** Move the bytes that the carried record lacks out of `chunk`; returns how many there were. */
  #topUp(chunk: Uint8Array, at: number): number {
    if (this.#carryBytes >= HEADER_BYTES) this.#checkLength(u32(this.#carry, 8));
    const taken = Math.min(this.#carryNeeds() - this.#carryBytes, chunk.length - at);
    if (taken > 0) this.#append(chunk, at, at + taken);
    return taken;
  }

  #keep(chunk: Uint8Array, at: number): void {
    this.#append(chunk, at, chunk.length);
  }

  #append(chunk: Uint8Array, at: number, end: number): void {
    const needed = this.#carryBytes + end - at;
    if (needed > this.#carry.length) {
      const grown = new Uint8Array(Math.max(needed, this.#carry.length * 2));
      grown.set(this.#carry.subarray(0, this.#carryBytes));
      this.#carry = grown;
    }
    this.#carry.set(chunk.subarray(at, end), this.#carryBytes);
    this.#carryBytes = needed;
  }

  /** Decode the complete records of `bytes[at .. end)`; returns where the incomplete one starts. */
  #records(bytes: Uint8Array, at: number, end: number): number {
    while (end - at >= HEADER_BYTES) {
      const bodyBytes = u32(bytes, at + 8);
      if (bodyBytes > MAX_BODY_BYTES) this.#checkLength(bodyBytes);
      const next = at + HEADER_BYTES + bodyBytes;
      if (next > end) break;
      this.#record(bytes, at, next);
      this.#offset += next - at;
      at = next;
      if (this.#builder.isFull) this.#flush();
    }
    return at;
  }

  #checkLength(bodyBytes: number): void {
    if (bodyBytes <= MAX_BODY_BYTES) return;
    this.#isOver = true;
    this.#flush();
    throw new BgpError('MRT_LOST_FRAMING', `record of ${bodyBytes} bytes at offset ${this.#offset}`);
  }

  #record(bytes: Uint8Array, at: number, end: number): void {
    this.stats.records++;
    const type = u16(bytes, at + 4);
    const subtype = u16(bytes, at + 6);
    try {
      if (!this.#dispatch(bytes, at + HEADER_BYTES, end, type, subtype, u32(bytes, at))) {
        this.stats.noteUnsupported(type, subtype);
      }
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      this.stats.noteDamaged(this.#offset, error.code, error.message);
    }
  }

  #dispatch(
    bytes: Uint8Array,
    at: number,
    end: number,
    type: number,
    subtype: number,
    timeS: number,
  ): boolean {
    switch (type) {
      case TYPE.bgp4mp:
        return this.#bgp4mp.decode(bytes, at, end, subtype, timeS, -1);
      case TYPE.bgp4mpEt: {
        if (end - at < 4) throw new BgpError('MRT_BAD_RECORD', 'BGP4MP_ET without microseconds');
        const microseconds = Math.min(u32(bytes, at), 999_999);
        return this.#bgp4mp.decode(bytes, at + 4, end, subtype, timeS, microseconds);
      }
      case TYPE.tableDumpV2:
        return this.#tableDumpV2.decode(bytes, at, end, subtype, timeS * 1e6);
      case TYPE.tableDump:
        return decodeTableDump(bytes, at, end, subtype, timeS * 1e6, this.#sink);
      case TYPE.bgp:
        return this.#bgp4mp.decodeLegacy(bytes, at, end, subtype, timeS * 1e6);
      default:
        return false;
    }
  }

  #flush(): void {
    if (this.#builder.length === 0) return;
    const batch = this.#builder.take();
    this.stats.elems += batch.length;
    this.#onBatch(batch);
  }
}
