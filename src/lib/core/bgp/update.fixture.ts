import type { ElemRow } from '../elem/row.ts';
import { elemRows } from '../elem/row.ts';
import { BatchBuilder } from '../elem/builder.ts';
import type { UpdateContext, UpdateStats } from './update.ts';
import { UpdateDecoder } from './update.ts';

/** Hex, white space ignored. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/\s/g, '').match(/../g) ?? [], (octet) => parseInt(octet, 16));
}

const u16 = (value: number): string => value.toString(16).padStart(4, '0');
/** One attribute from flags, type and value in hex. */
export const attribute = (flags: string, type: number, value: string): string => {
  const bytes = value.replace(/\s/g, '').length / 2;
  return `${flags}${type.toString(16).padStart(2, '0')}${bytes.toString(16).padStart(2, '0')}${value}`;
};
/** UPDATE body from the hex of its three parts. */
export const body = (withdrawn: string, attributes: string, nlri: string): Uint8Array => {
  const bytes = (text: string): string => u16(text.replace(/\s/g, '').length / 2);
  return hex(`${bytes(withdrawn)}${withdrawn}${bytes(attributes)}${attributes}${nlri}`);
};

export const ORIGIN = attribute('40', 1, '00');
export const PATH = attribute('40', 2, '0202 0000fde9 0000fdea');
export const NEXT_HOP = attribute('40', 3, 'c0000201');
export const GOOD = ORIGIN + PATH + NEXT_HOP;
export const NLRI = '18 c63364';

export const REST = { as4: true, addPath: false, internal: false };

/** Decode a body as an external four-octet session would send it, unless `context` says otherwise. */
export function decode(
  bytes: Uint8Array,
  context: Partial<UpdateContext> = {},
  multicast = false,
): { rows: ElemRow[]; stats: UpdateStats } {
  const builder = new BatchBuilder();
  const vantage = builder.vantages.intern(
    'rrc00',
    builder.addresses.intern(false, 0xc0000209, 0, 0, 0),
    65001,
  );
  const decoder = new UpdateDecoder(builder, { multicast });
  decoder.decodeBody(bytes, 0, bytes.length, { timeUs: 1e15, vantage, flags: 0, ...REST, ...context });
  return { rows: elemRows(builder.take()), stats: decoder.stats };
}

/** What matters of a row in most tables here. */
export const brief = (row: ElemRow): string =>
  `${row.kind} ${row.prefix}${row.treatAsWithdraw ? ' (malformed)' : ''}`;
