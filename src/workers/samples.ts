import type { Incident } from '#core/incident/incident.ts';
import { formatPrefix, tryParsePrefix } from '#core/prefix/prefix.ts';
import type { PrefixKey } from '#core/prefix/prefix.ts';
import type { Rib } from '#core/rib/rib.ts';
import type { SampleRoute } from './api.ts';
import type { HeldRoute } from './routes.ts';
import { heldRoutes, hopsOf } from './routes.ts';
import type { RpkiStatus } from './rpki-state.ts';

const MAX_PER_SIDE = 32;
/** Prefixes of an incident whose routes are looked at: they tend to look alike. */
const MAX_PREFIXES = 4;
/** Routes read for one prefix: more than there are vantages with a full table. */
const MAX_ROUTES = 2000;

/**
 * The routes vantages have for an incident's prefixes now, as evidence: `after` where the culprit is on the path, `before`
 * where it is not, for more-specifics also those of the covering prefix. What was sampled before stays as long as the
 * vantage has nothing newer of the same side.
 */
export function sampleRoutes(
  incident: Incident,
  known: readonly SampleRoute[],
  timeUs: number,
  rib: Rib,
  rpki: RpkiStatus,
): readonly SampleRoute[] {
  const found: SampleRoute[] = [];
  const take = (prefix: PrefixKey, route: HeldRoute, isCover: boolean): void => {
    const path = hopsOf(route.words);
    const isSuspect = incident.culprits.some((asn) => path.includes(asn));
    // The culprit on the way to the covering prefix is its ordinary business.
    if (isCover && isSuspect) return;
    found.push(sampleOf(isSuspect ? 'after' : 'before', timeUs, prefix, route, path, rpki));
  };
  for (const text of incident.prefixes.slice(0, MAX_PREFIXES)) {
    const prefix = tryParsePrefix(text);
    if (prefix) for (const route of heldRoutes(rib, prefix, MAX_ROUTES)) take(prefix, route, false);
  }
  const cover = incident.evidence.covering === null ? null : tryParsePrefix(incident.evidence.covering);
  if (cover) for (const route of heldRoutes(rib, cover, MAX_ROUTES)) take(cover, route, true);
  return mergeSamples(known, found);
}

function sampleOf(
  side: SampleRoute['side'],
  timeUs: number,
  prefix: PrefixKey,
  { vantage }: HeldRoute,
  path: readonly number[],
  rpki: RpkiStatus,
): SampleRoute {
  return {
    side,
    timeUs,
    ...vantage,
    prefix: formatPrefix(prefix.isV6, prefix.bits, prefix.words),
    path,
    rov: rpki.route(prefix, path.at(-1) ?? 0),
    hops: rpki.hops(path),
  };
}

/** What is new, then what was known and is not said anew; of each side the first come stay. */
function mergeSamples(known: readonly SampleRoute[], found: readonly SampleRoute[]): SampleRoute[] {
  const keyOf = (sample: SampleRoute): string =>
    `${sample.side}|${sample.prefix}|${sample.collector}|${sample.peerAsn}|${sample.peerAddress}`;
  const byKey = new Map(known.map((sample) => [keyOf(sample), sample]));
  for (const sample of found) byKey.set(keyOf(sample), sample);
  const left = { before: MAX_PER_SIDE, after: MAX_PER_SIDE };
  return [...byKey.values()].filter(({ side }) => left[side]-- > 0);
}
