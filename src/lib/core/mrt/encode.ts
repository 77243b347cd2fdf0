import { nextHopBytes, encodeUpdates } from '../bgp/encode.ts';
import { encodeAttributes } from '../bgp/encode-attributes.ts';
import { encodeNlri } from '../bgp/encode-nlri.ts';
import { ByteWriter } from '../bgp/writer.ts';
import type { ElemBatch } from '../elem/batch.ts';
import { ELEM_FLAG, KIND } from '../elem/batch.ts';
import { BGP4MP, TABLE_DUMP_V2, TYPE } from './header.ts';

/**
 * Encode the announcements, withdrawals and state changes of `batch` as BGP4MP records with four-octet ASNs (RFC 6396
 * §4.4, RFC 8050 §3), one per BGP message; `_ET` where an elem has `ELEM_FLAG.extendedTime`. The local side, which elems
 * do not know, is AS 0 and address 0. Table dump entries are left out: see `encodeRibDump`.
 * @throws {BgpError} BGP_BAD_LENGTH as `encodeUpdates`
 */
export function encodeBgp4mp(batch: ElemBatch): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  for (let from = 0; from < batch.length;) {
    let to = from + 1;
    while (to < batch.length && !(batch.flags[to]! & ELEM_FLAG.first)) to++;
    if (batch.kind[from] === KIND.state) {
      writer.append(stateRecord(batch, from));
    } else if (batch.kind[from] !== KIND.rib) {
      const addPath = (batch.flags[from]! & ELEM_FLAG.addPath) !== 0;
      const subtype = addPath ? BGP4MP.messageAs4AddPath : BGP4MP.messageAs4;
      for (const message of encodeUpdates(batch, from, to, { addPath, maxBytes: 65535 })) {
        writer.append(bgp4mpRecord(batch, from, subtype, message));
      }
    }
    from = to;
  }
  return writer.take();
}

/**
 * Encode the table dump entries of `batch` as a PEER_INDEX_TABLE and RIB records (RFC 6396 §4.3, RFC 8050 §4): one record
 * per run of entries with the same prefix and time. VPN and multicast tables go into RIB_GENERIC.
 */
export function encodeRibDump(batch: ElemBatch): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  const first = batch.kind.indexOf(KIND.rib);
  if (first === -1) return writer.take();
  writer.append(
    record(batch.timeUs[first]!, TYPE.tableDumpV2, TABLE_DUMP_V2.peerIndexTable, peerIndexBody(batch)),
  );
  let sequence = 0;
  for (let from = first; from < batch.length;) {
    let to = from + 1;
    while (to < batch.length && isSameRib(batch, from, to)) to++;
    if (batch.kind[from] === KIND.rib) writer.append(ribRecord(batch, from, to, sequence++));
    from = to;
  }
  return writer.take();
}

/** One MRT record. Microseconds are written for `_ET` types only. */
function record(timeUs: number, type: number, subtype: number, body: Uint8Array): Uint8Array {
  const writer = new ByteWriter();
  const isExtended = type === TYPE.bgp4mpEt;
  writer.u32(Math.floor(timeUs / 1e6));
  writer.u16(type);
  writer.u16(subtype);
  writer.u32(body.length + (isExtended ? 4 : 0));
  if (isExtended) writer.u32(timeUs % 1e6);
  writer.append(body);
  return writer.take();
}

function bgp4mpRecord(batch: ElemBatch, i: number, subtype: number, payload: Uint8Array): Uint8Array {
  const vantage = batch.vantage[i]!;
  const address = batch.vantages.address[vantage]!;
  const isV6 = batch.addresses.isV6[address] === 1;
  const writer = new ByteWriter();
  writer.u32(batch.vantages.asn[vantage]!);
  writer.u32(0);
  writer.u16(0);
  writer.u16(isV6 ? 2 : 1);
  writer.appendWords(batch.addresses.words, address * 4, isV6 ? 16 : 4);
  writer.append(new Uint8Array(isV6 ? 16 : 4));
  writer.append(payload);
  const type = batch.flags[i]! & ELEM_FLAG.extendedTime ? TYPE.bgp4mpEt : TYPE.bgp4mp;
  return record(batch.timeUs[i]!, type, subtype, writer.take());
}

