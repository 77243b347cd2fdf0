import type { Context, Detector, RouteEvent, Tag } from './detector.ts';
import { EVENT } from './detector.ts';

interface State {
  /** Prefixes below the share, since when (Unix microseconds), and whose they were. */
  readonly low: Map<number, { sinceUs: number; origin: number; isLost: boolean }>;
  /** Lost prefixes by origin. */
  readonly lostByOrigin: Map<number, number>;
  readonly outages: Set<number>;
  readonly limit: number;
}

/**
 * Prefixes that most of the vantages that held them no longer hold, for longer than convergence takes, joined by origin;
 * and origins most of whose prefixes are lost: an outage of the AS. The denominator is the most vantages that ever held
 * the prefix, so a vantage that never had it does not count (Catchpoint's reachability). What a lost session takes away
 * with it is one vantage's view and never reaches the share.
 */
export const visibility: Detector<State> = {
  id: 'visibility',
  needs: [],
  events: [EVENT.withdraw, EVENT.announce, EVENT.tick],
  init: (params) => ({
    low: new Map(),
    lostByOrigin: new Map(),
    outages: new Set(),
    limit: params.maxSightings,
  }),
  step(state, event, context) {
    if (event.kind === EVENT.tick) return tick(state, event, context);
    if (event.kind === EVENT.announce) {
      const known = state.low.size > 0 ? state.low.get(event.prefix) : undefined;
      if (known && !isLow(event.prefix, context)) recovered(state, event.prefix, known, context);
      return;
    }
    if (!isLow(event.prefix, context) || state.low.has(event.prefix)) return;
    if (state.low.size >= state.limit) return;
    const origin = lastOrigin(event.prefix, context);
    if (origin !== 0) state.low.set(event.prefix, { sinceUs: event.timeUs, origin, isLost: false });
  },
};

function isLow(prefix: number, { facts, params }: Context): boolean {
  const peak = facts.prefixes.peak(prefix);
  return (
    peak >= params.visibilityMinVantages && facts.prefixes.held(prefix) < peak * params.visibilityLossShare
  );
}

/** The origin the prefix was last announced with. */
function lastOrigin(prefix: number, { facts }: Context): number {
  let best = -1;
  for (let entry = facts.prefixes.head(prefix); entry !== -1; entry = facts.origins.next(entry)) {
    if (best === -1 || facts.origins.lastS(entry) > facts.origins.lastS(best)) best = entry;
  }
  return best === -1 ? 0 : facts.origins.asn(best);
}

function tick(state: State, event: RouteEvent, context: Context): void {
  const { params, emit, facts } = context;
  for (const [prefix, known] of state.low) {
    if (known.isLost || event.timeUs - known.sinceUs < params.visibilityHoldS * 1e6) continue;
    known.isLost = true;
    const lost = (state.lostByOrigin.get(known.origin) ?? 0) + 1;
    state.lostByOrigin.set(known.origin, lost);
    const isGone = facts.prefixes.held(prefix) === 0;
    emit({
      type: 'visibility-loss',
      group: 'visibility',
      prefix,
      culprit: 0,
      victim: known.origin,
      tags: [{ name: isGone ? 'gone-everywhere' : 'lost-by-most-vantages', score: 2 }],
      phase: 'open',
      detail: { heldBefore: facts.prefixes.peak(prefix), heldNow: facts.prefixes.held(prefix) },
    });
    const total = facts.graph.prefixCount(known.origin);
    if (
      lost < params.outageMinPrefixes ||
      lost < total * params.outageShare ||
      state.outages.has(known.origin)
    )
      continue;
    state.outages.add(known.origin);
    emit({
      type: 'as-outage',
      group: 'outage',
      prefix: -1,
      culprit: 0,
      victim: known.origin,
      tags: outageTags(lost),
      phase: 'open',
      detail: { lostPrefixes: lost, knownPrefixes: total },
    });
  }
}

function outageTags(lost: number): Tag[] {
  const tags = [{ name: 'most-prefixes-lost', score: 3 }];
  if (lost >= 20) tags.push({ name: 'many-prefixes', score: 2 });
  return tags;
}

function recovered(
  state: State,
  prefix: number,
  known: { origin: number; isLost: boolean },
  { emit, facts, params }: Context,
): void {
  state.low.delete(prefix);
  if (!known.isLost) return;
  const lost = state.lostByOrigin.get(known.origin)! - 1;
  const base = { prefix: -1, culprit: 0, victim: known.origin, tags: [], phase: 'close' } as const;
  if (state.outages.has(known.origin) && lost < facts.graph.prefixCount(known.origin) * params.outageShare) {
    state.outages.delete(known.origin);
    emit({ ...base, type: 'as-outage', group: 'outage' });
  }
  if (lost > 0) {
    state.lostByOrigin.set(known.origin, lost);
    return;
  }
  state.lostByOrigin.delete(known.origin);
  emit({ ...base, type: 'visibility-loss', group: 'visibility' });
}
