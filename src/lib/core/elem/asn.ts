import { BgpError } from '../error.ts';

/** Autonomous System number, 0..2^32-1 (RFC 6793). */
export type Asn = number & { readonly brand: 'Asn' };

const ASN = /^(?:AS)?(?:(\d{1,10})|(\d{1,5})\.(\d{1,5}))$/i;

/** `3333`, `AS3333`, `as3333`, asdot `3.3333` (RFC 5396) -> ASN. @throws {BgpError} ASN_BAD */
export function parseAsn(text: string): Asn {
  const match = ASN.exec(text);
  if (match) {
    const [, plain, high, low] = match;
    if (plain !== undefined && Number(plain) <= 0xffff_ffff) return Number(plain) as Asn;
    if (high !== undefined && Number(high) <= 0xffff && Number(low) <= 0xffff) {
      return (Number(high) * 0x1_0000 + Number(low)) as Asn;
    }
  }
  throw new BgpError('ASN_BAD', `"${text.slice(0, 40)}" is not an AS number`);
}

/** `AS3333` (asplain, RFC 5396). */
export function formatAsn(asn: number): string {
  return `AS${asn}`;
}
