import type { Context, RouteEvent, Signal } from '../detect/detector.ts';
import { LINK_FLAG } from '../origin/as-graph.ts';
import { ORIGIN_FLAG } from '../origin/origins.ts';
import type { Baseline, Case } from './case.ts';

const NOTHING: Baseline = {
  ageS: 0,
  peerAsns: 0,
  isDump: false,
  held: 0,
  foreignChildren: 0,
  victimsTenants: 0,
  isTenant: false,
};

/** What is known of the victim as a case begins. */
export function baselineOf(signal: Signal, event: RouteEvent, { facts }: Context): Baseline {
  const prefix = signal.cover !== undefined && signal.cover !== -1 ? signal.cover : signal.prefix;
  if (signal.victim === 0 || prefix === -1) return NOTHING;
  const entry = facts.origins.find(facts.prefixes.head(prefix), signal.victim);
  if (entry === -1) return NOTHING;
  const isDump = (facts.origins.flags(entry) & ORIGIN_FLAG.baseline) !== 0;
  return {
    ageS: isDump ? null : event.timeS - facts.origins.firstS(entry),
    peerAsns: facts.origins.spread(entry),
    isDump,
    held: facts.origins.held(entry),
    // The case's own prefix has just been counted.
    foreignChildren: prefix === signal.prefix ? 0 : Math.max(0, facts.prefixes.foreignChildren(prefix) - 1),
    victimsTenants: prefix === signal.prefix ? 0 : Math.max(0, facts.tenants.ofOwner(signal.victim) - 1),
    isTenant: facts.isTenantOf(prefix, signal.culprit, event.timeS),
  };
}

/** The case turned out to be nothing: what was suspect may become established like anything else. */
export function clearSuspicion(found: Case, { facts }: Context): void {
  if (found.group === 'path') {
    const [left, right] = found.subject.split('-').map(Number);
    const link = facts.graph.link(left ?? 0, right ?? 0);
    if (link !== -1) facts.graph.setFlag(link, LINK_FLAG.suspect, false);
    return;
  }
  for (const prefix of found.sightings.keys()) {
    const entry = facts.origins.find(facts.prefixes.head(prefix), found.culprit);
    if (entry !== -1) facts.origins.setFlag(entry, ORIGIN_FLAG.suspect, false);
  }
}
