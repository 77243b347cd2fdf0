/** A stream of numbers in [0, 1) that a seed determines (mulberry32, 32 bits of state). */
export type Random = () => number;

/** The same seed gives the same numbers on every machine. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` distinct indices below `total` in random order (all of them when there are fewer). */
export function sampleIndices(total: number, count: number, random: Random): Uint32Array {
  const indices = Uint32Array.from({ length: total }, (_, i) => i);
  const taken = Math.min(total, count);
  for (let i = 0; i < taken; i++) {
    const other = i + Math.floor(random() * (total - i));
    [indices[i], indices[other]] = [indices[other]!, indices[i]!];
  }
  return indices.slice(0, taken);
}
