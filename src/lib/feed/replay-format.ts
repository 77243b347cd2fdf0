import type { ElemBatch } from '#core/elem/batch.ts';
import { BmpCapture } from '#core/bmp/capture.ts';
import { BmpDecoder } from '#core/bmp/decoder.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { JsonlDecoder } from '#core/elem/jsonl.ts';
import { BgpError } from '#core/error.ts';
import { MrtDecoder } from '#core/mrt/decoder.ts';
import { RisLiveDecoder } from '#core/rislive/decoder.ts';
import type { ElemFormat } from '#core/sniff/elem-format.ts';
import { decodeBatch } from '#core/wire/batch.ts';
import { decodeFrame, FRAME_KIND } from '#core/wire/frame.ts';
import type { JsonObject } from '#core/wire/log.ts';
import { FrameLogDecoder } from '#core/wire/log.ts';
import { inflateBody } from './inflate.ts';

export interface ReaderHooks {
  /** Who recorded it, where the format does not say. */
  readonly collector: string;
  /** `body`: the batch as encoded on the wire, where it came so. Must not throw. */
  readonly onBatch: (batch: ElemBatch, body?: Uint8Array) => void;
  readonly onBad: (code: string, count: number) => void;
  readonly onManifest: (manifest: JsonObject) => void;
  /** The bytes of a frame as they stand in the log. */
  readonly onFrame?: (frame: Uint8Array) => void;
}

