/** Sets of peer numbers in 64 bits: exact up to one, a lower bound above (numbers share bits modulo 64). */

/** How many bits the two words have. */
export function spreadOf(low: number, high: number): number {
  return ones(low) + ones(high);
}

/** Whether more than one bit is set. */
export function isSeveral(low: number, high: number): boolean {
  if (low !== 0 && high !== 0) return true;
  const word = low | high;
  return (word & (word - 1)) !== 0;
}

function ones(word: number): number {
  let bits = word - ((word >>> 1) & 0x5555_5555);
  bits = (bits & 0x3333_3333) + ((bits >>> 2) & 0x3333_3333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
