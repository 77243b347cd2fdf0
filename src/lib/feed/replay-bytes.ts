import { Bzip2Decoder } from '#core/bzip2/decoder.ts';
import { BgpError } from '#core/error.ts';

export type Compression = 'none' | 'gzip' | 'bzip2';

/** Input handed to a decompressor at a time. bzip2 makes 900 kB of as little as 45 bytes, and all at once. */
const GZIP_SLICE_BYTES = 16 * 1024;
const BZIP2_SLICE_BYTES = 1024;
const BZIP2_MARKS = ['314159265359', '177245385090'];

/** How a stream is compressed, by its first bytes: RFC 1952 §2.3.1; bzip2's `BZh`, level and block (or end) mark. */
export function compressionOf(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b && head[2] === 8) return 'gzip';
  const isBzip2 =
    head[0] === 0x42 && head[1] === 0x5a && head[2] === 0x68 && head[3]! >= 0x31 && head[3]! <= 0x39;
  const mark = Array.from(head.subarray(4, 10), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return isBzip2 && BZIP2_MARKS.includes(mark) ? 'bzip2' : 'none';
}

/**
 * The bytes behind the compression. What was good before a damage comes out before the error.
 * @throws {BgpError} FILE_DAMAGED from the iterator
 */
export async function* decompressed(
  chunks: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncGenerator<Uint8Array> {
  if (compression === 'gzip') yield* gunzipped(chunks);
  else if (compression === 'bzip2') yield* bunzipped(chunks);
  else yield* chunks;
}

async function* bunzipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  const decoder = new Bzip2Decoder((bytes) => ready.push(bytes));
  let failure: unknown = null;
  const attempt = (step: () => void): void => {
    try {
      step();
    } catch (error) {
      failure = error;
    }
  };
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += BZIP2_SLICE_BYTES) {
      attempt(() => decoder.push(chunk.subarray(at, at + BZIP2_SLICE_BYTES)));
      yield* ready.splice(0);
      if (failure !== null) throw failure as Error;
    }
  }
  attempt(() => decoder.end());
  yield* ready.splice(0);
  if (failure !== null) throw failure as Error;
}

async function* gunzipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = new DecompressionStream('gzip');
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  // A failure comes out of both sides; the reader's is the one that is told.
  const fed = feed(chunks, writer).catch((cause: unknown) => {
    writer.abort(cause).catch(() => undefined);
    return cause;
  });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
  } catch (cause) {
    const first = await fed;
    if (first instanceof BgpError) throw first;
    throw new BgpError(
      'FILE_DAMAGED',
      'gzip data is cut short, damaged, or of several members (browsers read the first)',
      { cause },
    );
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}

async function feed(
  chunks: AsyncIterable<Uint8Array>,
  writer: WritableStreamDefaultWriter<BufferSource>,
): Promise<void> {
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += GZIP_SLICE_BYTES) {
      await writer.ready;
      void writer.write(chunk.slice(at, at + GZIP_SLICE_BYTES)).catch(() => undefined);
    }
  }
  await writer.close();
}
