/** BMP common header, RFC 7854 §4.1: version u8, length u32 (all of the message), type u8. Big-endian. */
export const HEADER_BYTES = 6;

/** Longest message taken for real: a route mirroring message holds a few BGP messages of at most 65,535 octets. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;

/** Versions read: 3 (RFC 7854) and 4, where route monitoring carries TLVs (draft-ietf-grow-bmp-tlv). */
export const VERSION = { rfc7854: 3, tlv: 4 } as const;

/** Message types, RFC 7854 §4.1. */
export const TYPE = {
  routeMonitoring: 0,
  statistics: 1,
  peerDown: 2,
  peerUp: 3,
  initiation: 4,
  termination: 5,
  routeMirroring: 6,
} as const;

/** Per-peer header, RFC 7854 §4.2: 42 octets behind the common header. */
export const PEER_HEADER_BYTES = 42;

/** Peer types, RFC 7854 §10.2 and RFC 9069 §4.1. */
export const PEER_TYPE = { global: 0, rdInstance: 1, localInstance: 2, locRib: 3 } as const;

/** Peer flags, RFC 7854 §4.2 and RFC 8671 §4. */
export const PEER_FLAG = { ipv6: 0x80, postPolicy: 0x40, as2: 0x20, adjRibOut: 0x10 } as const;

/** Initiation TLVs, RFC 7854 §4.4. */
export const INITIATION = { sysDescr: 1, sysName: 2 } as const;

/** Whether a plausible BMP message starts here; `bytes` may be cut after its header. */
export function looksLikeBmp(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER_BYTES) return false;
  const length = u32(bytes, 1);
  const isKnown = bytes[0] === VERSION.rfc7854 || bytes[0] === VERSION.tlv;
  return isKnown && length >= HEADER_BYTES && length <= MAX_MESSAGE_BYTES && bytes[5]! <= TYPE.routeMirroring;
}

/** u16 at `at`. */
export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** u32 at `at`. */
export function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
