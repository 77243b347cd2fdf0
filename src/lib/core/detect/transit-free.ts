/**
 * Networks without upstream providers, for the sandwich rule: a path that goes through one of them, then through somebody
 * else, then through another of them has gone down and up again (RFC 7908 type 1). Sources: CAIDA's inferred clique
 * (as-rel of 2016 and 2023) and arouteserver's list of transit-free networks (2025).
 */
const TRANSIT_FREE: ReadonlySet<number> = new Set([
  174, 701, 1299, 2914, 3257, 3320, 3356, 5511, 6453, 6461, 6762, 6830, 7018, 12956,
]);

/** Networks of that size at some time: never the small one in the middle. */
const LARGE: ReadonlySet<number> = new Set([
  209, 286, 702, 703, 1239, 1273, 2828, 3303, 3491, 3549, 3561, 4134, 4637, 4766, 4837, 5400, 6939, 7473,
  9002, 9498, 12389, 20485, 31133, 7922, 16509, 15169, 8075, 32934, 13335, 20940, 2516, 2497, 4713, 3462,
  9929, 58453, 23764,
]);

export function isTransitFree(asn: number): boolean {
  return TRANSIT_FREE.has(asn);
}

/** Whether the AS is transit-free, or so large that carrying routes between such is its business. */
export function isLarge(asn: number): boolean {
  return TRANSIT_FREE.has(asn) || LARGE.has(asn);
}
