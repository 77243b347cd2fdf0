/** What kinds of AS numbers there are, by the IANA special-purpose registry. */

/** Why an AS number does not belong on the public Internet, or null. RFC 7607, 6793, 5398, 6996, 7300. */
export function bogonAsn(asn: number): string | null {
  if (asn === 0) return 'AS 0 (RFC 7607)';
  if (asn === 23456) return 'AS_TRANS (RFC 6793)';
  if (asn < 64496) return null;
  if (asn <= 64511) return 'documentation (RFC 5398)';
  if (asn <= 65534) return 'private use (RFC 6996)';
  if (asn === 65535) return 'last 16-bit ASN (RFC 7300)';
  if (asn <= 65551) return 'documentation (RFC 5398)';
  if (asn <= 131071) return 'reserved (IANA)';
  if (asn < 4_200_000_000) return null;
  return asn === 4_294_967_295 ? 'last ASN (RFC 7300)' : 'private use (RFC 6996)';
}

/** Private use, RFC 6996: legitimate behind a provider that should have removed it. */
export function isPrivateAsn(asn: number): boolean {
  return (asn >= 64512 && asn <= 65534) || (asn >= 4_200_000_000 && asn <= 4_294_967_294);
}
