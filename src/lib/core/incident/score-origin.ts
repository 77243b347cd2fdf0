import type { Context, Tag } from '../detect/detector.ts';
import { tailForger } from '../detect/implausible-tail.ts';
import type { Case } from './case.ts';
import { peerCount } from './case.ts';
import type { Sighting } from './sighting.ts';

/**
 * Evidence for and against a changed origin, as tags. Scores follow Cloudflare Radar's scale (8 is high): what a new
 * origin, an unrelated network and a wide spread add up to is just high, and each ordinary explanation takes it down.
 */
export function scoreOrigin(found: Case, context: Context, nowS: number): Tag[] {
  const tags: Tag[] = [];
  const add = (name: string, score: number): void => void tags.push({ name, score });
  const asked = found.main;
  // The holder of the space has signed for this origin: whatever else it is, it is no hijack.
  if (asked && context.knowledge.rov?.(asked.text, found.culprit).state === 'valid') {
    return [{ name: 'rpki-new-origin-valid', score: -20 }];
  }
  // What counts as known is what was known when it began: an hour of the incident itself proves nothing.
  const beganS = Math.floor(found.firstUs / 1e6);
  addKind(found, add);
  const sighting = found.main;
  if (sighting) addRpki(found, sighting, context, add);
  // A typed count is not an AS that did anything: who it is to the operator means nothing.
  if (found.victim !== 0 && !found.types.has('fat-finger-prepend')) {
    addRelation(found, context, beganS, add);
    addNames(found, context, add);
    addBaseline(found, context, add);
    addBlock(found, context, add);
    if (sighting) addMovement(found, sighting, context, nowS, add);
  }
  if (sighting) addSpace(found, sighting, context, beganS, add);
  addTime(found, context, nowS, add);
  addSpread(found, context, add);
  return tags;
}

type Add = (name: string, score: number) => void;

function addKind(found: Case, add: Add): void {
  if (found.types.has('fat-finger-prepend')) add('prepend-count-as-asn', 6);
  else if (found.types.has('squatting')) add('unannounced-space', 1);
  else if ([...found.sightings.values()].some((sighting) => sighting.cover !== -1)) add('more-specific', 3);
  else add('new-origin', 3);
}

function addRpki(found: Case, sighting: Sighting, { knowledge }: Context, add: Add): void {
  if (!knowledge.rov) return;
  const now = knowledge.rov(sighting.text, found.culprit).state;
  if (now === 'invalid') add('rpki-new-origin-invalid', 8);
  if (found.victim === 0) return;
  const before = knowledge.rov(sighting.text, found.victim).state;
  if (before === 'invalid') add('rpki-old-origin-invalid', -2);
  if (before === 'valid') add('rpki-old-origin-valid', 0);
}

function addRelation(found: Case, context: Context, nowS: number, add: Add): void {
  const { facts, knowledge } = context;
  const { culprit, victim } = found;
  let paths = 0;
  let withVictim = 0;
  for (const sighting of found.sightings.values()) {
    paths += sighting.paths;
    withVictim += sighting.pathsWithVictim;
  }
  if (withVictim > 0 && withVictim * 2 >= paths) return add('victim-on-the-path', -6);
  const relation = knowledge.relation?.(victim, culprit) ?? null;
  if (relation === 'provider') return add('customer-of-victim', -4);
  if (relation === 'customer') return add('provider-of-victim', -4);
  if (facts.isUpstreamOf(culprit, victim, nowS)) return add('upstream-of-victim', -4);
  if (facts.areNeighbours(culprit, victim, nowS)) return add('neighbour-of-victim', -4);
  // A typing mistake is made by whom it harms: being strangers says nothing.
  if (found.types.has('fat-finger-asn') || facts.graph.upstreamCount(victim) === 0) return;
  if (isWellSeen(found, context)) add('unrelated', 2);
  else add('unrelated-to-the-few-known', 1);
}

/** Whether enough peers had shown the victim's route: two paths know two of its neighbours, and leave the others strangers. */
function isWellSeen({ baseline }: Case, { facts, params }: Context): boolean {
  return baseline.peerAsns >= Math.min(params.wellSeenPeers, facts.peers * params.wellSeenShare);
}

