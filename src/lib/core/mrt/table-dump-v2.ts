import { SAFI, tableOf } from '../bgp/attribute.ts';
import type { NlriReader } from '../bgp/nlri.ts';
import { countNlri } from '../bgp/nlri.ts';
import type { RibAttributeDecoder } from '../bgp/rib-attributes.ts';
import { ELEM_FLAG, KIND, NONE } from '../elem/batch.ts';
import type { BatchBuilder } from '../elem/builder.ts';
import { BgpError } from '../error.ts';
import { TABLE_DUMP_V2, u16, u32 } from './header.ts';
import type { MrtStats } from './stats.ts';
import type { TableDumpSink } from './table-dump.ts';
import type { VantageCache } from './vantages.ts';

/** Peer entry type bits, RFC 6396 §4.3.1. */
const PEER_IS_V6 = 1;
const PEER_IS_AS4 = 2;

/** What the records of one RIB subtype are. */
interface RibForm {
  /** `TABLE` value. */
  readonly table: number;
  readonly addPath: boolean;
  readonly isMulticast: boolean;
}

const SUBTYPES: Readonly<Record<number, RibForm>> = {
  [TABLE_DUMP_V2.ribIpv4Unicast]: { table: 0, addPath: false, isMulticast: false },
  [TABLE_DUMP_V2.ribIpv4Multicast]: { table: 0, addPath: false, isMulticast: true },
  [TABLE_DUMP_V2.ribIpv6Unicast]: { table: 1, addPath: false, isMulticast: false },
  [TABLE_DUMP_V2.ribIpv6Multicast]: { table: 1, addPath: false, isMulticast: true },
  [TABLE_DUMP_V2.ribIpv4UnicastAddPath]: { table: 0, addPath: true, isMulticast: false },
  [TABLE_DUMP_V2.ribIpv4MulticastAddPath]: { table: 0, addPath: true, isMulticast: true },
  [TABLE_DUMP_V2.ribIpv6UnicastAddPath]: { table: 1, addPath: true, isMulticast: false },
  [TABLE_DUMP_V2.ribIpv6MulticastAddPath]: { table: 1, addPath: true, isMulticast: true },
};

/** Decodes TABLE_DUMP_V2 records (RFC 6396 §4.3, RFC 8050 §4) against the last PEER_INDEX_TABLE. */
export class TableDumpV2Decoder {
  readonly #builder: BatchBuilder;
  readonly #nlri: NlriReader;
  readonly #ribAttributes: RibAttributeDecoder;
  readonly #vantages: VantageCache;
  readonly #stats: MrtStats;
  readonly #multicast: boolean;
  /** Copy of the peer index table's entries: type u8, BGP id u32, address, ASN. */
  #peers: Uint8Array | null = null;
  /** Where each peer's entry starts in `#peers`. */
  #peerAt = new Uint32Array(0);
  /** Each peer's vantage index plus 1 in the current batch, 0 where not looked up yet. */
  #peerVantage = new Uint32Array(0);
  #peerCount = 0;
  #generation = -1;

  constructor(sink: TableDumpSink, nlri: NlriReader, multicast: boolean) {
    this.#builder = sink.builder;
    this.#ribAttributes = sink.ribAttributes;
    this.#vantages = sink.vantages;
    this.#stats = sink.stats;
    this.#nlri = nlri;
    this.#multicast = multicast;
  }

  /**
   * Decode the record body `bytes[at .. end)`.
   * @returns false if the subtype is unsupported: multicast tables, GEO_PEER_TABLE (RFC 6397), families not decoded.
   * @throws {BgpError} MRT_BAD_RECORD, MRT_NO_PEER_INDEX, BGP_BAD_NLRI
   */
  decode(bytes: Uint8Array, at: number, end: number, subtype: number, timeUs: number): boolean {
    const form = SUBTYPES[subtype];
    if (form) return (!form.isMulticast || this.#multicast) && this.#rib(bytes, at + 4, end, form, timeUs);
    if (subtype === TABLE_DUMP_V2.peerIndexTable) this.#peerIndexTable(bytes, at, end);
    else if (subtype === TABLE_DUMP_V2.ribGeneric) return this.#ribGeneric(bytes, at, end, timeUs, false);
    else if (subtype === TABLE_DUMP_V2.ribGenericAddPath)
      return this.#ribGeneric(bytes, at, end, timeUs, true);
    else return false;
    return true;
  }

  #peerIndexTable(bytes: Uint8Array, at: number, end: number): void {
    // Until the new table has been read to its end there is none: entries must not be put to the wrong peers.
    this.#peers = null;
    // 0: collector id u32   4: view name length u16, view name   then: peer count u16, entries
    const countAt = at + 6 + (at + 6 <= end ? u16(bytes, at + 4) : 0);
    if (countAt + 2 > end) throw new BgpError('MRT_BAD_RECORD', `PEER_INDEX_TABLE of ${end - at} bytes`);
    const count = u16(bytes, countAt);
    const first = countAt + 2;
    if (this.#peerAt.length < count) {
      this.#peerAt = new Uint32Array(count);
      this.#peerVantage = new Uint32Array(count);
    }
    let next = first;
    for (let i = 0; i < count; i++) {
      this.#peerAt[i] = next - first;
      const type = next < end ? bytes[next]! : 0;
      next += 5 + (type & PEER_IS_V6 ? 16 : 4) + (type & PEER_IS_AS4 ? 4 : 2);
      if (next > end)
        throw new BgpError('MRT_BAD_RECORD', `PEER_INDEX_TABLE ends inside peer ${i} of ${count}`);
    }
    this.#peers = bytes.slice(first, next);
    this.#peerCount = count;
    this.#generation = -1;
    this.#stats.peerIndexTables++;
  }

