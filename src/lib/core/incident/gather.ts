import type { Context, RouteEvent, Signal } from '../detect/detector.ts';
import { baselineOf } from './baseline.ts';
import type { Case } from './case.ts';
import { Sighting } from './sighting.ts';
import type { WatchIndex } from './watch-index.ts';

/** Prefixes counted per incident beyond those watched. */
const MAX_COUNTED_PREFIXES = 100_000;

/** Names a vantage for the evidence. */
export type CollectorOf = (vantage: number) => string;

/** Take a signal's findings into its case. @returns the sighting it is about; null for none, or for one too many. */
export function gather(
  found: Case,
  signal: Signal,
  event: RouteEvent,
  context: Context,
  watches: WatchIndex,
): Sighting | null {
  found.types.add(signal.type);
  for (const tag of signal.tags) found.givenTags.set(tag.name, tag.score);
  Object.assign(found.detail, signal.detail);
  const tail = event.path?.privateTail ?? [];
  if (tail.length > 0 && !signal.isElsewhere) found.detail['privateTail'] = tail.slice(0, 4).join(' ');
  if (found.isTentative && !signal.isTentative) {
    // Only now is there a victim to speak of: what is known about it counts from here.
    found.isTentative = false;
    found.baseline = baselineOf(signal, event, context);
  }
  found.lastUs = Math.max(found.lastUs, event.timeUs);
  if (signal.prefix === -1) return null;
  const known = found.sightings.get(signal.prefix);
  if (known) return known;
  if (found.sightings.size >= context.params.maxPrefixesPerIncident) {
    if (found.morePrefixes.size < MAX_COUNTED_PREFIXES) found.morePrefixes.add(signal.prefix);
    return null;
  }
  const text = context.facts.prefixes.text(signal.prefix);
  const sighting = new Sighting(signal.prefix, text, signal.cover ?? -1, event.timeUs);
  found.sightings.set(signal.prefix, sighting);
  watches.add({ found, sighting });
  return sighting;
}

/** The elem being stepped shows the route. */
export function show(found: Case, sighting: Sighting, event: RouteEvent, collectorOf: CollectorOf): void {
  const held = sighting.holders.get(event.vantage);
  if (held !== true) found.holding++;
  if (held === undefined) found.heldEver++;
  found.peerAsns.add(event.peerAsn);
  const sample = {
    timeUs: event.timeUs,
    collector: collectorOf(event.vantage),
    peerAsn: event.peerAsn,
    prefix: sighting.text,
    path: event.path!.hops,
  };
  sighting.show(event.vantage, sample, found.victim);
  promote(found, sighting);
}

/** The route was seen before it was known to matter: peers are known by number only. */
export function countEarlier(found: Case, sighting: Sighting, { facts }: Context): void {
  const entry = facts.origins.find(facts.prefixes.head(sighting.prefix), found.culprit);
  if (entry === -1) return;
  sighting.earlierPeerAsns = Math.max(sighting.earlierPeerAsns, facts.origins.spread(entry));
  promote(found, sighting);
}

function promote(found: Case, sighting: Sighting): void {
  if (!found.main || breadth(sighting) > breadth(found.main)) found.main = sighting;
}

function breadth(sighting: Sighting): number {
  return Math.max(sighting.peerAsns.size, sighting.earlierPeerAsns);
}
