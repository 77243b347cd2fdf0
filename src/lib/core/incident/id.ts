/** 64-bit FNV-1a-like hash of a text as 16 hex digits: two 32-bit lanes with different primes. Not for secrets. */
export function hashId(text: string): string {
  let high = 0x811c_9dc5;
  let low = 0xc2b2_ae35;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 0x0100_0193);
    low = Math.imul(low ^ code, 0x85eb_ca6b) ^ (low >>> 13);
  }
  const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
  return hex(high) + hex(low ^ (low >>> 16));
}