function stateRecord(batch: ElemBatch, i: number): Uint8Array {
  const states = Uint8Array.of(0, batch.state[i]! >>> 8, 0, batch.state[i]! & 0xff);
  return bgp4mpRecord(batch, i, BGP4MP.stateChangeAs4, states);
}

function peerIndexBody(batch: ElemBatch): Uint8Array {
  const { vantages, addresses } = batch;
  const writer = new ByteWriter();
  writer.u32(0);
  writer.u16(0);
  writer.u16(vantages.length);
  for (let i = 0; i < vantages.length; i++) {
    const address = vantages.address[i]!;
    const isV6 = addresses.isV6[address] === 1;
    writer.u8(isV6 ? 3 : 2);
    writer.u32(0);
    writer.appendWords(addresses.words, address * 4, isV6 ? 16 : 4);
    writer.u32(vantages.asn[i]!);
  }
  return writer.take();
}

function isSameRib(batch: ElemBatch, a: number, b: number): boolean {
  const bits = ELEM_FLAG.addPath | ELEM_FLAG.multicast;
  return (
    batch.kind[a] === KIND.rib &&
    batch.kind[b] === KIND.rib &&
    batch.prefix[a] === batch.prefix[b] &&
    batch.labels[a] === batch.labels[b] &&
    batch.timeUs[a] === batch.timeUs[b] &&
    (batch.flags[a]! & bits) === (batch.flags[b]! & bits)
  );
}

function ribRecord(batch: ElemBatch, from: number, to: number, sequence: number): Uint8Array {
  const table = batch.prefixes.table[batch.prefix[from]!]!;
  const addPath = (batch.flags[from]! & ELEM_FLAG.addPath) !== 0;
  const isMulticast = (batch.flags[from]! & ELEM_FLAG.multicast) !== 0;
  const isGeneric = table > 1 || isMulticast;
  const writer = new ByteWriter();
  writer.u32(sequence);
  if (isGeneric) {
    writer.u16((table & 1) + 1);
    writer.u8(isMulticast ? 2 : 128);
  }
  encodeNlri(writer, batch, from, false);
  writer.u16(to - from);
  for (let i = from; i < to; i++) {
    writer.u16(batch.vantage[i]!);
    writer.u32(Math.floor(batch.timeUs[i]! / 1e6));
    if (addPath) writer.u32(batch.pathId[i]!);
    const attributes = ribAttributes(batch, batch.attrs[i]!, table);
    writer.u16(attributes.length);
    writer.append(attributes);
  }
  const plain = table === 0 ? TABLE_DUMP_V2.ribIpv4Unicast : TABLE_DUMP_V2.ribIpv6Unicast;
  const subtype = (isGeneric ? TABLE_DUMP_V2.ribGeneric : plain) + (addPath ? 6 : 0);
  return record(batch.timeUs[from]!, TYPE.tableDumpV2, subtype, writer.take());
}

/** Attributes with MP_REACH_NLRI cut down to the next hop (RFC 6396 §4.3.4). */
function ribAttributes(batch: ElemBatch, set: number, table: number): Uint8Array {
  const writer = new ByteWriter();
  const address = batch.attrSets.nextHop[set]!;
  const isPlain = table === 0 && batch.addresses.isV6[address] === 0;
  encodeAttributes(writer, batch, set, true, {
    // A route that was recorded without a next hop has none here either.
    nextHop: isPlain && address !== 0 ? batch.addresses.words[address * 4]! : null,
    mpReach: isPlain || address === 0 ? null : nextHopBytes(batch, set, table),
    mpUnreach: null,
  });
  return writer.take();
}
