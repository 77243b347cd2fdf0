/** Ends of a time axis, s. A single moment has no width: a minute on both sides, instead of the decades that would be drawn. */
export function timeRange(min: number | null, max: number | null): [number, number] {
  const [from, to] = [min ?? 0, max ?? 0];
  return from === to ? [from - 60, to + 60] : [from, to];
}
