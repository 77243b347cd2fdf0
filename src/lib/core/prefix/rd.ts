import { formatV4 } from './address.ts';

/**
 * Route distinguisher text, RFC 4364 §4.2. Type 0 `asn:number`, type 1 `address:number`, type 2 `asn:number` with a
 * four-byte ASN, written `asnL:number` where the ASN would also fit two bytes; other types as `0x` and 16 hex digits.
 */
export function formatRd(high: number, low: number): string {
  const type = high >>> 16;
  const top = high & 0xffff;
  if (type === 0) return `${top}:${low}`;
  if (type === 1) return `${formatV4(((top << 16) | (low >>> 16)) >>> 0)}:${low & 0xffff}`;
  if (type === 2) {
    const asn = ((top << 16) | (low >>> 16)) >>> 0;
    return asn > 0xffff ? `${asn}:${low & 0xffff}` : `${asn}L:${low & 0xffff}`;
  }
  return `0x${high.toString(16).padStart(8, '0')}${low.toString(16).padStart(8, '0')}`;
}
