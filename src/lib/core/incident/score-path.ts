import type { Context, Tag } from '../detect/detector.ts';
import type { Case } from './case.ts';
import { peerCount, prefixCount } from './case.ts';
import { isExplainedByLeak } from './score-origin.ts';

/** Evidence for and against a made-up path: a new link alone is a new customer or a new peering. */
export function scorePath(found: Case, context: Context, nowS: number): Tag[] {
  const tags: Tag[] = [];
  const add = (name: string, score: number): void => void tags.push({ name, score });
  const { facts, knowledge } = context;
  const { culprit, victim } = found;
  const sighting = found.main;
  if (found.types.has('fat-finger-prepend')) add('prepend-count-as-asn', 5);
  else add(found.types.has('forged-path') ? 'new-link-on-path' : 'new-link-at-origin', 2);
  if (sighting && sighting.cover !== -1) add('more-specific', 2);
  const relation = knowledge.relation?.(culprit, victim) ?? null;
  if (relation !== null) add('known-relation', -4);
  const org = knowledge.orgOf?.(culprit) ?? null;
  if (org !== null && org === knowledge.orgOf?.(victim)) add('same-organisation', -6);
  const here = knowledge.countryOf?.(culprit) ?? null;
  const there = knowledge.countryOf?.(victim) ?? null;
  if (here !== null && there !== null)
    add(here === there ? 'same-country' : 'other-country', here === there ? -2 : 1);
  const customers = facts.graph.downstreamCount(culprit);
  if (customers >= 20) add('culprit-is-large-transit', -2);
  else if (customers <= 2) add('culprit-carried-nobody', 2);
  const total = facts.graph.prefixCount(victim);
  const moved = prefixCount(found);
  if (total >= 4 && moved * 4 <= total) add('few-of-the-victims-prefixes', 1);
  if (moved >= 3 && moved * 2 >= total) add('most-of-the-victims-prefixes', -2);
  if (found.baseline.held === 0 && sighting?.cover === -1) add('victim-was-gone', -1);
  if (context.pathCases(victim, found.firstUs) >= context.params.reconnectedLinks)
    add('victim-reconnected', -4);
  // Links are learned over weeks: hours of a stream know few of them.
  if (facts.baselineOrigins === 0) add('no-link-baseline', -2);
  const peers = peerCount(found);
  if (facts.peers >= 40 && peers * 20 < facts.peers) add('hardly-seen', -2);
  if (peers * 2 >= facts.peers && facts.peers >= 10) add('seen-by-most-peers', 1);
  if (knowledge.aspa && sighting?.last && knowledge.aspa(sighting.last.path, false) === 'invalid')
    add('aspa-invalid', 6);
  if (found.state !== 'ongoing' && nowS - found.firstUs / 1e6 < 6 * 3600) add('short-lived', 1);
  if (isExplainedByLeak(found, context.isLeaker)) found.stickyTags.set('part-of-a-mass-leak', -5);
  return tags;
}
