import type { Context, Detector, RouteEvent } from './detector.ts';
import { EVENT } from './detector.ts';
import { isLarge } from './transit-free.ts';

interface Surge {
  readonly sinceS: number;
  readonly origins: Set<number>;
  isLeak: boolean;
  /** The network that would be the leaker is so large that carrying anything is its business. */
  readonly isLarge: boolean;
}

interface State {
  /** By link id; the oldest goes first when full. */
  readonly surges: Map<number, Surge>;
}

const MAX_SURGES = 20_000;
/** Hops left of the origin from which on a link can be a leaker's: nearer, it is somebody's own new upstream. */
const MIN_DISTANCE = 2;

/**
 * Routes of very many origins suddenly come through a link that nobody knew: a network passes on what it learned from a
 * peer or provider (RFC 7908 types 1-4, told by the mass of it). The culprit is the AS on the origin's side of the link,
 * which handed the routes over; of several such links in a path the one nearest to the origins counts.
 */
export const massLeak: Detector<State> = {
  id: 'mass-leak',
  needs: [],
  events: [EVENT.announce],
  init: () => ({ surges: new Map() }),
  step(state, event, context) {
    const { facts, params } = context;
    if (event.path!.origin === 0 || !isWarm(context, event.timeS)) return;
    for (let at = event.links.length - 1 - MIN_DISTANCE; at >= 0; at--) {
      const link = event.links[at]!;
      if (link === -1) continue;
      const known = state.surges.get(link);
      // A surge outlasts the time after which its link counts as known.
      if (!known?.isLeak && facts.isKnownLink(link, event.timeS)) continue;
      const surge = surgeOf(state, link, known, event, context);
      if (surge.isLarge) continue;
      if (surge.origins.size < params.massLeakOrigins) surge.origins.add(event.path!.origin);
      surge.isLeak ||= surge.origins.size >= params.massLeakOrigins;
      if (!surge.isLeak) continue;
      report(event, context, at);
      return;
    }
  },
};

function isWarm({ facts, params }: Context, timeS: number): boolean {
  return facts.baselineOrigins > 0 || timeS - facts.firstS >= params.knownAfterS;
}

function surgeOf(
  state: State,
  link: number,
  known: Surge | undefined,
  event: RouteEvent,
  context: Context,
): Surge {
  const { facts, params } = context;
  if (known && (known.isLeak || event.timeS - known.sinceS < params.massWindowS)) return known;
  state.surges.delete(link);
  if (state.surges.size >= MAX_SURGES) state.surges.delete(state.surges.keys().next().value!);
  const leaker = facts.graph.right(link);
  const isLargeNow = isLarge(leaker, context);
  const surge: Surge = { sinceS: event.timeS, origins: new Set(), isLeak: false, isLarge: isLargeNow };
  state.surges.set(link, surge);
  return surge;
}

function report(event: RouteEvent, context: Context, at: number): void {
  const { hops } = event.path!;
  context.emit({
    type: 'route-leak',
    group: 'leak',
    prefix: event.prefix,
    culprit: hops[at + 1]!,
    victim: 0,
    subject: 'mass',
    tags: [{ name: 'many-origins-over-an-unknown-link', score: 5 }],
    detail: { to: `AS${hops[at]!}` },
  });
}
