import type { Context, Detector, RouteEvent } from './detector.ts';
import { EVENT } from './detector.ts';

interface Burst {
  sinceS: number;
  prefixes: number;
  readonly victims: Set<number>;
  isMass: boolean;
}

interface State {
  /** By origin; the oldest goes first when full. */
  readonly bursts: Map<number, Burst>;
}

const MAX_BURSTS = 20_000;

/**
 * One AS suddenly originates prefixes of many others: a leak of a whole table into its own announcements (AS 7007 1997,
 * TTNet 2004, Indosat 2014, Rostelecom 2017). Foreign means: the prefix has an established origin that is another AS and
 * no neighbour.
 */
export const massOrigination: Detector<State> = {
  id: 'mass-origination',
  needs: [],
  events: [EVENT.announce],
  init: () => ({ bursts: new Map() }),
  step(state, event, context) {
    if (!event.isNewOrigin) return again(state, event, context);
    const victim = foreignOwner(event, context);
    if (victim === 0) return;
    const { params } = context;
    const burst = burstOf(state, event.path!.origin, event.timeS, params.massWindowS);
    burst.prefixes++;
    if (burst.victims.size < 10_000) burst.victims.add(victim);
    burst.isMass ||= burst.victims.size >= params.massMinVictims && burst.prefixes >= params.massMinPrefixes;
    if (burst.isMass) report(burst, event, context);
  },
};

/** Other vantages show the same prefixes; they are part of the same event while it is young. */
function again(state: State, event: RouteEvent, context: Context): void {
  if (event.originEntry === -1) return;
  const burst = state.bursts.get(event.path!.origin);
  if (!burst?.isMass || context.facts.origins.firstS(event.originEntry) < burst.sinceS) return;
  if (foreignOwner(event, context) !== 0) report(burst, event, context);
}

function foreignOwner(event: RouteEvent, { facts }: Context): number {
  const origin = event.path!.origin;
  if (origin === 0) return 0;
  let prefix = event.prefix;
  let main = facts.mainOrigin(prefix, event.timeS, origin);
  if (main === -1) {
    prefix = facts.coveringEstablished(event.prefix, event.timeS);
    if (prefix === -1 || facts.isOriginOf(prefix, origin, event.timeS)) return 0;
    main = facts.mainOrigin(prefix, event.timeS, origin);
  }
  const owner = facts.origins.asn(main);
  return facts.areNeighbours(origin, owner, event.timeS) ? 0 : owner;
}

function burstOf(state: State, origin: number, timeS: number, windowS: number): Burst {
  const known = state.bursts.get(origin);
  if (known && timeS - known.sinceS < windowS) return known;
  state.bursts.delete(origin);
  if (state.bursts.size >= MAX_BURSTS) state.bursts.delete(state.bursts.keys().next().value!);
  const burst: Burst = { sinceS: timeS, prefixes: 0, victims: new Set(), isMass: false };
  state.bursts.set(origin, burst);
  return burst;
}

function report(burst: Burst, event: RouteEvent, { emit }: Context): void {
  emit({
    type: 'mass-origination',
    group: 'mass',
    prefix: event.prefix,
    culprit: event.path!.origin,
    victim: 0,
    tags: [{ name: 'many-victims-at-once', score: 6 }],
    detail: { victims: burst.victims.size, prefixes: burst.prefixes },
  });
}
