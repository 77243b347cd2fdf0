import { BgpError } from '../error.ts';

/** BGP message types, RFC 4271 §4.1 and RFC 2918. */
export const MESSAGE = { open: 1, update: 2, notification: 3, keepalive: 4, routeRefresh: 5 } as const;

/** Marker, length and type, RFC 4271 §4.1. */
export const MESSAGE_HEADER_BYTES = 19;

/** Longest message with the extended message capability, RFC 8654 §4. */
export const MAX_MESSAGE_BYTES = 65535;

/** Longest message without it, RFC 4271 §4.1. */
export const CLASSIC_MESSAGE_BYTES = 4096;

/**
 * Check the header of the message at `at` and return the message's length in bytes, header included. `end` is where the
 * bytes end; octets after the message are the caller's business. The type is the octet at `at + 18`.
 * @throws {BgpError} BGP_BAD_MARKER, BGP_BAD_LENGTH
 */
export function messageLength(view: DataView, at: number, end: number): number {
  if (end - at < MESSAGE_HEADER_BYTES)
    throw new BgpError('BGP_BAD_LENGTH', `${end - at} bytes hold no message header`);
  // 0: marker, 16 octets of ones   16: length u16 (all of it)   18: type u8
  const ones = view.getInt32(at) & view.getInt32(at + 4) & view.getInt32(at + 8) & view.getInt32(at + 12);
  if (ones !== -1) throw new BgpError('BGP_BAD_MARKER', 'the marker is not all ones');
  const length = view.getUint16(at + 16);
  if (length < MESSAGE_HEADER_BYTES || length > end - at) {
    throw new BgpError('BGP_BAD_LENGTH', `message of ${length} bytes in ${end - at}`);
  }
  return length;
}
