/** One hop of an AS path as shown: `text` is an ASN, or a set with its brackets; `times` > 1 is prepending. */
export interface Hop {
  readonly text: string;
  readonly times: number;
}

/** Path text (`3257 3356 17557 17557 {64496,64497}`, nearest AS first) -> hops with repeated ASNs collapsed. */
export function collapsePrepends(path: string): Hop[] {
  const hops: { text: string; times: number }[] = [];
  for (const text of path.split(' ')) {
    if (text === '') continue;
    const last = hops.at(-1);
    if (last?.text === text) last.times++;
    else hops.push({ text, times: 1 });
  }
  return hops;
}

/** The ASN that originated the path, or null for an empty path, a closing set or a confederation. */
export function originOf(path: string | undefined): number | null {
  const last = path?.slice(path.lastIndexOf(' ') + 1);
  return last !== undefined && /^\d+$/.test(last) ? Number(last) : null;
}
