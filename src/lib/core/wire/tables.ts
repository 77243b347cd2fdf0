import type { AddressTable, PrefixTable, VantageTable, WordLists } from '../elem/batch.ts';
import { maskWord } from '../prefix/prefix.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { decodeUtf8, encodeUtf8 } from './bytes.ts';
import { decodeColumn, encodeColumn, FreshDecoder, FreshEncoder } from './columns.ts';

/** Collectors, addresses, vantages, prefixes and word lists of a batch (docs/wire.md §6.3 to §6.6). */

const MAX_NAME_BYTES = 255;
/** Words in all lists of one table together: paths may share hops, so bytes left do not bound them. */
export const MAX_LIST_WORDS = 4_194_304;

export function encodeCollectors(writer: ByteWriter, names: readonly string[]): void {
  writer.varint(names.length);
  for (const name of names) {
    const bytes = encodeUtf8(name).subarray(0, MAX_NAME_BYTES);
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

/** Entry 0 ("none") is not written. */
export function encodeAddresses(writer: ByteWriter, table: AddressTable): void {
  writer.varint(table.length - 1);
  encodeColumn(writer, table.isV6.subarray(1), table.length - 1);
  for (let i = 1; i < table.length; i++) {
    const words = table.isV6[i] === 1 ? 4 : 1;
    for (let w = 0; w < words; w++) putWord(writer, table.words[i * 4 + w]!);
  }
}

export function decodeAddresses(reader: ByteReader, max: number): AddressTable {
  const length = reader.count(max, 'addresses') + 1;
  const isV6 = new Uint8Array(length);
  decodeColumn(reader, isV6.subarray(1), 1);
  const words = new Uint32Array(length * 4);
  for (let i = 1; i < length; i++) {
    const end = i * 4 + (isV6[i] === 1 ? 4 : 1);
    for (let at = i * 4; at < end; at++) words[at] = getWord(reader);
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

/** Table and length of every prefix, then the leading bytes of the address that the length covers, byte by byte. */
export function encodePrefixes(writer: ByteWriter, prefixes: PrefixTable): void {
  const { length, table, bits, words, rd } = prefixes;
  writer.varint(length);
  encodeColumn(writer, table, length);
  encodeColumn(writer, bits, length);
  for (let octet = 0; octet < 16; octet++) {
    const shift = 24 - (octet & 3) * 8;
    for (let i = 0; i < length; i++) {
      if (bits[i]! > octet * 8) writer.u8((words[i * 4 + (octet >> 2)]! >>> shift) & 0xff);
    }
  }
  if (rd.length === 0) return;
  for (let i = 0; i < length; i++) {
    if (table[i]! < 2) continue;
    putWord(writer, rd[i * 2]!);
    putWord(writer, rd[i * 2 + 1]!);
  }
}

export function decodePrefixes(reader: ByteReader, max: number): PrefixTable {
  const length = reader.count(max, 'prefixes');
  const table = decodeColumn(reader, new Uint8Array(length), 3);
  const bits = decodeColumn(reader, new Uint8Array(length), 128);
  const words = new Uint32Array(length * 4);
  let maxBits = 0;
  let isVpn = false;
  for (let i = 0; i < length; i++) {
    if (bits[i]! > 32 && (table[i]! & 1) === 0) throw reader.error(`IPv4 prefix of ${bits[i]!} bits`);
    if (bits[i]! > maxBits) maxBits = bits[i]!;
    if (table[i]! > 1) isVpn = true;
  }
  for (let octet = 0; octet * 8 < maxBits; octet++) {
    const word = octet >> 2;
    const shift = 24 - (octet & 3) * 8;
    for (let i = 0; i < length; i++) {
      if (bits[i]! > octet * 8) words[i * 4 + word]! |= reader.u8() << shift;
    }
  }
  checkHostBits(reader, bits, words);
  const rd = new Uint32Array(isVpn ? length * 2 : 0);
  for (let i = 0; isVpn && i < length; i++) {
    if (table[i]! < 2) continue;
    rd[i * 2] = getWord(reader);
    rd[i * 2 + 1] = getWord(reader);
  }
  return { length, table, bits, words, rd };
}

function checkHostBits(reader: ByteReader, bits: Uint8Array, words: Uint32Array): void {
  for (let i = 0; i < bits.length; i++) {
    const length = bits[i]!;
    if ((length & 7) === 0) continue; // whole bytes: nothing past the length was sent
    const word = length >> 5;
    if (words[i * 4 + word]! & ~maskWord(length - word * 32)) throw reader.error('prefix with host bits');
  }
}

/** Lists of words as they are: lengths, then a varint per word. List 0 (empty) is not written. */
export function encodeLists(writer: ByteWriter, lists: WordLists): void {
  const { length, offsets, words } = lists;
  writer.varint(length - 1);
  for (let i = 1; i < length; i++) writer.varint(offsets[i + 1]! - offsets[i]!);
  for (const word of words) writer.varint(word);
}

/** @param step words per item: a list's length is a multiple of it. */
export function decodeLists(reader: ByteReader, max: number, step: number, maxWord = 0xffff_ffff): WordLists {
  const length = reader.count(max, 'lists') + 1;
  const offsets = new Uint32Array(length + 1);
  let total = 0;
  for (let i = 1; i < length; i++) {
    const count = reader.count(MAX_LIST_WORDS, 'words');
    if (count % step !== 0) throw reader.error(`list of ${count} words`);
    total += count;
    offsets[i + 1] = total;
  }
  if (total > reader.left) throw reader.error(`${total} words`);
  const words = new Uint32Array(total);
  for (let at = 0; at < total; at++) {
    const word = reader.varint();
    if (word > maxWord) throw reader.error(`word ${word}`);
    words[at] = word;
  }
  return { length, offsets, words };
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
