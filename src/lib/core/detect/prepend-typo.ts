import type { Context, RouteEvent } from './detector.ts';

/**
 * A prepend count typed where an ASN belongs: `set as-path prepend 3` puts AS 3 behind the operator's own (GRIP's
 * fat-finger tag: origins up to 25). Returns the operator's ASN when the route looks like that, else 0.
 *
 * A small origin alone proves nothing, MIT is AS 3; it takes that the AS before it originates the prefix as well, or that
 * another small number stands behind the same AS on the same prefix: a count that was changed.
 */
export function prependOperator(event: RouteEvent, context: Context): number {
  const hops = event.path!.hops;
  const count = hops.at(-1)!;
  const operator = hops.at(-2);
  if (operator === undefined || !isCount(count, operator, context)) return 0;
  const { facts } = context;
  if (
    facts.isKnownLink(event.links[event.links.length - 1]!, event.timeS) &&
    facts.graph.prefixCount(count) > 20
  )
    return 0;
  const { origins, prefixes } = facts;
  for (let entry = prefixes.head(event.prefix); entry !== -1; entry = origins.next(entry)) {
    const other = origins.asn(entry);
    if (other === operator) return operator;
    if (other !== count && isCount(other, operator, context) && facts.graph.link(operator, other) !== -1)
      return operator;
  }
  const cover = facts.prefixes.covering(event.prefix, (id) => facts.prefixes.head(id) !== -1);
  if (cover !== -1 && origins.find(prefixes.head(cover), operator) !== -1) return operator;
  return 0;
}

function isCount(asn: number, operator: number, context: Context): boolean {
  const max = context.params.prependAsnMax;
  return asn > 0 && asn <= max && operator > max;
}

/** Entries of the event's prefix that a newly seen origin exposes as counts typed behind it. */
export function exposedCounts(event: RouteEvent, context: Context): number[] {
  const { facts } = context;
  const operator = event.path!.origin;
  const found: number[] = [];
  for (let entry = facts.prefixes.head(event.prefix); entry !== -1; entry = facts.origins.next(entry)) {
    const count = facts.origins.asn(entry);
    if (!isCount(count, operator, context) || facts.graph.link(operator, count) === -1) continue;
    if (facts.graph.prefixCount(count) <= 20) found.push(entry);
  }
  return found;
}
