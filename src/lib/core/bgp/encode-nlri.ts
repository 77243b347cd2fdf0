import type { ElemBatch } from '../elem/batch.ts';
import { BgpError } from '../error.ts';
import type { ByteWriter } from './writer.ts';

const RD_BYTES = 8;
const WITHDRAW_LABEL = 0x80_0000;
const BOTTOM_OF_STACK = 1;

/**
 * Append the NLRI of elem `i` (RFC 4271 §4.3, RFC 7911 §3, RFC 8277 §2, RFC 4364 §4.3.4). VPN entries get their label
 * stack; withdrawals, and announcements whose label is unknown, the label 0x800000.
 * @throws {BgpError} BGP_BAD_NLRI if the label stack does not fit the length octet with RD and prefix
 */
export function encodeNlri(writer: ByteWriter, batch: ElemBatch, i: number, addPath: boolean): void {
  if (addPath) writer.u32(batch.pathId[i]!);
  const prefix = batch.prefix[i]!;
  const { table, bits, words, rd } = batch.prefixes;
  const prefixBits = bits[prefix]!;
  if (table[prefix]! > 1) {
    const { offsets, words: labels } = batch.labelStacks;
    const from = offsets[batch.labels[i]!]!;
    const to = offsets[batch.labels[i]! + 1]!;
    const bitsInAll = (Math.max(to - from, 1) * 3 + RD_BYTES) * 8 + prefixBits;
    if (bitsInAll > 255) throw new BgpError('BGP_BAD_NLRI', `${to - from} labels before a /${prefixBits}`);
    writer.u8(bitsInAll);
    if (from === to) writeLabel(writer, WITHDRAW_LABEL);
    for (let at = from; at < to; at++) {
      writeLabel(writer, (labels[at]! << 4) | (at === to - 1 ? BOTTOM_OF_STACK : 0));
    }
    writer.u32(rd[prefix * 2]!);
    writer.u32(rd[prefix * 2 + 1]!);
  } else {
    writer.u8(prefixBits);
  }
  writer.appendWords(words, prefix * 4, (prefixBits + 7) >> 3);
}

function writeLabel(writer: ByteWriter, label: number): void {
  writer.u8(label >>> 16);
  writer.u16(label & 0xffff);
}
