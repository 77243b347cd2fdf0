/** Style of a cell by how much of the most it has, 0..1: ink stays legible on it in both themes. */
export function shade(share: number, token = 'accent'): string {
  if (!(share > 0)) return 'background: var(--raised)';
  // By the root: a few large values must not make all others look like nothing.
  const percent = Math.round(6 + 38 * Math.sqrt(Math.min(1, share)));
  return `background: color-mix(in srgb, var(--${token}) ${percent}%, var(--surface))`;
}
