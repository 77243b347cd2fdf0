import type { AddressTable, VantageTable } from '../elem/batch.ts';
import { BgpError } from '../error.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { decodeUtf8, encodeUtf8 } from './bytes.ts';
import {
  decodeColumn,
  decodePlanes,
  encodeColumn,
  encodePlanes,
  FreshDecoder,
  FreshEncoder,
} from './columns.ts';

/** Collectors, addresses and vantages of a batch (docs/wire.md §6.1). */

const MAX_NAME_BYTES = 255;

export function encodeCollectors(writer: ByteWriter, names: readonly string[]): void {
  writer.varint(names.length);
  for (const name of names) {
    const bytes = encodeUtf8(name);
    if (bytes.length > MAX_NAME_BYTES) throw new BgpError('WIRE_TOO_LARGE', `name of ${bytes.length} bytes`);
    writer.varint(bytes.length);
    writer.bytes(bytes);
  }
}

export function decodeCollectors(reader: ByteReader, max: number): string[] {
  const names: string[] = [];
  for (let left = reader.count(max, 'collectors'); left > 0; left--) {
    const name = decodeUtf8(reader.bytes(reader.count(MAX_NAME_BYTES, 'bytes of name')));
    if (name === null) throw reader.error('name is not UTF-8');
    names.push(name);
  }
  return names;
}

/** Entry 0 ("none") is not written. All IPv4 addresses in byte planes, then the IPv6 ones. */
export function encodeAddresses(writer: ByteWriter, { length, isV6, words }: AddressTable): void {
  writer.varint(length - 1);
  encodeColumn(writer, isV6.subarray(1), length - 1);
  const v4: number[] = [];
  for (let i = 1; i < length; i++) if (isV6[i] === 0) v4.push(words[i * 4]!);
  encodePlanes(writer, Uint32Array.from(v4));
  for (let i = 1; i < length; i++) {
    if (isV6[i] === 1) for (let w = 0; w < 4; w++) putWord(writer, words[i * 4 + w]!);
  }
}

export function decodeAddresses(reader: ByteReader, max: number): AddressTable {
  const length = reader.count(max, 'addresses') + 1;
  const isV6 = new Uint8Array(length);
  decodeColumn(reader, isV6.subarray(1), 1);
  let v4s = 0;
  for (let i = 1; i < length; i++) v4s += 1 - isV6[i]!;
  const v4 = decodePlanes(reader, v4s);
  const words = new Uint32Array(length * 4);
  for (let i = 1, at = 0; i < length; i++) {
    if (isV6[i] === 0) words[i * 4] = v4[at++]!;
    else for (let w = 0; w < 4; w++) words[i * 4 + w] = getWord(reader);
  }
  return { length, isV6, words };
}

export function encodeVantages(writer: ByteWriter, table: VantageTable): void {
  writer.varint(table.length);
  encodeColumn(writer, table.collector, table.length);
  const fresh = new FreshEncoder(1);
  for (let i = 0; i < table.length; i++) {
    writer.varint(fresh.code(table.address[i]!));
    writer.varint(table.asn[i]!);
  }
}

export function decodeVantages(
  reader: ByteReader,
  max: number,
  collectors: number,
  addresses: number,
): VantageTable {
  const length = reader.count(max, 'vantages');
  if (length > 0 && collectors === 0) throw reader.error('vantages without collector');
  const collector = decodeColumn(reader, new Uint32Array(length), collectors - 1);
  const address = new Uint32Array(length);
  const asn = new Uint32Array(length);
  const fresh = new FreshDecoder(reader, addresses, 1);
  for (let i = 0; i < length; i++) {
    address[i] = fresh.index(reader.varint());
    asn[i] = reader.varint();
  }
  return { length, collector, address, asn };
}

function putWord(writer: ByteWriter, word: number): void {
  writer.u8(word >>> 24);
  writer.u8((word >>> 16) & 0xff);
  writer.u8((word >>> 8) & 0xff);
  writer.u8(word & 0xff);
}

function getWord(reader: ByteReader): number {
  return ((reader.u8() << 24) | (reader.u8() << 16) | (reader.u8() << 8) | reader.u8()) >>> 0;
}
