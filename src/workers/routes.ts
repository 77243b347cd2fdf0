import { SEGMENT } from '#core/elem/batch.ts';
import type { PrefixKey } from '#core/prefix/prefix.ts';
import type { Rib } from '#core/rib/rib.ts';
import type { VantageName } from '#core/rib/vantages.ts';

/** A route of the state, taken out for people. */
export interface HeldRoute {
  readonly vantage: VantageName;
  /** The path's segments as in `ElemBatch.paths`; a copy. */
  readonly words: Uint32Array;
  /** The number of the state's step that last announced it. */
  readonly step: number;
}

/** Every route held for an IP prefix, in the order of collector, peer ASN and address; at most `limit`. */
export function heldRoutes(rib: Rib, prefix: PrefixKey, limit = Infinity): HeldRoute[] {
  const routes: HeldRoute[] = [];
  rib.eachPath(prefix, (vantage, words, step) => {
    if (routes.length < limit)
      routes.push({ vantage: rib.vantages.name(vantage), words: words.slice(), step });
  });
  return routes.sort((a, b) => compareVantages(a.vantage, b.vantage));
}

function compareVantages(a: VantageName, b: VantageName): number {
  if (a.collector !== b.collector) return a.collector < b.collector ? -1 : 1;
  if (a.peerAsn !== b.peerAsn) return a.peerAsn - b.peerAsn;
  return a.peerAddress < b.peerAddress ? -1 : a.peerAddress > b.peerAddress ? 1 : 0;
}

/** ASNs of a path's sequences, nearest first, prepends collapsed; AS_SETs and confederations are left out. */
export function hopsOf(words: Uint32Array): number[] {
  const hops: number[] = [];
  for (let at = 0; at < words.length;) {
    const type = words[at]! >>> 8;
    const next = at + 1 + (words[at]! & 0xff);
    for (let i = at + 1; type === SEGMENT.sequence && i < next; i++) {
      if (hops.at(-1) !== words[i]) hops.push(words[i]!);
    }
    at = next;
  }
  return hops;
}
