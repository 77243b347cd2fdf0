import type { UpdateContext } from '../bgp/update.ts';
import { UpdateDecoder } from '../bgp/update.ts';
import { ELEM_FLAG, PEER_STATE } from '../elem/batch.ts';
import type { ElemBatch } from '../elem/batch.ts';
import { BatchBuilder } from '../elem/builder.ts';
import type { ErrorCode } from '../error.ts';
import { BgpError } from '../error.ts';
import { familyOf, readAddPath, readOpen } from './capabilities.ts';
import {
  HEADER_BYTES,
  INITIATION,
  MAX_MESSAGE_BYTES,
  PEER_FLAG,
  PEER_HEADER_BYTES,
  PEER_TYPE,
  TYPE,
  u16,
  u32,
  VERSION,
} from './header.ts';
import type { View } from './peers.ts';
import { internView, readPeerHeader, Views } from './peers.ts';
import { BmpStats } from './stats.ts';

export interface BmpOptions {
  /** Name of the router, for the vantages; absent: what it calls itself (sysName), else `bmp`. */
  readonly router?: string;
  /** Elems after which a batch is handed over (default 1000). */
  readonly batchElems?: number;
  /** Told of every message that makes no sense. @param offset of its header in the stream */
  readonly onDamage?: (code: ErrorCode, offset: number, detail: string) => void;
}

/** TLVs of route monitoring in version 4, draft-ietf-grow-bmp-tlv §4.2: type u16, length u16, index u16, value. */
const TLV = { statelessParsing: 1, updatePdu: 4, headerBytes: 6 } as const;
const ADD_PATH_CAPABILITY = 69;
const MAX_NAME_CHARS = 64;

/**
 * Decodes the BMP stream of one monitored router (RFC 7854, 8671, 9069) pushed in chunks of any size: route monitoring
 * to elems, peers going up and down to state changes of each of their views. Memory is bounded by the longest message, one batch
 * and the views. A message that makes no sense is told of and skipped; when the framing is lost everything decoded so far
 * is delivered, BMP_LOST_FRAMING is thrown, and the decoder takes nothing more. A stream may end without a termination
 * message: routers do that.
 */
export class BmpDecoder {
  readonly stats: BmpStats;
  readonly #options: BmpOptions;
  readonly #onBatch: (batch: ElemBatch) => void;
  readonly #builder: BatchBuilder;
  readonly #updates: UpdateDecoder;
  readonly #views = new Views();
  readonly #context: { -readonly [K in keyof UpdateContext]: UpdateContext[K] };
  #router: string;
  #carry: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #nowUs = 0;
  #isOver = false;

  constructor(options: BmpOptions, onBatch: (batch: ElemBatch) => void) {
    this.#options = options;
    this.#onBatch = onBatch;
    this.#router = options.router ?? 'bmp';
    this.#builder = new BatchBuilder(options.batchElems ?? 1000);
    this.#updates = new UpdateDecoder(this.#builder);
    this.stats = new BmpStats(this.#updates.stats);
    this.#context = {
      timeUs: 0,
      vantage: 0,
      flags: ELEM_FLAG.extendedTime,
      as4: true,
      addPath: false,
      internal: false,
      // FRR leaves it out of routes of its own.
      mayLackNextHop: true,
    };
  }

  /** Views not tracked for want of room. */
  get refusedViews(): number {
    return this.#views.refused;
  }

  /** Decode the next bytes of the stream. The chunk is not kept. @throws {BgpError} BMP_LOST_FRAMING */
  push(chunk: Uint8Array): void {
    if (this.#isOver) return;
    this.stats.bytes += chunk.length;
    const bytes = joined(this.#carry, chunk);
    let at = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const length = u32(bytes, at + 1);
      if (length < HEADER_BYTES || length > MAX_MESSAGE_BYTES) this.#lose(`message of ${length} bytes`);
      if (bytes[at] !== VERSION.rfc7854 && bytes[at] !== VERSION.tlv) this.#lose(`version ${bytes[at]}`);
      if (bytes.length - at < length) break;
      this.#message(bytes, at, at + length);
      at += length;
      this.#offset += length;
      if (this.#builder.isFull) this.#flush();
    }
    this.#carry = bytes.slice(at);
  }

  /** The stream is over: hand over what is left. @throws {BgpError} BMP_TRUNCATED if it ended inside a message */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#flush();
    const { length } = this.#carry;
    if (length > 0)
      throw new BgpError('BMP_TRUNCATED', `${length} bytes of a message at offset ${this.#offset}`);
  }

  #lose(detail: string): never {
    this.#isOver = true;
    this.#flush();
    throw new BgpError('BMP_LOST_FRAMING', `${detail} at offset ${this.#offset}`);
  }

