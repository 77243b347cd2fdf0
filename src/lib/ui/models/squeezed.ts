/** Scores in at most `most` cells of equal width, each the highest of its minutes; NaN where none of them has one. */
export function squeezed(scores: Float32Array, most: number): Float32Array {
  const width = Math.ceil(scores.length / most);
  if (width <= 1) return scores;
  const cells = new Float32Array(Math.ceil(scores.length / width)).fill(NaN);
  for (const [i, score] of scores.entries()) {
    const cell = Math.floor(i / width);
    if (score > cells[cell]! || Number.isNaN(cells[cell]!)) cells[cell] = score;
  }
  return cells;
}