  #ribGeneric(bytes: Uint8Array, at: number, end: number, timeUs: number, addPath: boolean): boolean {
    // 0: sequence u32   4: AFI u16   6: SAFI u8   7: one NLRI, then as in the other RIB records
    if (end - at < 8) throw new BgpError('MRT_BAD_RECORD', `RIB_GENERIC of ${end - at} bytes`);
    const table = tableOf(u16(bytes, at + 4), bytes[at + 6]!, this.#multicast);
    const isMulticast = bytes[at + 6] === SAFI.multicast;
    return table === -1 ? false : this.#rib(bytes, at + 7, end, { table, addPath, isMulticast }, timeUs);
  }

  /** Prefix at `at`, entry count, and the entries. */
  #rib(bytes: Uint8Array, at: number, end: number, form: RibForm, timeUs: number): boolean {
    const { table, addPath } = form;
    if (this.#peers === null)
      throw new BgpError('MRT_NO_PEER_INDEX', 'RIB record without a PEER_INDEX_TABLE');
    if (at >= end) throw new BgpError('MRT_BAD_RECORD', 'RIB record without a prefix');
    const entriesAt = at + 1 + ((bytes[at]! + 7) >> 3);
    if (entriesAt + 2 > end || countNlri(bytes, at, entriesAt, table, false) !== 1) {
      throw new BgpError('BGP_BAD_NLRI', 'RIB record with a bad prefix');
    }
    const count = u16(bytes, entriesAt);
    this.#checkEntries(bytes, entriesAt + 2, end, count, addPath);
    this.#startBatch();
    const nlri = this.#nlri;
    const label = table > 1 ? nlri.labelsAt(bytes, at) : null;
    const prefix = nlri.prefixAt(bytes, at, table, label?.labelBytes ?? 0);
    this.#entries(bytes, entriesAt + 2, count, prefix, label?.labels ?? 0, form, timeUs);
    return true;
  }

  /** Walk the entries' lengths, so that a record gives all its elems or none. */
  #checkEntries(bytes: Uint8Array, at: number, end: number, count: number, addPath: boolean): void {
    // 0: peer index u16   2: originated u32   [6: path id u32]   then: attributes length u16, attributes
    const headBytes = addPath ? 12 : 8;
    for (let i = 0; i < count; i++) {
      if (at + headBytes > end)
        throw new BgpError('MRT_BAD_RECORD', `RIB record ends inside entry ${i} of ${count}`);
      if (u16(bytes, at) >= this.#peerCount) {
        throw new BgpError('MRT_BAD_RECORD', `peer ${u16(bytes, at)} of ${this.#peerCount}`);
      }
      at += headBytes + u16(bytes, at + headBytes - 2);
      if (at > end) throw new BgpError('MRT_BAD_RECORD', `attributes of entry ${i} run past the record`);
    }
  }

  #entries(
    bytes: Uint8Array,
    at: number,
    count: number,
    prefix: number,
    labels: number,
    { addPath, isMulticast }: RibForm,
    timeUs: number,
  ): void {
    const flags =
      ELEM_FLAG.first | (addPath ? ELEM_FLAG.addPath : 0) | (isMulticast ? ELEM_FLAG.multicast : 0);
    this.#stats.ribEntries += count;
    for (let i = 0; i < count; i++) {
      const peer = u16(bytes, at);
      const pathId = addPath ? u32(bytes, at + 6) : 0;
      const attrsAt = at + (addPath ? 12 : 8);
      const attrsEnd = attrsAt + u16(bytes, attrsAt - 2);
      const attrs = this.#ribAttributes.decode(bytes, attrsAt, attrsEnd, true);
      if (attrs === NONE) this.#stats.ribEntriesMalformed++;
      else this.#builder.push(KIND.rib, flags, timeUs, this.#vantage(peer), prefix, attrs, pathId, labels);
      at = attrsEnd;
    }
  }

  #startBatch(): void {
    if (this.#generation === this.#builder.generation) return;
    this.#generation = this.#builder.generation;
    this.#peerVantage.fill(0);
  }

  #vantage(peer: number): number {
    const known = this.#peerVantage[peer]!;
    if (known !== 0) return known - 1;
    const peers = this.#peers!;
    const at = this.#peerAt[peer]!;
    const type = peers[at]!;
    const isV6 = (type & PEER_IS_V6) !== 0;
    const asnAt = at + 5 + (isV6 ? 16 : 4);
    const asn = type & PEER_IS_AS4 ? u32(peers, asnAt) : u16(peers, asnAt);
    const vantage = this.#vantages.at(peers, at + 5, isV6, asn);
    this.#peerVantage[peer] = vantage + 1;
    return vantage;
  }
}
