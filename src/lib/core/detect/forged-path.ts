import { bogonAsn } from '../origin/asn-class.ts';
import { LINK_FLAG } from '../origin/as-graph.ts';
import type { Context, Detector, RouteEvent, Signal, SignalType } from './detector.ts';
import { EVENT } from './detector.ts';

interface SuspectLink {
  readonly culprit: number;
  readonly type: SignalType;
  readonly victim: number;
  readonly tags: Signal['tags'];
}

interface State {
  readonly limit: number;
  /** By link id; the oldest goes first when full. */
  readonly links: Map<number, SuspectLink>;
}

/**
 * The right origin at the end of a path that was made up: a never-seen link next to it (type 1, `*|1`: DFOH's new-edge
 * idea), or, for a more-specific that was never announced, a never-seen link further left (type N, `*|N`). The culprit is
 * the AS left of the rightmost link nobody knew. A new link alone is no more than a hint; what contradicts it is weighed by
 * the incident. A small number in that place is a prepend count typed by the AS before it.
 */
export const forgedPath: Detector<State> = {
  id: 'forged-path',
  needs: [],
  events: [EVENT.announce],
  init: (params) => ({ limit: params.maxSightings, links: new Map() }),
  step(state, event, context) {
    const path = event.path!;
    if (path.origin === 0 || event.links.length === 0) return;
    for (let i = event.links.length - 1; i >= 0; i--) {
      const link = event.links[i]!;
      if (link === -1) return;
      const { facts } = context;
      if (facts.graph.flags(link) & LINK_FLAG.suspect) {
        if (again(state, link, i, event, context)) return;
      } else if (!facts.isKnownLink(link, event.timeS)) {
        judge(state, link, i, event, context);
        return;
      }
    }
  },
};

function again(state: State, link: number, at: number, event: RouteEvent, context: Context): boolean {
  const known = state.links.get(link);
  if (!known || known.victim !== event.path!.origin) return false;
  context.emit(signalOf(known, at, event));
  return true;
}

function signalOf(known: SuspectLink, at: number, event: RouteEvent): Signal {
  const { hops } = event.path!;
  return {
    type: known.type,
    group: 'path',
    prefix: event.prefix,
    culprit: known.culprit,
    victim: known.victim,
    subject: `${hops[at]!}-${hops[at + 1]!}`,
    tags: known.tags,
    detail: { newLink: `${hops[at]!} ${hops[at + 1]!}` },
  };
}

function judge(state: State, link: number, at: number, event: RouteEvent, context: Context): void {
  const { facts, params } = context;
  const { hops, origin } = event.path!;
  const left = hops[at]!;
  const right = hops[at + 1]!;
  const isNextToOrigin = at === event.links.length - 1;
  // The vantage's own neighbour is the vantage's own business.
  if (at === 0) return;
  const cover = ownCover(event, context);
  if (cover === null || !isSampled(cover === -1 ? event.prefix : cover, event, context)) return;
  if (!isNextToOrigin && cover === -1) return;
  if (bogonAsn(left) !== null || bogonAsn(right) !== null) return;
  if (facts.areNeighbours(left, right, event.timeS)) return;
  if (!hasKnownUpstream(origin, event, context)) return;
  const isCount =
    left <= params.prependAsnMax && at > 0 && facts.areNeighbours(hops[at - 1]!, right, event.timeS);
  const type = isCount ? 'fat-finger-prepend' : isNextToOrigin ? 'forged-origin' : 'forged-path';
  const culprit = isNextToOrigin ? left : stranger(at, event, context);
  const suspect = { type, culprit, victim: origin, tags: [] } as const;
  if (state.links.size >= state.limit) {
    const oldest = state.links.keys().next().value!;
    facts.graph.setFlag(oldest, LINK_FLAG.suspect, false);
    state.links.delete(oldest);
  }
  state.links.set(link, suspect);
  facts.graph.setFlag(link, LINK_FLAG.suspect, true);
  context.emit({ ...signalOf(suspect, at, event), cover });
}

/**
 * Of the ASes left of a row of unknown links, `at` the rightmost, the one with the fewest links: who wrote the row is a
 * stranger among networks that are real neighbours of somebody.
 */
function stranger(at: number, event: RouteEvent, { facts }: Context): number {
  const { hops } = event.path!;
  const degree = (asn: number): number => facts.graph.upstreamCount(asn) + facts.graph.downstreamCount(asn);
  let found = hops[at]!;
  for (let i = at - 1; i > 0; i--) {
    const link = event.links[i]!;
    if (link === -1 || facts.isKnownLink(link, event.timeS)) break;
    if (degree(hops[i]!) < degree(found)) found = hops[i]!;
  }
  return found;
}

/** -1 when the prefix itself is known to be the origin's, the covering prefix when that is, null when neither. */
function ownCover(event: RouteEvent, { facts }: Context): number | null {
  const origin = event.path!.origin;
  const main = facts.mainOrigin(event.prefix, event.timeS);
  if (main !== -1) {
    if (!facts.isOriginOf(event.prefix, origin, event.timeS)) return null;
    // What one peer alone showed may be the forgery itself, found in an older table: judge it as a more-specific.
    // (The peer being stepped has been counted already.)
    if (facts.origins.spread(facts.origins.find(facts.prefixes.head(event.prefix), origin)) > 2) return -1;
  }
  const cover = facts.coveringEstablished(event.prefix, event.timeS);
  if (cover !== -1 && facts.isOriginOf(cover, origin, event.timeS)) return cover;
  return main === -1 ? null : -1;
}

/** Whether enough vantages hold the origin's route, this one long enough to have shown the link before. */
function isSampled(prefix: number, event: RouteEvent, { facts, params }: Context): boolean {
  if (!facts.hasPast(event.vantage, event.timeS)) return false;
  const entry = facts.origins.find(facts.prefixes.head(prefix), event.path!.origin);
  return entry !== -1 && facts.origins.held(entry) >= facts.vantages * params.sampledShare;
}

function hasKnownUpstream(asn: number, event: RouteEvent, { facts }: Context): boolean {
  let has = false;
  facts.graph.eachUpstream(asn, (_, link) => (has = facts.isKnownLink(link, event.timeS)));
  return has;
}
