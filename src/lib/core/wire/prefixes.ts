import type { PrefixTable } from '../elem/batch.ts';
import { TABLE } from '../elem/batch.ts';
import { maskWord } from '../prefix/prefix.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { decodePlanes, encodePlanes } from './columns.ts';

/**
 * The prefix table (docs/wire.md §6.2). NLRI come in runs of neighbours, so a prefix is written as what differs from the
 * one before it of the same family: a token says which table it is of and how many leading octets are the same, then come
 * the other octets its length covers, the first of them (unless it is the address's first) as a difference.
 */

/** First token of each table; the number of equal octets is added. IPv4 tokens carry the length too: bits * 5 + equal. */
const TOKEN = { ipv4: 0, ipv6: 165, vpnv4: 182, vpnv6: 187, end: 204 } as const;
const IPV4_STEP = 5;
const MAX_OCTETS = 16;

function octetAt(words: Uint32Array, prefix: number, octet: number): number {
  return (words[prefix * 4 + (octet >> 2)]! >>> (24 - (octet & 3) * 8)) & 0xff;
}

/** How many of the octets `prefix` covers are the same in `before`; none when there is no prefix before. */
function equalOctets(words: Uint32Array, prefix: number, before: number, octets: number): number {
  if (before === -1) return 0;
  let equal = 0;
  while (equal < octets && octetAt(words, prefix, equal) === octetAt(words, before, equal)) equal++;
  return equal;
}

export function encodePrefixes(writer: ByteWriter, prefixes: PrefixTable): void {
  const { length, table, bits, words, rd } = prefixes;
  writer.varint(length);
  const equal = new Uint8Array(length);
  const before = [-1, -1];
  const lengths: number[] = [];
  let maxBits = 0;
  for (let i = 0; i < length; i++) {
    const v6 = table[i]! & 1;
    const same = equalOctets(words, i, before[v6]!, (bits[i]! + 7) >> 3);
    equal[i] = same;
    before[v6] = i;
    if (bits[i]! > maxBits) maxBits = bits[i]!;
    if (table[i] === TABLE.ipv4) {
      writer.u8(bits[i]! * IPV4_STEP + same);
      continue;
    }
    writer.u8(
      (table[i] === TABLE.ipv6 ? TOKEN.ipv6 : table[i] === TABLE.vpnv4 ? TOKEN.vpnv4 : TOKEN.vpnv6) + same,
    );
    lengths.push(bits[i]!);
  }
  for (const one of lengths) writer.u8(one);
  for (let octet = 0; octet * 8 < maxBits; octet++) encodeOctets(writer, prefixes, equal, octet);
  if (rd.length > 0) encodePlanes(writer, vpnOnly(prefixes));
}

function encodeOctets(writer: ByteWriter, prefixes: PrefixTable, equal: Uint8Array, octet: number): void {
  const { length, table, bits, words } = prefixes;
  let before4 = 0;
  let before6 = 0;
  for (let i = 0; i < length; i++) {
    const isV6 = (table[i]! & 1) === 1;
    const value = octetAt(words, i, octet);
    if (bits[i]! > octet * 8 && octet >= equal[i]!) {
      writer.u8(octet === equal[i] && octet > 0 ? value - (isV6 ? before6 : before4) : value);
    }
    if (isV6) before6 = value;
    else before4 = value;
  }
}

/** Route distinguishers of the VPN prefixes, two words each. */
function vpnOnly({ length, table, rd }: PrefixTable): Uint32Array {
  const words: number[] = [];
  for (let i = 0; i < length; i++) if (table[i]! > TABLE.ipv6) words.push(rd[i * 2]!, rd[i * 2 + 1]!);
  return Uint32Array.from(words);
}

export function decodePrefixes(reader: ByteReader, max: number): PrefixTable {
  const length = reader.count(max, 'prefixes');
  const table = new Uint8Array(length);
  const bits = new Uint8Array(length);
  const equal = new Uint8Array(length);
  const vpns = decodeTokens(reader, table, bits, equal);
  const words = new Uint32Array(length * 4);
  decodeOctets(reader, { table, bits, words }, equal);
  const rd = new Uint32Array(vpns > 0 ? length * 2 : 0);
  if (vpns > 0) {
    const packed = decodePlanes(reader, vpns * 2);
    for (let i = 0, at = 0; i < length; i++) {
      if (table[i]! <= TABLE.ipv6) continue;
      rd[i * 2] = packed[at++]!;
      rd[i * 2 + 1] = packed[at++]!;
    }
  }
  return { length, table, bits, words, rd };
}

/** @returns the number of VPN prefixes */
function decodeTokens(reader: ByteReader, table: Uint8Array, bits: Uint8Array, equal: Uint8Array): number {
  let vpns = 0;
  for (let i = 0; i < table.length; i++) {
    const token = reader.u8();
    if (token < TOKEN.ipv6) {
      bits[i] = Math.trunc(token / IPV4_STEP);
      equal[i] = token % IPV4_STEP;
      continue;
    }
    if (token >= TOKEN.end) throw reader.error(`prefix token ${token}`);
    if (token < TOKEN.vpnv4) {
      table[i] = TABLE.ipv6;
      equal[i] = token - TOKEN.ipv6;
      continue;
    }
    vpns++;
    table[i] = token < TOKEN.vpnv6 ? TABLE.vpnv4 : TABLE.vpnv6;
    equal[i] = token - (token < TOKEN.vpnv6 ? TOKEN.vpnv4 : TOKEN.vpnv6);
  }
  for (let i = 0; i < table.length; i++) {
    if (table[i] !== TABLE.ipv4) bits[i] = reader.u8();
    if (bits[i]! > (table[i]! & 1 ? 128 : 32)) throw reader.error(`prefix of ${bits[i]!} bits`);
    if (equal[i]! > (bits[i]! + 7) >> 3) throw reader.error(`${equal[i]!} octets of a /${bits[i]!}`);
  }
  return vpns;
}

function decodeOctets(
  reader: ByteReader,
  { table, bits, words }: Pick<PrefixTable, 'table' | 'bits' | 'words'>,
  equal: Uint8Array,
): void {
  const { length } = table;
  let maxBits = 0;
  for (let i = 0; i < length; i++) if (bits[i]! > maxBits) maxBits = bits[i]!;
  for (let octet = 0; octet < MAX_OCTETS && octet * 8 < maxBits; octet++) {
    const word = octet >> 2;
    const shift = 24 - (octet & 3) * 8;
    let before4 = 0;
    let before6 = 0;
    for (let i = 0; i < length; i++) {
      const isV6 = (table[i]! & 1) === 1;
      const before = isV6 ? before6 : before4;
      let value = 0;
      if (bits[i]! > octet * 8) {
        if (octet < equal[i]!) value = before;
        else value = octet === equal[i] && octet > 0 ? (reader.u8() + before) & 0xff : reader.u8();
        words[i * 4 + word]! |= value << shift;
      }
      if (isV6) before6 = value;
      else before4 = value;
    }
  }
  checkHostBits(reader, bits, words);
}

function checkHostBits(reader: ByteReader, bits: Uint8Array, words: Uint32Array): void {
  for (let i = 0; i < bits.length; i++) {
    const length = bits[i]!;
    if ((length & 7) === 0) continue; // whole octets: nothing past the length was sent
    const word = length >> 5;
    if (words[i * 4 + word]! & ~maskWord(length - word * 32)) throw reader.error('prefix with host bits');
  }
}
