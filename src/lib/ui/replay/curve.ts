/** SVG path that leaves and enters each point level: curves between layers, never corners. */
export function curve(points: readonly (readonly [x: number, y: number])[]): string {
  const [start, ...rest] = points;
  if (!start) return '';
  let path = `M${start[0]} ${start[1]}`;
  let before = start;
  for (const next of rest) {
    const middle = (before[0] + next[0]) / 2;
    path += `C${middle} ${before[1]} ${middle} ${next[1]} ${next[0]} ${next[1]}`;
    before = next;
  }
  return path;
}
