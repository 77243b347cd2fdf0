import { BgpError } from '#core/error.ts';
import type { FrameHeader } from '#core/wire/frame.ts';
import { COMPRESSION } from '#core/wire/frame.ts';

/**
 * The body of a frame, decompressed. Takes no more than the header announces, so a small body cannot grow without end.
 *
 * @throws {BgpError} WIRE_BAD_FRAME when the body is damaged or of another length than announced.
 */
export async function inflateBody(header: FrameHeader, body: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  if (header.compression === COMPRESSION.none) return body;
  const stream = new DecompressionStream('deflate-raw');
  const writer = stream.writable.getWriter();
  // Damaged input fails both sides; the reader's failure is the one that is told.
  writer.write(body).then(
    () => writer.close().catch(() => undefined),
    () => undefined,
  );
  const raw = new Uint8Array(header.rawBytes);
  let length = 0;
  const reader = stream.readable.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw new BgpError('WIRE_BAD_FRAME', `body of frame ${header.seq} does not inflate`, { cause });
    });
    if (done) break;
    if (length + value.length > raw.length) {
      void reader.cancel().catch(() => undefined);
      throw new BgpError('WIRE_BAD_FRAME', `frame ${header.seq} inflates past ${header.rawBytes} bytes`);
    }
    raw.set(value, length);
    length += value.length;
  }
  if (length === raw.length) return raw;
  throw new BgpError('WIRE_BAD_FRAME', `frame ${header.seq} inflates to ${length} of ${raw.length} bytes`);
}
