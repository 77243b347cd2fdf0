import type { Incident } from '#core/incident/incident.ts';
import { formatPrefix, tryParsePrefix } from '#core/prefix/prefix.ts';
import type { PrefixKey } from '#core/prefix/prefix.ts';
import type { Rib } from '#core/rib/rib.ts';
import type { SampleRoute } from './api.ts';
import type { HeldRoute } from './routes.ts';
import { heldRoutes, hopsOf } from './routes.ts';
import type { RpkiStatus } from './rpki-state.ts';

/** Routes of before kept per incident, and of after. */
const MAX_BEFORE = 16;
const MAX_AFTER = 32;
/** Prefixes of an incident whose routes are looked at: they tend to look alike. */
const MAX_PREFIXES = 4;
/** Routes read for one prefix: more than there are vantages with a full table. */
const MAX_ROUTES = 2000;

/** What is looked at, and with what it is judged. */
export interface Held {
  readonly rib: Rib;
  readonly rpki: RpkiStatus;
}

/** Samples, and how many more of their kind there were. */
export interface Samples {
  readonly samples: readonly SampleRoute[];
  readonly leftOut: number;
}

/**
 * The routes vantages had for an incident's prefixes, and for the prefix that covers them, before it began: still held and
 * not announced again since step `lastStep` of the state, the last that was over before it began; -1 for none. A vantage
 * whose route was replaced meanwhile has none to show.
 */
export function routesBefore(incident: Incident, lastStep: number, held: Held): Samples {
  const samples: SampleRoute[] = [];
  let leftOut = 0;
  const { covering } = incident.evidence;
  const texts = incident.prefixes.slice(0, MAX_PREFIXES);
  for (const prefix of parsed(covering === null ? texts : [...texts, covering])) {
    for (const route of heldRoutes(held.rib, prefix, MAX_ROUTES)) {
      if (route.step > lastStep) continue;
      const path = hopsOf(route.words);
      // The culprit on the way to the covering prefix is its ordinary business.
      if (isSuspect(incident, path)) continue;
      if (samples.length < MAX_BEFORE) {
        samples.push(sampleOf('before', incident.firstSeenUs, prefix, route, path, held.rpki));
      } else leftOut++;
    }
  }
  return { samples, leftOut };
}

/**
 * The routes with the culprit on the path that vantages have for an incident's prefixes now, after those of `known` that
 * were of before, which stay as they are. Of a vantage the newest counts; one that has let go keeps what it had.
 */
export function withRoutesNow(
  incident: Incident,
  known: readonly SampleRoute[],
  timeUs: number,
  held: Held,
): Samples {
  const after = new Map<string, SampleRoute>();
  for (const sample of known) if (sample.side === 'after') after.set(keyOf(sample), sample);
  let leftOut = 0;
  for (const prefix of parsed(incident.prefixes.slice(0, MAX_PREFIXES))) {
    for (const route of heldRoutes(held.rib, prefix, MAX_ROUTES)) {
      const path = hopsOf(route.words);
      if (!isSuspect(incident, path)) continue;
      const sample = sampleOf('after', timeUs, prefix, route, path, held.rpki);
      if (after.has(keyOf(sample)) || after.size < MAX_AFTER) after.set(keyOf(sample), sample);
      else leftOut++;
    }
  }
  return { samples: [...known.filter(({ side }) => side === 'before'), ...after.values()], leftOut };
}

function parsed(texts: readonly string[]): PrefixKey[] {
  return texts.flatMap((text) => tryParsePrefix(text) ?? []);
}

function isSuspect(incident: Incident, path: readonly number[]): boolean {
  return incident.culprits.some((asn) => path.includes(asn));
}

function keyOf({ prefix, collector, peerAsn, peerAddress }: SampleRoute): string {
  return `${prefix}|${collector}|${peerAsn}|${peerAddress}`;
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
