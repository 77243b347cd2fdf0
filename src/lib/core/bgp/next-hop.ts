import type { AddressInterner } from '../elem/tables.ts';

/** Octets of MP_REACH_NLRI before the next hop: AFI, SAFI and the next hop's length (RFC 4760 §3). */
export const REACH_HEADER_BYTES = 4;

const RD_BYTES = 8;

/**
 * Whether a next hop of `length` octets fits the table: IPv4 (4), IPv6 (16), IPv6 with link-local (32), and for VPN the
 * same behind an RD of eight octets each (12, 24, 48). IPv4 tables may have IPv6 next hops (RFC 8950 §3); VPN-IPv4 with a
 * bare IPv6 next hop is RFC 5549's older form.
 */
export function isNextHopLength(table: number, length: number): boolean {
  if (table === 0) return length === 4 || length === 16 || length === 32;
  if (table === 1) return length === 16 || length === 32;
  return length === 12 || length === 24 || length === 48 || length === 16 || length === 32;
}

/**
 * Intern the next hop of `length` octets at `at`: of two IPv6 addresses the first, the global one (RFC 2545 §3), of VPN
 * next hops the address behind the RD.
 * @returns its index, 0 for a length that no family uses.
 */
export function internNextHop(
  addresses: AddressInterner,
  bytes: Uint8Array,
  at: number,
  length: number,
): number {
  switch (length) {
    case 12:
      return addresses.intern(false, word(bytes, at + RD_BYTES), 0, 0, 0);
    case 4:
      return addresses.intern(false, word(bytes, at), 0, 0, 0);
    case 24:
    case 48:
      return internV6(addresses, bytes, at + RD_BYTES);
    case 16:
    case 32:
      return internV6(addresses, bytes, at);
    default:
      return 0;
  }
}

function internV6(addresses: AddressInterner, bytes: Uint8Array, at: number): number {
  return addresses.intern(
    true,
    word(bytes, at),
    word(bytes, at + 4),
    word(bytes, at + 8),
    word(bytes, at + 12),
  );
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
