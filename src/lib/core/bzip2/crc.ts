/** bzip2's CRC-32: polynomial 04C11DB7, most significant bit first. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1;
  return crc >>> 0;
});

export function blockCrc(bytes: Uint8Array, crc: number): number {
  for (let i = 0; i < bytes.length; i++) crc = (crc << 8) ^ TABLE[(crc >>> 24) ^ bytes[i]!]!;
  return crc;
}
