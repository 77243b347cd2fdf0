import { BgpError } from '../error.ts';
import { maskWord } from '../prefix/prefix.ts';
import type { ByteReader, ByteWriter } from '../wire/bytes.ts';
import { VrpRows } from './vrp-rows.ts';
import type { VrpTable } from './vrp-table.ts';
import { tableOfSorted } from './vrp-table.ts';

/**
 * One address family of a compact message, column after column: groups (distinct prefixes) with their lengths, addresses
 * and row counts, then the rows. Addresses are written as the gap to the one before, in units of the longer of the two
 * prefixes: their first 32 bits (IPv4) or 48 bits (IPv6, what most IPv6 VRPs have), and whatever bits follow as bytes.
 */

/** Most VRPs of one family taken from outside; there were 1.0 million of both in September 2026. */
export const MAX_FAMILY_VRPS = 8_000_000;

const V4_HEAD_BITS = 32;
const V6_HEAD_BITS = 48;
const V6_BITS = 128;

export function writeTable(writer: ByteWriter, table: VrpTable): void {
  const { groups, bits, start } = table;
  writer.varint(groups);
  writer.bytes(bits);
  writeHeads(writer, table);
  if (table.isV6) for (let group = 0; group < groups; group++) writeTail(writer, table, group);
  for (let group = 0; group < groups; group++) writer.varint(start[group + 1]! - start[group]! - 1);
  for (let group = 0; group < groups; group++) {
    for (let row = start[group]!; row < start[group + 1]!; row++)
      writer.u8(table.maxLength[row]! - bits[group]!);
  }
  for (const asn of table.asn) writer.varint(asn);
  writer.bytes(table.trustAnchor);
}

/** Size of one step between two addresses' heads. */
function unit(headBits: number, bitsA: number, bitsB: number): number {
  return 2 ** (headBits - Math.min(headBits, Math.max(bitsA, bitsB)));
}

function headOf(table: VrpTable, group: number): number {
  const first = table.head[group]!;
  return table.isV6 ? first * 0x1_0000 + (table.tail[group * 3]! >>> 16) : first;
}

function writeHeads(writer: ByteWriter, table: VrpTable): void {
  const headBits = table.isV6 ? V6_HEAD_BITS : V4_HEAD_BITS;
  let before = 0;
  let bitsBefore = 0;
  for (let group = 0; group < table.groups; group++) {
    const head = headOf(table, group);
    const bits = table.bits[group]!;
    writer.varint53((head - before) / unit(headBits, bits, bitsBefore));
    before = head;
    bitsBefore = bits;
  }
}

/** Bytes 6 and on of an IPv6 prefix, as many as its length reaches into. */
function writeTail(writer: ByteWriter, table: VrpTable, group: number): void {
  const bytes = tailBytes(table.bits[group]!);
  for (let i = 0; i < bytes; i++) {
    const byte = i + 2; // of the twelve in the tail, of which the head has the first two
    writer.u8((table.tail[group * 3 + (byte >> 2)]! >>> (24 - (byte & 3) * 8)) & 0xff);
  }
}

function tailBytes(bits: number): number {
  return bits <= V6_HEAD_BITS ? 0 : (bits - V6_HEAD_BITS + 7) >> 3;
}

/** @throws {BgpError} WIRE_BAD_FRAME for anything `writeTable` would not write, RPKI_TOO_LARGE beyond the bound */
export function readTable(reader: ByteReader, isV6: boolean, trustAnchors: number): VrpTable {
  const groups = readCount(reader);
  const bits = reader.bytes(groups);
  const maxBits = isV6 ? V6_BITS : V4_HEAD_BITS;
  for (const length of bits) if (length > maxBits) throw reader.error(`prefix length ${length}`);
  const words = readAddresses(reader, isV6, bits);
  const counts = new Uint32Array(groups);
  let rows = 0;
  for (let group = 0; group < groups; group++) {
    counts[group] = reader.varint() + 1;
    rows += counts[group]!;
    if (counts[group] === 0 || rows > reader.left) throw reader.error('more rows than bytes');
  }
  if (rows > MAX_FAMILY_VRPS) throw new BgpError('RPKI_TOO_LARGE', `${rows} VRPs`);
  const out = new VrpRows(isV6, Math.max(1, rows));
  for (let group = 0; group < groups; group++) {
    const at = group * 4;
    for (let i = 0; i < counts[group]!; i++) {
      const maxLength = bits[group]! + reader.u8();
      if (maxLength > maxBits) throw reader.error(`maxLength ${maxLength}`);
      out.push(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!, bits[group]!, maxLength, 0, 0);
    }
  }
  for (let row = 0; row < rows; row++) out.asn[row] = reader.varint();
  out.trustAnchor.set(reader.bytes(rows));
  for (let row = 0; row < rows; row++) {
    if (out.trustAnchor[row]! >= trustAnchors) throw reader.error('trust anchor without a name');
    if (row > 0 && out.compare(row - 1, row) >= 0) throw reader.error('VRPs out of order');
  }
  return tableOfSorted(out);
}

function readCount(reader: ByteReader): number {
  const count = reader.varint();
  if (count > MAX_FAMILY_VRPS) throw new BgpError('RPKI_TOO_LARGE', `${count} prefixes`);
  if (count > reader.left) throw reader.error(`${count} prefixes`);
  return count;
}

/** Four words per prefix. */
function readAddresses(reader: ByteReader, isV6: boolean, bits: Uint8Array): Uint32Array {
  const headBits = isV6 ? V6_HEAD_BITS : V4_HEAD_BITS;
  const words = new Uint32Array(bits.length * 4);
  let head = 0;
  let bitsBefore = 0;
  for (let group = 0; group < bits.length; group++) {
    head += reader.varint53() * unit(headBits, bits[group]!, bitsBefore);
    if (head >= 2 ** headBits) throw reader.error('address out of range');
    bitsBefore = bits[group]!;
    words[group * 4] = isV6 ? Math.floor(head / 0x1_0000) : head;
    if (isV6) words[group * 4 + 1] = (head % 0x1_0000) * 0x1_0000;
  }
  for (let group = 0; group < bits.length; group++) {
    const bytes = isV6 ? tailBytes(bits[group]!) : 0;
    for (let i = 0; i < bytes; i++) {
      const byte = i + 6;
      words[group * 4 + (byte >> 2)]! += reader.u8() * 2 ** (24 - (byte & 3) * 8);
    }
    for (let w = 0; w < 4; w++) {
      if ((words[group * 4 + w]! & ~maskWord(bits[group]! - w * 32)) !== 0)
        throw reader.error('host bits set');
    }
  }
  return words;
}
