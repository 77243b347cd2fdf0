import { BgpError } from '../error.ts';

/** Version of the frame and of the batch encoding in it (docs/wire.md §9). */
export const FRAME_VERSION = 1;
export const FRAME_HEADER_BYTES = 56;
/** Largest body before compression. Bounds what a receiver must be ready to inflate. */
export const MAX_RAW_BYTES = 16 * 1024 * 1024;
/** Largest body as sent. Deflate adds at most 5 bytes per 16 KB block to what it cannot shrink; this leaves room. */
export const MAX_BODY_BYTES = MAX_RAW_BYTES + 64 * 1024;

const MAGIC = 0x5253; // "RS"

/** What a frame is. `reset`: the source starts over (a replay's next pass); clear all state. Its body is empty. */
export const FRAME_KIND = { batch: 0, reset: 1 } as const;
export type FrameKind = (typeof FRAME_KIND)[keyof typeof FRAME_KIND];

/** `deflateRaw` is RFC 1951 without a wrapper: zlib.deflateRaw in Node, DecompressionStream('deflate-raw') in browsers. */
export const COMPRESSION = { none: 0, deflateRaw: 1 } as const;
export type Compression = (typeof COMPRESSION)[keyof typeof COMPRESSION];

export interface FrameHeader {
  readonly kind: FrameKind;
  readonly compression: Compression;
  /** Names the run of the relay; seqs of different streams do not compare. u32. */
  readonly stream: number;
  /** Number of this frame, from 1, up to 2^53 - 1. */
  readonly seq: number;
  /** Seq of the frame before this one in the receiver's selection: seq - 1 without a filter, 0 when there is none. */
  readonly prev: number;
  /** Time of the first and of the last elem, Unix microseconds; both 0 in a reset. */
  readonly firstUs: number;
  readonly lastUs: number;
  readonly elems: number;
  /** BGP messages that begin in the batch. */
  readonly messages: number;
  /** Length of the body before compression. */
  readonly rawBytes: number;
}

/**
 * One frame: 56 bytes of header, then the body, which the caller has compressed already as `header.compression` says.
 *
 * @throws {BgpError} WIRE_TOO_LARGE
 */
export function encodeFrame(header: FrameHeader, body: Uint8Array): Uint8Array<ArrayBuffer> {
  if (header.rawBytes > MAX_RAW_BYTES || body.length > MAX_BODY_BYTES) {
    throw new BgpError('WIRE_TOO_LARGE', `frame of ${header.rawBytes} bytes (${body.length} compressed)`);
  }
  const frame = new Uint8Array(FRAME_HEADER_BYTES + body.length);
  const view = new DataView(frame.buffer);
  view.setUint16(0, MAGIC);
  view.setUint8(2, FRAME_VERSION);
  view.setUint8(3, header.kind);
  view.setUint8(4, header.compression);
  // 5: reserved, zero
  view.setUint16(6, FRAME_HEADER_BYTES);
  view.setUint32(8, header.stream);
  setUint53(view, 12, header.seq);
  setUint53(view, 20, header.prev);
  setUint53(view, 28, header.firstUs);
  setUint53(view, 36, header.lastUs);
  view.setUint32(44, header.elems);
  view.setUint32(48, header.messages);
  view.setUint32(52, header.rawBytes);
  frame.set(body, FRAME_HEADER_BYTES);
  return frame;
}

/**
 * Take a frame apart. `body` is a view of `bytes`, still compressed; inflate at most `header.rawBytes` of it.
 *
 * @throws {BgpError} WIRE_BAD_FRAME, WIRE_VERSION (another version of the format), WIRE_TOO_LARGE
 */
export function decodeFrame(bytes: Uint8Array): { header: FrameHeader; body: Uint8Array } {
  if (bytes.length < FRAME_HEADER_BYTES) throw new BgpError('WIRE_BAD_FRAME', `${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint16(0) !== MAGIC) throw new BgpError('WIRE_BAD_FRAME', 'not a frame');
  const version = view.getUint8(2);
  if (version !== FRAME_VERSION) {
    throw new BgpError('WIRE_VERSION', `frame version ${version}, this reads ${FRAME_VERSION}`);
  }
  const headerBytes = view.getUint16(6);
  if (headerBytes < FRAME_HEADER_BYTES || headerBytes > bytes.length) {
    throw new BgpError('WIRE_BAD_FRAME', `header of ${headerBytes} bytes`);
  }
  const header: FrameHeader = {
    kind: view.getUint8(3) as FrameKind,
    compression: view.getUint8(4) as Compression,
    stream: view.getUint32(8),
    seq: getUint53(view, 12),
    prev: getUint53(view, 20),
    firstUs: getUint53(view, 28),
    lastUs: getUint53(view, 36),
    elems: view.getUint32(44),
    messages: view.getUint32(48),
    rawBytes: view.getUint32(52),
  };
  const body = bytes.subarray(headerBytes);
  checkHeader(header, body.length);
  return { header, body };
}

function checkHeader(header: FrameHeader, bodyBytes: number): void {
  const { kind, compression, seq, prev, elems, messages, rawBytes } = header;
  if (rawBytes > MAX_RAW_BYTES || bodyBytes > MAX_BODY_BYTES) {
    throw new BgpError('WIRE_TOO_LARGE', `frame of ${rawBytes} bytes (${bodyBytes} compressed)`);
  }
  const isKnown = kind <= FRAME_KIND.reset && compression <= COMPRESSION.deflateRaw;
  if (!isKnown) throw new BgpError('WIRE_BAD_FRAME', `kind ${kind}, compression ${compression}`);
  if (seq === 0 || prev >= seq) throw new BgpError('WIRE_BAD_FRAME', `seq ${seq} after ${prev}`);
  if (messages > elems) throw new BgpError('WIRE_BAD_FRAME', `${messages} messages in ${elems} elems`);
  if (kind === FRAME_KIND.reset && (elems !== 0 || rawBytes !== 0 || bodyBytes !== 0)) {
    throw new BgpError('WIRE_BAD_FRAME', 'a reset with a body');
  }
  if (compression === COMPRESSION.none && rawBytes !== bodyBytes) {
    throw new BgpError('WIRE_BAD_FRAME', `${bodyBytes} bytes of ${rawBytes}`);
  }
}

function setUint53(view: DataView, at: number, value: number): void {
  view.setUint32(at, Math.floor(value / 0x1_0000_0000));
  view.setUint32(at + 4, value % 0x1_0000_0000);
}

function getUint53(view: DataView, at: number): number {
  const high = view.getUint32(at);
  if (high > 0x1f_ffff) throw new BgpError('WIRE_BAD_FRAME', `number over 2^53 at ${at}`);
  return high * 0x1_0000_0000 + view.getUint32(at + 4);
}
