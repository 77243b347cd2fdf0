import { readFileSync } from 'node:fs';
import { BgpError } from '#core/error.ts';
import { compressionOf, decompressed } from '../source/decompress.ts';

/** The whole of a text file, plain, gzip or bzip2 by its first bytes. @throws {BgpError} FILE_UNREADABLE, FILE_DAMAGED */
export async function readTextFile(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new BgpError('FILE_UNREADABLE', cause instanceof Error ? cause.message : String(cause), { cause });
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of decompressed(whole(bytes), compressionOf(bytes))) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