function addNames(found: Case, { knowledge }: Context, add: Add): void {
  const { culprit, victim } = found;
  const org = knowledge.orgOf?.(culprit) ?? null;
  if (org !== null && org === knowledge.orgOf?.(victim)) return add('same-organisation', -6);
  if (knowledge.isMitigator?.(culprit)) add('mitigation-service', -4);
  const here = knowledge.countryOf?.(culprit) ?? null;
  const there = knowledge.countryOf?.(victim) ?? null;
  if (here === null || there === null) return;
  if (here === there) add('same-country', -2);
  else add('other-country', 1);
}

function addBaseline(found: Case, context: Context, add: Add): void {
  const { baseline } = found;
  if (baseline.peerAsns < 2) add('thin-baseline', -2);
  else if (!isWellSeen(found, context)) add('baseline-of-few-peers', 0);
  else if (baseline.isDump || (baseline.ageS ?? 0) >= 6 * 3600) add('old-baseline', 1);
}

/** How the victim's block is used: a provider's block is full of its customers. */
function addBlock(found: Case, { facts, params }: Context, add: Add): void {
  const { baseline } = found;
  if (baseline.isTenant) add('culprit-already-in-the-block', -4);
  else if (baseline.foreignChildren >= params.aggregatedMinChildren) add('provider-aggregated-space', -3);
  else if (baseline.victimsTenants >= params.manyTenants) add('space-others-announce', -2);
  if (facts.graph.downstreamCount(found.culprit) >= params.largeTransitCustomers)
    add('culprit-is-large-transit', -2);
}

/** Who moved: a renumbering starts with the old origin leaving and ends with the new one staying. */
function addMovement(found: Case, sighting: Sighting, context: Context, nowS: number, add: Add): void {
  const { facts, params } = context;
  if (sighting.cover !== -1) return;
  const entry = facts.origins.find(facts.prefixes.head(sighting.prefix), found.victim);
  const held = entry === -1 ? 0 : facts.origins.held(entry);
  if (found.baseline.held === 0) add('old-origin-had-left', -3);
  else if (held === 0 && sighting.holding > 0 && nowS - found.firstUs / 1e6 >= params.transferAfterS) {
    add('old-origin-moved-away', -4);
  }
}

/** What the address space tells: who owns around it, and how it is used. */
function addSpace(found: Case, sighting: Sighting, { facts, params }: Context, nowS: number, add: Add): void {
  const bits = facts.prefixes.bits(sighting.prefix);
  const isV6 = facts.prefixes.table(sighting.prefix) === 1;
  if (bits > (isV6 ? params.maxUsualBitsV6 : params.maxUsualBitsV4)) add('longer-than-usual', -2);
  const isTypo = found.types.has('fat-finger-asn');
  const own = facts.prefixes.covering(sighting.prefix, (id) => {
    if (facts.isOriginOf(id, found.culprit, nowS)) return true;
    // A neighbouring number that holds the block as well is no typing mistake, however young.
    return isTypo && facts.origins.find(facts.prefixes.head(id), found.culprit) !== -1;
  });
  if (own !== -1) add('inside-own-block', -6);
}

/** What time has shown, and what else went on. */
function addTime(found: Case, context: Context, nowS: number, add: Add): void {
  const { params, isLeaker } = context;
  const ageS = nowS - found.firstUs / 1e6;
  if (found.withdrawnAtUs !== null && ageS < params.dormantAfterS) add('gone-again', 1);
  else if (ageS >= params.lastingS && found.victim !== 0) add('still-there', -2);
  if (context.isReversed(found.culprit, found.victim)) add('victim-is-the-culprit', -6);
  if (found.recurs) add('recurring', -2);
  if (isExplainedByLeak(found, isLeaker)) found.stickyTags.set('part-of-a-mass-leak', -5);
}

/** Whether every path came through somebody who was leaking routes by the hundred: then those are the leaked ones. */
export function isExplainedByLeak(found: Case, isLeaker: Context['isLeaker']): boolean {
  const tail = found.main?.tail ?? [];
  return tail.some((asn) => isLeaker(asn, found.firstUs + 60e6) || isLeaker(asn, found.lastUs));
}

function addSpread(found: Case, { facts }: Context, add: Add): void {
  const peers = peerCount(found);
  if (peers < 2) return;
  if (peers * 2 >= facts.peers && facts.peers >= 10) add('seen-by-most-peers', 2);
  else if (peers >= 10) add('seen-by-ten-peers', 1);
}

/** The culprit the paths point at, when the announced origin cannot be it; 0 otherwise. */
export function forgerOf(found: Case): number {
  const sighting = found.main;
  if (!sighting?.tail) return 0;
  return tailForger(sighting.tail, sighting.peerAsns.size, sighting.beforeTail.size);
}