/** Turns the bytes of one file into batches. What ends the file early is thrown. */
export interface ReplayReader {
  push(chunk: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

/** Elems per batch of what does not come in batches: one frame of a recording. */
const BATCH_ELEMS = 16_384;
/** Longest line taken, in bytes. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;
/** Frames inflated at a time. */
const AHEAD = 4;
const LINE_FEED = 10;

export function openReader(format: ElemFormat, hooks: ReaderHooks): ReplayReader {
  if (format === 'frame-log') return new LogReader(hooks);
  if (format === 'mrt') return new MrtReader(hooks);
  if (format === 'bmp' || format === 'bmp-pcap') return new BmpReader(format, hooks);
  return new LinesReader(format, hooks);
}

class MrtReader implements ReplayReader {
  readonly #decoder: MrtDecoder;
  readonly #hooks: ReaderHooks;
  readonly #told = new Map<string, number>();

  constructor(hooks: ReaderHooks) {
    const { collector, onBatch } = hooks;
    this.#hooks = hooks;
    this.#decoder = new MrtDecoder({ collector, batchElems: BATCH_ELEMS }, (batch) => onBatch(batch));
  }

  push(chunk: Uint8Array): Promise<void> {
    try {
      this.#decoder.push(chunk);
    } finally {
      this.#tell();
    }
    return Promise.resolve();
  }

  /** Pass on what has been damaged since the last time. */
  #tell(): void {
    for (const [code, count] of Object.entries(this.#decoder.stats.damagedByCode)) {
      const fresh = count - (this.#told.get(code) ?? 0);
      if (fresh > 0) this.#hooks.onBad(code, fresh);
      this.#told.set(code, count);
    }
  }

  end(): Promise<void> {
    this.#decoder.end();
    return Promise.resolve();
  }
}

/** BMP as a router sends it, or inside a packet capture. */
class BmpReader implements ReplayReader {
  readonly #decoder: BmpDecoder | BmpCapture;

  constructor(format: 'bmp' | 'bmp-pcap', { onBatch, onBad }: ReaderHooks) {
    const Decoder = format === 'bmp' ? BmpDecoder : BmpCapture;
    const onDamage = (code: string): void => onBad(code, 1);
    this.#decoder = new Decoder({ batchElems: BATCH_ELEMS, onDamage }, (batch) => onBatch(batch));
  }

  push(chunk: Uint8Array): Promise<void> {
    this.#decoder.push(chunk);
    return Promise.resolve();
  }

  end(): Promise<void> {
    this.#decoder.end();
    return Promise.resolve();
  }
}

/** JSON lines. A bad line is counted and left out. */
class LinesReader implements ReplayReader {
  readonly #builder = new BatchBuilder(BATCH_ELEMS);
  readonly #decode: (text: string) => { readonly type: string; readonly badPrefixes?: number };
  readonly #hooks: ReaderHooks;
  readonly #lineCode: string;
  #parts: Uint8Array[] = [];
  #partBytes = 0;

  constructor(format: 'ris-live' | 'jsonl', hooks: ReaderHooks) {
    const decoder =
      format === 'ris-live' ? new RisLiveDecoder(this.#builder) : new JsonlDecoder(this.#builder);
    this.#decode = (text) => decoder.decode(text);
    this.#hooks = hooks;
    this.#lineCode = format === 'ris-live' ? 'RIS_BAD_MESSAGE' : 'JSONL_BAD_LINE';
  }

  push(chunk: Uint8Array): Promise<void> {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, from)) {
      this.#collect(chunk.subarray(from, at));
      this.#line();
      from = at + 1;
    }
    // The rest is copied: the chunk's buffer may be the stream's to reuse.
    this.#collect(chunk.slice(from));
    return Promise.resolve();
  }

  #collect(part: Uint8Array): void {
    this.#partBytes += part.length;
    if (this.#partBytes > MAX_LINE_BYTES) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  #line(): void {
    const [parts, bytes] = [this.#parts, this.#partBytes];
    this.#parts = [];
    this.#partBytes = 0;
    if (bytes > MAX_LINE_BYTES) return this.#hooks.onBad(this.#lineCode, 1);
    const decoder = new TextDecoder();
    const text = parts.map((part) => decoder.decode(part, { stream: true })).join('') + decoder.decode();
    if (text.trim() === '') return;
    try {
      const { badPrefixes } = this.#decode(text);
      if (badPrefixes) this.#hooks.onBad('PREFIX_BAD', badPrefixes);
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      this.#hooks.onBad(error.code, 1);
    }
    if (this.#builder.isFull) this.#flush();
  }

  #flush(): void {
    if (this.#builder.length > 0) this.#hooks.onBatch(this.#builder.take());
  }

  end(): Promise<void> {
    this.#line();
    this.#flush();
    return Promise.resolve();
  }
}

/** A frame log (docs/wire.md §8). A frame whose body is bad is counted and left out. */
class LogReader implements ReplayReader {
  readonly #hooks: ReaderHooks;
  readonly #decoder: FrameLogDecoder;
  #frames: Uint8Array<ArrayBuffer>[] = [];

  constructor(hooks: ReaderHooks) {
    this.#hooks = hooks;
    this.#decoder = new FrameLogDecoder({
      onManifest: hooks.onManifest,
      onFrame: (frame) => {
        hooks.onFrame?.(frame);
        this.#frames.push(frame);
      },
    });
  }

  async push(chunk: Uint8Array): Promise<void> {
    try {
      this.#decoder.push(chunk);
    } finally {
      // Also those before a damage.
      while (this.#frames.length > 0) await this.#take(this.#frames.splice(0, AHEAD));
    }
  }

  async #take(frames: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
    const bodies = frames.map((frame) => {
      const { header, body } = decodeFrame(frame);
      if (header.kind === FRAME_KIND.reset) return Promise.resolve(null);
      const inflated = inflateBody(header, body as Uint8Array<ArrayBuffer>);
      inflated.catch(() => undefined); // told when its turn comes
      return inflated;
    });
    for (const promise of bodies) {
      try {
        const body = await promise;
        if (body) this.#hooks.onBatch(decodeBatch(body), body);
      } catch (error) {
        if (!(error instanceof BgpError)) throw error;
        this.#hooks.onBad(error.code, 1);
      }
    }
  }

  end(): Promise<void> {
    this.#decoder.end();
    return Promise.resolve();
  }
}
