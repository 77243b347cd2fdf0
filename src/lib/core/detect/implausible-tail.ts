import { isTransitFree } from './transit-free.ts';

/**
 * Whether a tail common to all paths cannot be real, and who made it up.
 *
 * A transit-free network passes a route on to all its customers and peers. When every path seen goes through one such
 * network and then through one and the same row of two or more others before it fans out, nobody heard the route from that
 * network itself: the row was written by its outermost AS. (A customer can hear a route first from a backup path, so it
 * takes several peers and the route must fan out.)
 *
 * @param tail hops nearest to the vantages first. @returns the culprit, 0 when the tail may be real.
 */
export function tailForger(tail: readonly number[], peerAsns: number, fanOut: number): number {
  if (peerAsns < 3 || fanOut < 3) return 0;
  const inner = tail.findIndex((asn, i) => i >= 2 && isTransitFree(asn));
  if (inner === -1 || tail.slice(0, inner).some(isTransitFree)) return 0;
  return tail[0]!;
}
