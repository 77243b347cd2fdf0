/** Path attribute type codes, RFC 4271 §5 and the RFCs named below. */
export const ATTRIBUTE = {
  origin: 1,
  asPath: 2,
  nextHop: 3,
  med: 4,
  localPref: 5,
  atomicAggregate: 6,
  aggregator: 7,
  /** RFC 1997 */
  communities: 8,
  /** RFC 4456 */
  originatorId: 9,
  clusterList: 10,
  /** RFC 4760 */
  mpReach: 14,
  mpUnreach: 15,
  /** RFC 4360 */
  extCommunities: 16,
  /** RFC 6793 */
  as4Path: 17,
  as4Aggregator: 18,
  /** RFC 5701 */
  ipv6ExtCommunities: 25,
  /** RFC 8092 */
  largeCommunities: 32,
  /** RFC 9234 */
  onlyToCustomer: 35,
} as const;

/** Attribute flag bits, RFC 4271 §4.3. */
export const OPTIONAL = 0x80;
export const TRANSITIVE = 0x40;
export const EXTENDED_LENGTH = 0x10;

/** The Optional and Transitive bits each known attribute must carry; 0 where the type is not known here. */
export const EXPECTED_FLAGS: Uint8Array = (() => {
  const flags = new Uint8Array(256);
  const A = ATTRIBUTE;
  for (const type of [A.origin, A.asPath, A.nextHop, A.localPref, A.atomicAggregate])
    flags[type] = TRANSITIVE;
  for (const type of [A.med, A.originatorId, A.clusterList, A.mpReach, A.mpUnreach]) flags[type] = OPTIONAL;
  for (const type of [A.aggregator, A.communities, A.extCommunities, A.as4Path, A.as4Aggregator]) {
    flags[type] = OPTIONAL | TRANSITIVE;
  }
  for (const type of [A.ipv6ExtCommunities, A.largeCommunities, A.onlyToCustomer]) {
    flags[type] = OPTIONAL | TRANSITIVE;
  }
  return flags;
})();

/** An attribute's flags and type as one number, without the flags that do not tell attributes apart. */
export const HEAD_MASK = ((OPTIONAL | TRANSITIVE) << 8) | 0xff;
/** The extended length flag in there. */
export const LONG_HEAD = EXTENDED_LENGTH << 8;
/** The attributes that most blocks have, with the flags they must carry. */
export const HEAD = {
  origin: (TRANSITIVE << 8) | ATTRIBUTE.origin,
  asPath: (TRANSITIVE << 8) | ATTRIBUTE.asPath,
  nextHop: (TRANSITIVE << 8) | ATTRIBUTE.nextHop,
  med: (OPTIONAL << 8) | ATTRIBUTE.med,
  communities: ((OPTIONAL | TRANSITIVE) << 8) | ATTRIBUTE.communities,
} as const;

/** Placeholder of a two-octet speaker for an ASN that does not fit, RFC 6793 §9. */
export const AS_TRANS = 23456;

/** Address families and subsequent families, as far as this codec reads them (RFC 4760, RFC 4364). */
export const AFI = { ipv4: 1, ipv6: 2 } as const;
export const SAFI = { unicast: 1, multicast: 2, vpn: 128 } as const;

/**
 * `TABLE` value of an AFI/SAFI pair, or -1 for families that are counted but not decoded. Multicast routes (SAFI 2) are not
 * unicast ones: only with `multicast` do they share the table of their address family.
 */
export function tableOf(afi: number, safi: number, multicast: boolean): number {
  if (afi !== AFI.ipv4 && afi !== AFI.ipv6) return -1;
  if (safi === SAFI.unicast || (multicast && safi === SAFI.multicast)) return afi - 1;
  return safi === SAFI.vpn ? afi + 1 : -1;
}
