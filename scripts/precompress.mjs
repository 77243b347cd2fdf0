// Stores .gz and .br beside the built files, which the relay then sends as they are. Run after `vite build`.
import { readFileSync, writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const TYPES = new Set(['.html', '.js', '.css', '.json', '.svg', '.txt', '.wasm', '.webmanifest']);
/** Smaller files gain nothing; engines of many megabytes would take minutes at the best level and gain a tenth. */
const MIN_BYTES = 512;
const BIG_BYTES = 2_000_000;

/** @param {Iterable<string>} paths absolute */
export function precompress(paths) {
  for (const path of paths) {
    if (!TYPES.has(extname(path))) continue;
    const bytes = readFileSync(path);
    if (bytes.length < MIN_BYTES) continue;
    const isBig = bytes.length > BIG_BYTES;
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: isBig ? 5 : 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    };
    writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: isBig ? 6 : 9 }));
  }
}
