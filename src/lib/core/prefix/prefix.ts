import type { TableName } from '../elem/batch.ts';
import { TABLE_NAMES } from '../elem/batch.ts';
import { BgpError } from '../error.ts';
import { formatAddress, tryParseAddress } from './address.ts';
import { formatRd } from './rd.ts';

/** Canonical CIDR text, host bits zero: `192.0.2.0/24`, `2001:db8::/32`. */
export type Prefix = string & { readonly brand: 'Prefix' };

/** A prefix as numbers: the shape of a `PrefixTable` entry outside the VPN tables. */
export interface PrefixKey {
  readonly isV6: boolean;
  /** Prefix length. */
  readonly bits: number;
  /** Big-endian words, host bits zero; IPv4 uses word 0. */
  readonly words: readonly [number, number, number, number];
}

/** A 32-bit mask of `bits` leading ones; `bits` outside 0..32 is clamped. */
export function maskWord(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? 0xffff_ffff : (0xffff_ffff << (32 - bits)) >>> 0;
}

/**
 * `192.0.2.0/24`, `2001:DB8::/32`, or a bare address (a host prefix). Host bits are accepted and masked.
 * @returns null when the text is no prefix.
 */
export function tryParsePrefix(text: string): PrefixKey | null {
  const slash = text.indexOf('/');
  const address = tryParseAddress(slash === -1 ? text : text.slice(0, slash));
  if (!address) return null;
  const maxBits = address.isV6 ? 128 : 32;
  let bits = maxBits;
  if (slash !== -1) {
    const length = text.slice(slash + 1);
    if (!/^\d{1,3}$/.test(length)) return null;
    bits = Number(length);
    if (bits > maxBits) return null;
  }
  const [w0, w1, w2, w3] = address.words;
  return {
    isV6: address.isV6,
    bits,
    words: [
      (w0 & maskWord(bits)) >>> 0,
      (w1 & maskWord(bits - 32)) >>> 0,
      (w2 & maskWord(bits - 64)) >>> 0,
      (w3 & maskWord(bits - 96)) >>> 0,
    ],
  };
}

/** @throws {BgpError} PREFIX_BAD */
export function parsePrefix(text: string): PrefixKey {
  const prefix = tryParsePrefix(text);
  if (!prefix) throw new BgpError('PREFIX_BAD', `"${text.slice(0, 64)}" is not a prefix`);
  return prefix;
}

/** CIDR text of the prefix at `words[at .. at + 4)`, RFC 5952 for IPv6. */
export function formatPrefix(isV6: boolean, bits: number, words: ArrayLike<number>, at = 0): Prefix {
  return `${formatAddress(isV6, words, at)}/${bits}` as Prefix;
}

/** A prefix of any table; VPN keys as `RD:prefix`, e.g. `65001:100:10.1.0.0/16`. */
export function formatTablePrefix(
  table: number,
  bits: number,
  words: ArrayLike<number>,
  rdHigh: number,
  rdLow: number,
  at = 0,
): string {
  const prefix = formatPrefix(isV6Table(table), bits, words, at);
  return table > 1 ? `${formatRd(rdHigh, rdLow)}:${prefix}` : prefix;
}

/** Whether a `TABLE` value holds IPv6 prefixes. */
export function isV6Table(table: number): boolean {
  return (table & 1) === 1;
}

export function tableName(table: number): TableName {
  return TABLE_NAMES[table] ?? 'ipv4';
}
