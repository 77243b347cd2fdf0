/** CRC-32 as in gzip and zip (ISO 3309, RFC 1952 §8: polynomial 0xEDB88320 reflected). */

const TABLE = makeTable();

function makeTable(): Uint32Array {
  const table = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
    table[byte] = crc >>> 0;
  }
  return table;
}

/** The CRC of `bytes`, carrying on from `crc`, the CRC of what came before (0 for nothing). */
export function crc32(bytes: Uint8Array, crc = 0): number {
  let rest = ~crc;
  for (let i = 0; i < bytes.length; i++) rest = TABLE[(rest ^ bytes[i]!) & 0xff]! ^ (rest >>> 8);
  return ~rest >>> 0;
}
