import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import unbzip2 from 'unbzip2-stream';
import { BgpError } from '#core/error.ts';

export type Compression = 'none' | 'gzip' | 'bzip2';

/** Bytes `compressionOf` wants to see. */
export const MAGIC_BYTES = 10;

/** How a stream is compressed, by its first bytes: RFC 1952 §2.3.1; bzip2's `BZh`, level and block (or end) magic. */
export function compressionOf(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b && head[2] === 8) return 'gzip';
  const isBzip2 =
    head[0] === 0x42 && head[1] === 0x5a && head[2] === 0x68 && head[3]! >= 0x31 && head[3]! <= 0x39;
  if (isBzip2 && (startsWith(head, BZIP2_BLOCK, 4) || startsWith(head, BZIP2_END, 4))) return 'bzip2';
  return 'none';
}

const BZIP2_BLOCK = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
const BZIP2_END = [0x17, 0x72, 0x45, 0x38, 0x50, 0x90];

function startsWith(bytes: Uint8Array, magic: readonly number[], at: number): boolean {
  return magic.every((byte, i) => bytes[at + i] === byte);
}

/**
 * The bytes behind the compression; several gzip members or bzip2 streams on end are read as one. What was good before
 * a cut or a damage comes out before the error.
 * @throws {BgpError} FILE_DAMAGED from the iterator
 */
export async function* decompressed(
  input: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncGenerator<Uint8Array> {
  if (compression === 'none') {
    yield* input;
    return;
  }
  let inputError: unknown = null;
  async function* guarded(): AsyncGenerator<Uint8Array> {
    try {
      yield* input;
    } catch (error) {
      inputError = error;
    }
  }
  const source = Readable.from(guarded(), { objectMode: false });
  const output =
    compression === 'gzip' ? source.pipe(createGunzip()) : new Readable().wrap(source.pipe(unbzip2()));
  try {
    yield* output as AsyncIterable<Uint8Array>;
  } catch (cause) {
    if (inputError instanceof Error) throw inputError;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BgpError('FILE_DAMAGED', `${compression} data is cut short or damaged (${reason})`, { cause });
  } finally {
    output.destroy();
    source.destroy();
  }
}
