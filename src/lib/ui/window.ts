/** The rows of a fixed-height list that are worth drawing: `[first, end)`, with `spare` more on either side. */
export function visibleRows(
  scrollPx: number,
  viewPx: number,
  rowPx: number,
  count: number,
  spare = 6,
): { first: number; end: number } {
  const first = Math.max(0, Math.floor(scrollPx / rowPx) - spare);
  const end = Math.min(count, Math.ceil((scrollPx + viewPx) / rowPx) + spare);
  return { first: Math.min(first, Math.max(0, end)), end: Math.max(0, end) };
}

/** Where to scroll so that row `index` is in view, moving as little as possible. */
export function scrollFor(index: number, scrollPx: number, viewPx: number, rowPx: number): number {
  const top = index * rowPx;
  if (top < scrollPx) return top;
  return top + rowPx > scrollPx + viewPx ? top + rowPx - viewPx : scrollPx;
}
