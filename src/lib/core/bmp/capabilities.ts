import { MESSAGE, MESSAGE_HEADER_BYTES } from '../bgp/message.ts';
import { BgpError } from '../error.ts';
import { u16, u32 } from './header.ts';

/** What an OPEN says about how the session's messages must be read. */
export interface OpenFacts {
  readonly asn: number;
  /** Octets of the message. */
  readonly length: number;
  /** ADD-PATH by family (`afi << 8 | safi`): 1 receive, 2 send, 3 both (RFC 7911 §4). */
  readonly addPath: ReadonlyMap<number, number>;
}

/** Optional parameter and capability codes: RFC 5492 §4, RFC 6793 §3, RFC 7911 §4, RFC 9072 §2. */
const CAPABILITIES = 2;
const EXTENDED_PARAMETERS = 255;
const CAPABILITY = { as4: 65, addPath: 69 } as const;

/** Read the OPEN at `at` (RFC 4271 §4.2). @throws {BgpError} BMP_BAD_MESSAGE */
export function readOpen(bytes: Uint8Array, at: number, end: number): OpenFacts {
  // 0: marker   16: length u16   18: type   19: version   20: AS u16   22: hold time u16   24: BGP id   28: parameters u8
  if (end - at < MESSAGE_HEADER_BYTES + 10) throw new BgpError('BMP_BAD_MESSAGE', 'an OPEN is missing');
  const length = u16(bytes, at + 16);
  if (bytes[at + 18] !== MESSAGE.open || length < MESSAGE_HEADER_BYTES + 10 || at + length > end)
    throw new BgpError('BMP_BAD_MESSAGE', `an OPEN of ${length} bytes in ${end - at}`);
  const facts = { asn: u16(bytes, at + 20), length, addPath: new Map<number, number>() };
  const isExtended = bytes[at + 28] === EXTENDED_PARAMETERS && bytes[at + 29] === EXTENDED_PARAMETERS;
  const headerBytes = isExtended ? 3 : 2;
  for (let from = at + (isExtended ? 32 : 29); from + headerBytes <= at + length;) {
    const to = from + headerBytes + (isExtended ? u16(bytes, from + 1) : bytes[from + 1]!);
    if (to > at + length) throw new BgpError('BMP_BAD_MESSAGE', 'an optional parameter runs past its OPEN');
    if (bytes[from] === CAPABILITIES) readCapabilities(bytes, from + headerBytes, to, facts);
    from = to;
  }
  return facts;
}

function readCapabilities(
  bytes: Uint8Array,
  at: number,
  end: number,
  facts: { asn: number; addPath: Map<number, number> },
): void {
  for (let from = at; from + 2 <= end;) {
    const to = from + 2 + bytes[from + 1]!;
    if (to > end) throw new BgpError('BMP_BAD_MESSAGE', 'a capability runs past its parameter');
    if (bytes[from] === CAPABILITY.as4 && to - from >= 6) facts.asn = u32(bytes, from + 2);
    if (bytes[from] === CAPABILITY.addPath) readAddPath(bytes, from + 2, to, facts.addPath);
    from = to;
  }
}

/** The value of an ADD-PATH capability: AFI u16, SAFI u8, send/receive u8, repeated (RFC 7911 §4). */
export function readAddPath(bytes: Uint8Array, at: number, end: number, into: Map<number, number>): void {
  for (let from = at; from + 4 <= end; from += 4)
    into.set((u16(bytes, from) << 8) | bytes[from + 2]!, bytes[from + 3]!);
}

/** The family of an UPDATE, `afi << 8 | safi`: of its first multiprotocol attribute (RFC 4760), else IPv4 unicast. */
export function familyOf(bytes: Uint8Array, at: number, end: number): number {
  const IPV4_UNICAST = (1 << 8) | 1;
  const withdrawnEnd = at + MESSAGE_HEADER_BYTES + 2 + u16(bytes, at + MESSAGE_HEADER_BYTES);
  if (withdrawnEnd + 2 > end) return IPV4_UNICAST;
  const attrsEnd = Math.min(end, withdrawnEnd + 2 + u16(bytes, withdrawnEnd));
  for (let from = withdrawnEnd + 2; from + 4 <= attrsEnd;) {
    const isExtended = (bytes[from]! & 0x10) !== 0;
    const valueAt = from + (isExtended ? 4 : 3);
    const isMultiprotocol = bytes[from + 1] === 14 || bytes[from + 1] === 15;
    if (isMultiprotocol && valueAt + 3 <= attrsEnd) return (u16(bytes, valueAt) << 8) | bytes[valueAt + 2]!;
    from = valueAt + (isExtended ? u16(bytes, from + 2) : bytes[from + 2]!);
  }
  return IPV4_UNICAST;
}
