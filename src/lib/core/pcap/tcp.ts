import type { Packet } from './reader.ts';

/** A piece of a TCP connection's one direction. */
export interface Segment {
  /** Names the direction: `source.port>destination.port`. */
  readonly flow: string;
  readonly seq: number;
  readonly isSyn: boolean;
  readonly payload: Uint8Array;
}

const LINK = { null: 0, ethernet: 1, raw: 101, linuxSll: 113, linuxSll2: 276, ipv4: 228, ipv6: 229 } as const;
const ETHER = { ipv4: 0x0800, ipv6: 0x86dd, vlan: 0x8100, qinq: 0x88a8 } as const;
const TCP = 6;

/** The TCP segment in a packet; null when there is none, it is a later fragment, or it was cut by the capture. */
export function segmentOf({ bytes, link }: Packet): Segment | null {
  const at = ipAt(bytes, link);
  if (at === -1 || at >= bytes.length) return null;
  const version = bytes[at]! >>> 4;
  if (version === 4) return ipv4Segment(bytes, at);
  return version === 6 ? ipv6Segment(bytes, at) : null;
}

function ipAt(bytes: Uint8Array, link: number): number {
  if (link === LINK.raw || link === LINK.ipv4 || link === LINK.ipv6) return 0;
  if (link === LINK.null) return 4;
  if (link === LINK.linuxSll) return isIp(u16(bytes, 14)) ? 16 : -1;
  if (link === LINK.linuxSll2) return isIp(u16(bytes, 0)) ? 20 : -1;
  if (link !== LINK.ethernet) return -1;
  let at = 12;
  while (u16(bytes, at) === ETHER.vlan || u16(bytes, at) === ETHER.qinq) at += 4;
  return isIp(u16(bytes, at)) ? at + 2 : -1;
}

function isIp(type: number): boolean {
  return type === ETHER.ipv4 || type === ETHER.ipv6;
}

function ipv4Segment(bytes: Uint8Array, at: number): Segment | null {
  // 0: version and header words   2: total length u16   6: flags, fragment offset   9: protocol   12: addresses
  const headerBytes = (bytes[at]! & 0x0f) * 4;
  const end = Math.min(bytes.length, at + u16(bytes, at + 2));
  const isLaterFragment = (u16(bytes, at + 6) & 0x1fff) !== 0;
  if (headerBytes < 20 || bytes[at + 9] !== TCP || isLaterFragment || at + u16(bytes, at + 2) > bytes.length)
    return null;
  return tcpSegment(bytes, at + headerBytes, end, hex(bytes, at + 12, 4), hex(bytes, at + 16, 4));
}

function ipv6Segment(bytes: Uint8Array, at: number): Segment | null {
  // 4: payload length u16   6: next header   8: addresses. Extension headers do not occur between routers and collectors.
  const end = at + 40 + u16(bytes, at + 4);
  if (bytes[at + 6] !== TCP || end > bytes.length) return null;
  return tcpSegment(bytes, at + 40, end, hex(bytes, at + 8, 16), hex(bytes, at + 24, 16));
}

function tcpSegment(bytes: Uint8Array, at: number, end: number, from: string, to: string): Segment | null {
  // 0: source port   2: destination port   4: seq u32   12: header words   13: flags
  if (end - at < 20) return null;
  const payloadAt = at + (bytes[at + 12]! >>> 4) * 4;
  if (payloadAt > end) return null;
  const seq = ((u16(bytes, at + 4) << 16) | u16(bytes, at + 6)) >>> 0;
  return {
    flow: `${from}.${u16(bytes, at)}>${to}.${u16(bytes, at + 2)}`,
    seq,
    isSyn: (bytes[at + 13]! & 2) !== 0,
    payload: bytes.subarray(payloadAt, end),
  };
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function hex(bytes: Uint8Array, at: number, count: number): string {
  let text = '';
  for (let i = at; i < at + count; i++) text += (bytes[i] ?? 0).toString(16).padStart(2, '0');
  return text;
}