  #message(bytes: Uint8Array, at: number, end: number): void {
    this.stats.messages++;
    try {
      this.#dispatch(bytes, at + HEADER_BYTES, end, bytes[at + 5]!, bytes[at]!);
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      this.stats.damaged++;
      this.#options.onDamage?.(error.code, this.#offset, error.message);
    }
  }

  #dispatch(bytes: Uint8Array, at: number, end: number, type: number, version: number): void {
    const { stats } = this;
    switch (type) {
      case TYPE.initiation:
        stats.initiation++;
        return this.#initiation(bytes, at, end);
      case TYPE.termination:
        stats.termination++;
        return;
      case TYPE.statistics:
        stats.statistics++;
        return;
      case TYPE.routeMirroring:
        stats.routeMirroring++;
        return;
      case TYPE.peerUp:
        stats.peerUp++;
        return this.#peerUp(bytes, at, end);
      case TYPE.peerDown:
        stats.peerDown++;
        return this.#peerDown(bytes, at, end);
      case TYPE.routeMonitoring:
        stats.routeMonitoring++;
        return this.#routes(bytes, at, end, version);
      default:
        stats.otherMessages++;
    }
  }

  #initiation(bytes: Uint8Array, at: number, end: number): void {
    // 0: type u16   2: length u16   4: value, repeated
    for (let from = at; from + 4 <= end;) {
      const to = from + 4 + u16(bytes, from + 2);
      if (to > end) throw new BgpError('BMP_BAD_MESSAGE', 'an initiation TLV runs past its message');
      if (u16(bytes, from) === INITIATION.sysName && this.#options.router === undefined) {
        this.#router = nameOf(bytes, from + 4, to) || this.#router;
      }
      from = to;
    }
  }

  /** The view a message is about, and its time. @throws {BgpError} BMP_BAD_MESSAGE */
  #view(bytes: Uint8Array, at: number, end: number): View | null {
    if (end - at < PEER_HEADER_BYTES)
      throw new BgpError('BMP_BAD_MESSAGE', `per-peer header of ${end - at} bytes`);
    const header = readPeerHeader(bytes, at);
    // Without a time of its own a message happened when the one before it did.
    if (header.timeUs > 0) this.#nowUs = header.timeUs;
    return this.#views.at(header);
  }

  #peerUp(bytes: Uint8Array, at: number, end: number): void {
    const view = this.#view(bytes, at, end);
    // 0: local address, 16   16: local port u16   18: remote port u16   20: sent OPEN, received OPEN, TLVs
    const sentAt = at + PEER_HEADER_BYTES + 20;
    const sent = readOpen(bytes, sentAt, end);
    const received = readOpen(bytes, sentAt + sent.length, end);
    if (!view) return;
    this.#views.established(view, sent, received);
    this.#turn(view, PEER_STATE.established);
  }

  #peerDown(bytes: Uint8Array, at: number, end: number): void {
    const view = this.#view(bytes, at, end);
    if (!view) return;
    for (const known of this.#views.of(view.peer)) this.#turn(known, PEER_STATE.idle);
  }

  /** A session that goes up twice, or down without having been up, is said once: routers do both. */
  #turn(view: View, state: number): void {
    const isUp = state === PEER_STATE.established;
    if (view.isUp === isUp) return;
    view.isUp = isUp;
    const old = isUp ? PEER_STATE.idle : PEER_STATE.established;
    const vantage = internView(this.#builder, this.#router, view);
    this.#builder.pushState(ELEM_FLAG.first | ELEM_FLAG.extendedTime, this.#nowUs, vantage, old, state);
  }

  #routes(bytes: Uint8Array, at: number, end: number, version: number): void {
    const view = this.#view(bytes, at, end);
    if (!view) return;
    const bodyAt = at + PEER_HEADER_BYTES;
    if (version === VERSION.tlv) this.#tlvRoutes(bytes, bodyAt, end, view);
    else this.#update(bytes, bodyAt, end, view);
  }

  #tlvRoutes(bytes: Uint8Array, at: number, end: number, view: View): void {
    for (let from = at; from + TLV.headerBytes <= end;) {
      const valueAt = from + TLV.headerBytes;
      const to = valueAt + u16(bytes, from + 2);
      if (to > end) throw new BgpError('BMP_BAD_MESSAGE', 'a TLV runs past its message');
      const type = u16(bytes, from);
      if (type === TLV.statelessParsing && bytes[valueAt] === ADD_PATH_CAPABILITY && to - valueAt >= 2) {
        const modes = new Map<number, number>();
        readAddPath(bytes, valueAt + 2, Math.min(to, valueAt + 2 + bytes[valueAt + 1]!), modes);
        for (const [family, mode] of modes) view.addPath.set(family, (mode & 2) !== 0);
      }
      if (type === TLV.updatePdu) this.#update(bytes, valueAt, to, view);
      from = to;
    }
  }

  #update(bytes: Uint8Array, at: number, end: number, view: View): void {
    const { stats } = this.#updates;
    const family = familyOf(bytes, at, end);
    const context = this.#context;
    context.timeUs = this.#nowUs;
    context.vantage = internView(this.#builder, this.#router, view);
    context.as4 = !isTwoOctet(view);
    context.internal = view.localAsn !== 0 && view.localAsn === view.header.asn;
    context.addPath = view.addPath.get(family) ?? false;
    const guesses = stats.addPathGuesses;
    this.#updates.decodeMessage(bytes, at, end, context);
    // Some routers carry path identifiers in one view of a peer and not in another, whatever the session agreed on.
    if (stats.addPathGuesses !== guesses) view.addPath.set(family, !context.addPath);
  }

  #flush(): void {
    if (this.#builder.length === 0) return;
    const batch = this.#builder.take();
    this.stats.elems += batch.length;
    this.#onBatch(batch);
  }
}

function isTwoOctet(view: View): boolean {
  // Of a Loc-RIB the flags mean something else (RFC 9069 §4.2).
  return view.header.type !== PEER_TYPE.locRib && (view.header.flags & PEER_FLAG.as2) !== 0;
}

function joined(carry: Uint8Array, chunk: Uint8Array): Uint8Array {
  if (carry.length === 0) return chunk;
  const bytes = new Uint8Array(carry.length + chunk.length);
  bytes.set(carry);
  bytes.set(chunk, carry.length);
  return bytes;
}

/** A router's own name, without what would confuse a reader. */
function nameOf(bytes: Uint8Array, at: number, end: number): string {
  let name = '';
  for (let i = at; i < end && name.length < MAX_NAME_CHARS; i++) {
    const byte = bytes[i]!;
    if (byte > 0x20 && byte < 0x7f && byte !== 0x7c) name += String.fromCharCode(byte);
  }
  return name;
}
