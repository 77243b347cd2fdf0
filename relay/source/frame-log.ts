import { inflateRawSync } from 'node:zlib';
import type { ElemBatch } from '#core/elem/batch.ts';
import { BgpError } from '#core/error.ts';
import { decodeBatch } from '#core/wire/batch.ts';
import { COMPRESSION, decodeFrame, FRAME_KIND } from '#core/wire/frame.ts';
import type { JsonObject } from '#core/wire/log.ts';
import { FrameLogDecoder } from '#core/wire/log.ts';
import type { FormatReader, ReaderOptions } from './reader.ts';

/** The batch in a frame; null for a reset, which has none. @throws {BgpError} WIRE_BAD_FRAME and what `decodeFrame` throws */
export function frameBatch(frame: Uint8Array): ElemBatch | null {
  const { header, body } = decodeFrame(frame);
  if (header.kind === FRAME_KIND.reset) return null;
  if (header.compression === COMPRESSION.none) return decodeBatch(body);
  return decodeBatch(inflated(body, header.rawBytes));
}

function inflated(body: Uint8Array, rawBytes: number): Uint8Array {
  try {
    return inflateRawSync(body, { maxOutputLength: Math.max(1, rawBytes) });
  } catch (cause) {
    throw new BgpError('WIRE_BAD_FRAME', 'the body does not inflate', { cause });
  }
}

/** A frame log (docs/wire.md) -> its batches. A frame whose body is bad is counted and left out. */
export class FrameLogReader implements FormatReader {
  readonly #decoder: FrameLogDecoder;
  /** BGP messages in the frames so far. */
  messages = 0;
  /** What the log says about itself; null before it has been read. */
  manifest: JsonObject | null = null;

  constructor(options: ReaderOptions) {
    const { damage, onBatch } = options;
    this.#decoder = new FrameLogDecoder({
      onManifest: (manifest) => (this.manifest = manifest),
      onFrame: (frame) => {
        try {
          const batch = frameBatch(frame);
          if (!batch || batch.length === 0) return;
          this.messages += decodeFrame(frame).header.messages;
          onBatch(batch);
        } catch (error) {
          if (!(error instanceof BgpError)) throw error;
          damage.add(error.code, this.#decoder.totals.frames, error.message);
        }
      },
    });
  }

  push(chunk: Uint8Array): void {
    this.#decoder.push(chunk);
  }

  end(): void {
    this.#decoder.end();
  }
}
