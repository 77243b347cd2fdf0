import type { Context } from './detector.ts';

/**
 * Networks without upstream providers, for the sandwich rule: a path that goes through one of them, then through somebody
 * else, then through another of them has gone down and up again (RFC 7908 type 1). Sources: CAIDA's inferred clique
 * (as-rel of 2016 and 2023) and arouteserver's list of transit-free networks (2025).
 */
const TRANSIT_FREE: ReadonlySet<number> = new Set([
  174, 701, 1299, 2914, 3257, 3320, 3356, 5511, 6453, 6461, 6762, 6830, 7018, 12956,
]);

/** In CAIDA's clique of 2016 or 2023, if not in all of the lists above. */
const IN_SOME_CLIQUE: ReadonlySet<number> = new Set([209, 286, 1239, 2828, 3491]);

/** One byte per ASN up to the highest of them: asked several times for every hop of every path. */
const IS_TRANSIT_FREE = new Uint8Array(Math.max(...TRANSIT_FREE) + 1);
for (const asn of TRANSIT_FREE) IS_TRANSIT_FREE[asn] = 1;

export function isTransitFree(asn: number): boolean {
  return asn < IS_TRANSIT_FREE.length && IS_TRANSIT_FREE[asn] === 1;
}

/** Whether the AS is transit-free, or has so many customers that carrying routes between such is its business. */
export function isLarge(asn: number, { facts, params }: Pick<Context, 'facts' | 'params'>): boolean {
  if (TRANSIT_FREE.has(asn) || IN_SOME_CLIQUE.has(asn)) return true;
  return facts.graph.downstreamCount(asn) >= params.largeTransitCustomers;
}
