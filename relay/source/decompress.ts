import { createGunzip } from 'node:zlib';
import { Bzip2Decoder } from '#core/bzip2/decoder.ts';
import { BgpError } from '#core/error.ts';

export type Compression = 'none' | 'gzip' | 'bzip2';

/** Bytes `compressionOf` wants to see. */
export const MAGIC_BYTES = 10;
/** Input handed to the decompressor at a time: gzip makes at most a thousandfold of it. */
const SLICE_BYTES = 16 * 1024;

const BZIP2_BLOCK = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
const BZIP2_END = [0x17, 0x72, 0x45, 0x38, 0x50, 0x90];

/** How a stream is compressed, by its first bytes: RFC 1952 §2.3.1; bzip2's `BZh`, level and block (or end) magic. */
export function compressionOf(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b && head[2] === 8) return 'gzip';
  const isBzip2 =
    head[0] === 0x42 && head[1] === 0x5a && head[2] === 0x68 && head[3]! >= 0x31 && head[3]! <= 0x39;
  if (isBzip2 && (startsWith(head, BZIP2_BLOCK, 4) || startsWith(head, BZIP2_END, 4))) return 'bzip2';
  return 'none';
}

function startsWith(bytes: Uint8Array, magic: readonly number[], at: number): boolean {
  return magic.every((byte, i) => bytes[at + i] === byte);
}

/**
 * The bytes behind the compression; several gzip members or bzip2 streams on end are read as one. What was good before
 * a cut comes out before the error; so it does before a damage, but for the piece of output in which gzip noticed.
 * @throws {BgpError} FILE_DAMAGED from the iterator
 */
export function decompressed(
  input: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncGenerator<Uint8Array> {
  if (compression === 'gzip') return gunzipped(input);
  return compression === 'bzip2' ? bunzipped(input) : plain(input);
}

async function* plain(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* input;
}

async function* bunzipped(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
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
  for await (const chunk of input) {
    attempt(() => decoder.push(chunk));
    yield* ready.splice(0);
    if (failure !== null) throw failure as Error;
  }
  attempt(() => decoder.end());
  yield* ready.splice(0);
  if (failure !== null) throw failure as Error;
}

/** Not through a pipeline: a stream that fails throws away what it has ready. */
async function* gunzipped(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  let failure: Error | null = null;
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  gunzip.on('data', (bytes: Uint8Array) => ready.push(bytes));
  const failed = new Promise<void>((resolve) => {
    gunzip.on('error', (error) => {
      failure = error;
      resolve();
    });
  });
  const check = (): void => {
    if (!failure) return;
    const detail = `gzip data is cut short or damaged (${failure.message})`;
    throw new BgpError('FILE_DAMAGED', detail, { cause: failure });
  };
  try {
    for await (const chunk of input) {
      for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
        const slice = chunk.subarray(at, at + SLICE_BYTES);
        await Promise.race([new Promise<void>((done) => gunzip.write(slice, () => done())), failed]);
        yield* ready.splice(0);
        check();
      }
    }
    await Promise.race([new Promise<void>((done) => gunzip.once('end', done).end()), failed]);
    yield* ready.splice(0);
    check();
  } finally {
    gunzip.destroy();
  }
}
