import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Bzip2Decoder } from '../src/lib/core/bzip2/decoder.ts';

/** Where the real inputs are: `ROUTESCOPE_DATA`, or `../shared/data` from the repository. */
export const DATA =
  process.env.ROUTESCOPE_DATA ?? fileURLToPath(new URL('../../shared/data', import.meta.url));

/** Tests on real inputs are skipped, by name, where the folder is absent. */
export const HAS_DATA = existsSync(DATA);

/** Bytes of a file under `DATA`, unpacked by its ending (.gz, .bz2). */
export function readData(path: string): Uint8Array {
  const bytes = readFileSync(`${DATA}/${path}`);
  if (path.endsWith('.gz')) return gunzipSync(bytes);
  return path.endsWith('.bz2') ? unpackBzip2(bytes) : bytes;
}

function unpackBzip2(bytes: Uint8Array): Uint8Array {
  const chunks: Uint8Array[] = [];
  const decoder = new Bzip2Decoder((chunk) => chunks.push(chunk.slice()));
  decoder.push(bytes);
  decoder.end();
  return Buffer.concat(chunks);
}
