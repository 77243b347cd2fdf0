import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import unbzip2 from 'unbzip2-stream';
import { Readable } from 'node:stream';
import { BgpError } from '#core/error.ts';

/** The whole of a text file, plain, gzip or bzip2 by its first bytes. @throws {BgpError} FILE_UNREADABLE, FILE_DAMAGED */
export async function readTextFile(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new BgpError('FILE_UNREADABLE', cause instanceof Error ? cause.message : String(cause), { cause });
  }
  try {
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes).toString('utf8');
    if (bytes.subarray(0, 3).toString('latin1') === 'BZh') return (await bunzip2(bytes)).toString('utf8');
  } catch (cause) {
    throw new BgpError('FILE_DAMAGED', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  return bytes.toString('utf8');
}

async function bunzip2(bytes: Buffer): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of Readable.from([bytes]).pipe(unbzip2()) as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
