import { BgpError } from '../error.ts';
import { decodeUtf8, encodeUtf8 } from './bytes.ts';
import { crc32 } from './crc32.ts';
import { decodeFrame, FRAME_HEADER_BYTES, MAX_BODY_BYTES } from './frame.ts';

/**
 * The frame log (`*.rsl`, docs/wire.md §8): a recording as a file of frames.
 *
 *   0: magic 89 52 53 4C 0D 0A   6: version u16   8: manifest bytes u32   12: manifest, a JSON object in UTF-8
 *   then per frame: its length u32 and the frame
 *   then 0 u32, frames u32, elems u64, and the CRC-32 of every byte before the CRC
 */
export const LOG_MAGIC = Uint8Array.of(0x89, 0x52, 0x53, 0x4c, 0x0d, 0x0a);
export const LOG_VERSION = 1;
export const MAX_MANIFEST_BYTES = 1_048_576;

const START_BYTES = 12;
const LENGTH_BYTES = 4;
/** After the zero length: frames, elems, CRC. */
const END_BYTES = 16;
const MAX_FRAME_BYTES = FRAME_HEADER_BYTES + MAX_BODY_BYTES;

export type JsonObject = Readonly<Record<string, unknown>>;

/** What a log holds, as its end marker says and the decoder checked. */
export interface LogTotals {
  readonly frames: number;
  readonly elems: number;
}

/** Writes a frame log piece by piece; the pieces, in order, are the file. */
export class FrameLogEncoder {
  #frames = 0;
  #elems = 0;
  #crc = 0;

  /** The file's start. @throws {BgpError} WIRE_TOO_LARGE for a manifest over `MAX_MANIFEST_BYTES` */
  start(manifest: JsonObject): Uint8Array<ArrayBuffer> {
    const json = encodeUtf8(JSON.stringify(manifest));
    if (json.length > MAX_MANIFEST_BYTES)
      throw new BgpError('WIRE_TOO_LARGE', `manifest of ${json.length} bytes`);
    const piece = new Uint8Array(START_BYTES + json.length);
    piece.set(LOG_MAGIC);
    const view = new DataView(piece.buffer);
    view.setUint16(6, LOG_VERSION);
    view.setUint32(8, json.length);
    piece.set(json, START_BYTES);
    return this.#sum(piece);
  }

  /** One frame, as `encodeFrame` made it. @throws {BgpError} what `decodeFrame` finds wrong with it */
  frame(frame: Uint8Array): Uint8Array<ArrayBuffer> {
    this.#elems += decodeFrame(frame).header.elems;
    this.#frames++;
    const piece = new Uint8Array(LENGTH_BYTES + frame.length);
    new DataView(piece.buffer).setUint32(0, frame.length);
    piece.set(frame, LENGTH_BYTES);
    return this.#sum(piece);
  }

