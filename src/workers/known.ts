import type { RoutingFacts } from '#core/origin/routing-facts.ts';
import type { PrefixKey } from '#core/prefix/prefix.ts';
import type { Rib } from '#core/rib/rib.ts';
import type { NeighbourPrefix } from './api.ts';

const MAX_ORIGINS = 16;

/** A prefix the detectors know, with its origins of now. */
export function neighbourPrefix(facts: RoutingFacts, id: number): NeighbourPrefix {
  const { origins, prefixes } = facts;
  const held: number[] = [];
  for (let entry = prefixes.head(id); entry !== -1; entry = origins.next(entry)) {
    if (origins.held(entry) > 0) held.push(entry);
  }
  held.sort((a, b) => origins.held(b) - origins.held(a) || origins.asn(a) - origins.asn(b));
  return {
    prefix: prefixes.text(id),
    origins: held.slice(0, MAX_ORIGINS).map((entry) => origins.asn(entry)),
    vantages: prefixes.held(id),
  };
}

/** The prefix as numbers. */
export function prefixKeyOf({ prefixes }: RoutingFacts, id: number): PrefixKey {
  const words: PrefixKey['words'] = [
    prefixes.word(id, 0),
    prefixes.word(id, 1),
    prefixes.word(id, 2),
    prefixes.word(id, 3),
  ];
  return { isV6: prefixes.table(id) === 1, bits: prefixes.bits(id), words };
}

/** Vantages that have any route now, and their distinct peer ASNs. */
export function vantagesWithRoutes(rib: Rib): { readonly vantages: number; readonly peerAsns: number } {
  const peers = new Set<number>();
  let vantages = 0;
  for (let id = 0; id < rib.vantages.length; id++) {
    if (rib.vantageRoutes(id) === 0) continue;
    vantages++;
    peers.add(rib.vantages.name(id).peerAsn);
  }
  return { vantages, peerAsns: peers.size };
}
