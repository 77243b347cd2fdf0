import { u32OrBad } from './path-reader.ts';

/** More communities than the largest BGP message holds (RFC 8654). */
const MAX_COMMUNITIES = 16_384;

/** `["3333:100", …]` or `[[3333, 100], …]` -> one word each (RFC 1997), or null when anything else is in it. */
export function communityWords(value: unknown): Uint32Array | null {
  const parts = partLists(value, 2);
  if (!parts) return null;
  const words = new Uint32Array(parts.length);
  for (const [i, [high, low]] of parts.entries()) {
    if (high! > 0xffff || low! > 0xffff) return null;
    words[i] = (high! << 16) | low!;
  }
  return words;
}

/** `["64496:1:2", …]` or `[[64496, 1, 2], …]` -> three words each (RFC 8092), or null when anything else is in it. */
export function largeCommunityWords(value: unknown): Uint32Array | null {
  const parts = partLists(value, 3);
  return parts && Uint32Array.from(parts.flat());
}

function partLists(value: unknown, size: number): number[][] | null {
  if (!Array.isArray(value) || value.length > MAX_COMMUNITIES) return null;
  const lists: number[][] = [];
  for (const item of value as unknown[]) {
    const parts: unknown = typeof item === 'string' && item.length <= 40 ? item.split(':') : item;
    if (!Array.isArray(parts) || parts.length !== size) return null;
    const numbers = (parts as unknown[]).map(u32OrBad);
    if (numbers.includes(-1)) return null;
    lists.push(numbers);
  }
  return lists;
}