  /** The end marker. */
  end(): Uint8Array<ArrayBuffer> {
    const piece = new Uint8Array(LENGTH_BYTES + END_BYTES);
    const view = new DataView(piece.buffer);
    view.setUint32(4, this.#frames);
    view.setUint32(8, Math.floor(this.#elems / 0x1_0000_0000));
    view.setUint32(12, this.#elems % 0x1_0000_0000);
    this.#sum(piece.subarray(0, 16));
    view.setUint32(16, this.#crc);
    return piece;
  }

  #sum<T extends Uint8Array>(piece: T): T {
    this.#crc = crc32(piece, this.#crc);
    return piece;
  }
}

export interface FrameLogHandlers {
  readonly onManifest?: (manifest: JsonObject) => void;
  /** A frame in a buffer of its own, its header checked, its body not. */
  readonly onFrame: (frame: Uint8Array<ArrayBuffer>) => void;
}

/** What the next bytes are. */
type Part = 'start' | 'manifest' | 'length' | 'frame' | 'end' | 'done';

/**
 * Reads a frame log from chunks of any size. Frames are handed over as they complete, so a damaged or cut log yields every
 * good frame before the error. After an error the decoder is of no further use.
 */
export class FrameLogDecoder {
  readonly #handlers: FrameLogHandlers;
  #part: Part = 'start';
  /** The part being gathered: `#have` of `#need` bytes are there. Grows with what arrives, not with what is claimed. */
  #pending = new Uint8Array(START_BYTES);
  #have = 0;
  #need = START_BYTES;
  #offset = 0;
  #crc = 0;
  #frames = 0;
  #elems = 0;

  constructor(handlers: FrameLogHandlers) {
    this.#handlers = handlers;
  }

  get totals(): LogTotals {
    return { frames: this.#frames, elems: this.#elems };
  }

  /**
   * @throws {BgpError} WIRE_LOG_BAD (not a frame log, or its framing is lost), WIRE_VERSION, WIRE_LOG_CHECKSUM, and what
   * `decodeFrame` throws
   */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#part === 'done') throw this.#bad('bytes after the end');
      const take = Math.min(chunk.length - at, this.#need - this.#have);
      this.#reserve(this.#have + take);
      this.#pending.set(chunk.subarray(at, at + take), this.#have);
      this.#have += take;
      at += take;
      this.#offset += take;
      if (this.#have === this.#need) this.#finishPart();
    }
  }

  /** No more chunks. @throws {BgpError} WIRE_LOG_TRUNCATED if the end marker has not come */
  end(): LogTotals {
    if (this.#part !== 'done') {
      throw new BgpError('WIRE_LOG_TRUNCATED', `ends at byte ${this.#offset}, after ${this.#frames} frames`);
    }
    return this.totals;
  }

  #bad(detail: string): BgpError {
    return new BgpError('WIRE_LOG_BAD', `${detail} (byte ${this.#offset})`);
  }

  #reserve(needed: number): void {
    if (needed <= this.#pending.length) return;
    const next = new Uint8Array(Math.min(this.#need, Math.max(needed, this.#pending.length * 2)));
    next.set(this.#pending.subarray(0, this.#have));
    this.#pending = next;
  }

  #expect(part: Part, need: number): void {
    this.#part = part;
    this.#need = need;
    this.#have = 0;
  }

  #finishPart(): void {
    const bytes = this.#pending.slice(0, this.#need);
    const view = new DataView(bytes.buffer);
    if (this.#part !== 'end') this.#crc = crc32(bytes, this.#crc);
    switch (this.#part) {
      case 'start':
        return this.#expect('manifest', this.#manifestBytes(bytes, view));
      case 'manifest':
        this.#handlers.onManifest?.(this.#parseManifest(bytes));
        return this.#expect('length', LENGTH_BYTES);
      case 'length': {
        const frameBytes = view.getUint32(0);
        if (frameBytes === 0) return this.#expect('end', END_BYTES);
        if (frameBytes > MAX_FRAME_BYTES) throw this.#bad(`frame of ${frameBytes} bytes`);
        return this.#expect('frame', frameBytes);
      }
      case 'frame':
        this.#elems += decodeFrame(bytes).header.elems;
        this.#frames++;
        this.#expect('length', LENGTH_BYTES);
        return this.#handlers.onFrame(bytes);
      case 'end':
        this.#checkEnd(bytes, view);
        return this.#expect('done', 1);
      case 'done':
    }
  }

  #manifestBytes(bytes: Uint8Array, view: DataView): number {
    if (LOG_MAGIC.some((byte, i) => bytes[i] !== byte)) throw this.#bad('not a frame log');
    const version = view.getUint16(6);
    if (version !== LOG_VERSION)
      throw new BgpError('WIRE_VERSION', `log version ${version}, this reads ${LOG_VERSION}`);
    const manifestBytes = view.getUint32(8);
    if (manifestBytes < 2 || manifestBytes > MAX_MANIFEST_BYTES)
      throw this.#bad(`manifest of ${manifestBytes} bytes`);
    return manifestBytes;
  }

  #parseManifest(bytes: Uint8Array): JsonObject {
    let manifest: unknown = null;
    try {
      manifest = JSON.parse(decodeUtf8(bytes) ?? '');
    } catch {
      // `manifest` stays null: refused below
    }
    if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) {
      throw this.#bad('manifest is no JSON object');
    }
    return manifest as JsonObject;
  }

  #checkEnd(bytes: Uint8Array, view: DataView): void {
    const crc = crc32(bytes.subarray(0, 12), this.#crc);
    const frames = view.getUint32(0);
    const elems = view.getUint32(4) * 0x1_0000_0000 + view.getUint32(8);
    if (crc !== view.getUint32(12) || frames !== this.#frames || elems !== this.#elems) {
      throw new BgpError(
        'WIRE_LOG_CHECKSUM',
        `the log is not what was written, after ${this.#frames} frames`,
      );
    }
  }
}
