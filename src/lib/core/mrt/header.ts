/** MRT common header, RFC 6396 §2: timestamp u32 (s), type u16, subtype u16, length u32 (body only). Big-endian. */
export const HEADER_BYTES = 12;

/**
 * Longest record body taken for real. A table dump entry with 65,535 peers and ordinary attributes fits; a longer length
 * means that the framing is lost.
 */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** MRT types, RFC 6396 §4 and its deprecated ones (appendix B); `_ET` adds microseconds (RFC 6396 §3). */
export const TYPE = { bgp: 5, tableDump: 12, tableDumpV2: 13, bgp4mp: 16, bgp4mpEt: 17 } as const;

/** BGP4MP subtypes, RFC 6396 §4.4 and RFC 8050 §3. */
export const BGP4MP = {
  stateChange: 0,
  message: 1,
  messageAs4: 4,
  stateChangeAs4: 5,
  messageLocal: 6,
  messageAs4Local: 7,
  messageAddPath: 8,
  messageAs4AddPath: 9,
  messageLocalAddPath: 10,
  messageAs4LocalAddPath: 11,
} as const;

/** TABLE_DUMP_V2 subtypes, RFC 6396 §4.3, RFC 6397 §3, RFC 8050 §4. */
export const TABLE_DUMP_V2 = {
  peerIndexTable: 1,
  ribIpv4Unicast: 2,
  ribIpv4Multicast: 3,
  ribIpv6Unicast: 4,
  ribIpv6Multicast: 5,
  ribGeneric: 6,
  geoPeerTable: 7,
  ribIpv4UnicastAddPath: 8,
  ribIpv4MulticastAddPath: 9,
  ribIpv6UnicastAddPath: 10,
  ribIpv6MulticastAddPath: 11,
  ribGenericAddPath: 12,
} as const;

/** Subtypes of the deprecated BGP type, RFC 6396 appendix B.2. */
export const LEGACY_BGP = { update: 1, stateChange: 3, open: 5, notify: 6, keepalive: 7 } as const;

/** u16 at `at`. */
export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** u32 at `at`. */
export function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
