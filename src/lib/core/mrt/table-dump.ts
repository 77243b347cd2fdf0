import type { RibAttributeDecoder } from '../bgp/rib-attributes.ts';
import { ELEM_FLAG, KIND, NONE } from '../elem/batch.ts';
import type { BatchBuilder } from '../elem/builder.ts';
import { BgpError } from '../error.ts';
import { maskWord } from '../prefix/prefix.ts';
import { u16, u32 } from './header.ts';
import type { MrtStats } from './stats.ts';
import type { VantageCache } from './vantages.ts';

/** Where a TABLE_DUMP entry goes. */
export interface TableDumpSink {
  readonly builder: BatchBuilder;
  readonly ribAttributes: RibAttributeDecoder;
  readonly vantages: VantageCache;
  readonly stats: MrtStats;
}

/**
 * Decodes a TABLE_DUMP record (RFC 6396 §4.2), `bytes[at .. end)`; `afi` is its subtype, 1 or 2.
 * @returns false if the subtype is unsupported.
 * @throws {BgpError} MRT_BAD_RECORD
 */
export function decodeTableDump(
  bytes: Uint8Array,
  at: number,
  end: number,
  afi: number,
  timeUs: number,
  sink: TableDumpSink,
): boolean {
  if (afi !== 1 && afi !== 2) return false;
  const isV6 = afi === 2;
  const addressBytes = isV6 ? 16 : 4;
  // 0: view u16   2: sequence u16   4: prefix   then: length u8, status u8, originated u32, peer address, peer AS u16,
  // attributes length u16, attributes
  const bitsAt = at + 4 + addressBytes;
  const peerAt = bitsAt + 6;
  const attrsAt = peerAt + addressBytes + 4;
  if (attrsAt > end) throw new BgpError('MRT_BAD_RECORD', `TABLE_DUMP of ${end - at} bytes`);
  const bits = bytes[bitsAt]!;
  if (bits > addressBytes * 8) throw new BgpError('MRT_BAD_RECORD', `TABLE_DUMP with a /${bits}`);
  const attrsEnd = attrsAt + u16(bytes, attrsAt - 2);
  if (attrsEnd > end) throw new BgpError('MRT_BAD_RECORD', 'TABLE_DUMP attributes run past the record');
  const { builder, ribAttributes, vantages, stats } = sink;
  stats.ribEntries++;
  const attrs = ribAttributes.decode(bytes, attrsAt, attrsEnd, false);
  if (attrs === NONE) {
    stats.ribEntriesMalformed++;
    return true;
  }
  const vantage = vantages.at(bytes, peerAt, isV6, u16(bytes, attrsAt - 4));
  const word = (i: number): number => (u32(bytes, at + 4 + i * 4) & maskWord(bits - i * 32)) >>> 0;
  const prefix = builder.prefixes.intern(
    afi - 1,
    bits,
    word(0),
    isV6 ? word(1) : 0,
    isV6 ? word(2) : 0,
    isV6 ? word(3) : 0,
  );
  builder.push(KIND.rib, ELEM_FLAG.first | ELEM_FLAG.tableDumpV1, timeUs, vantage, prefix, attrs, 0, 0);
  return true;
}
