import { hashEnd, hashWord } from '../elem/columns.ts';
import { ATTR_FLAG } from '../elem/batch.ts';
import type { Context, Detector, RouteEvent, Tag } from './detector.ts';
import { EVENT } from './detector.ts';
import { isLarge, isTransitFree } from './transit-free.ts';

interface State {
  /** Hash of (left, leaker, right) -> Unix seconds it was first seen. The oldest goes first when full. */
  readonly triples: Map<number, number>;
  /** Prefix id -> the link at the far end of a valley too long to be real: [left, right]. The oldest goes first. */
  readonly forged: Map<number, readonly [number, number]>;
}

const MAX_TRIPLES = 200_000;
const MAX_FORGED = 10_000;

/** A valley found in a path: `hops[at]` passed on to `hops[at - 1]` what it should have kept. */
interface Valley {
  readonly at: number;
  readonly rule: string;
  readonly score: number;
}

/**
 * Route leaks, RFC 7908 types 1-4: a path that went down (or sideways) and then up again. Told by the Only-to-Customer
 * attribute (RFC 9234) and the relationships given, by ASPA, or, without any of these, by a transit-free network on both
 * sides of somebody who is not. A triple of ASes that has been seen for `knownAfterS` is how these networks do business,
 * or a leak of old; only new ones are reported.
 */
export const routeLeak: Detector<State> = {
  id: 'route-leak',
  needs: [],
  events: [EVENT.announce],
  learns: true,
  init: () => ({ triples: new Map(), forged: new Map() }),
  step(state, event, context) {
    const { hops } = event.path!;
    if (hops.length < 3 || longValley(state, event, context)) return;
    const valley = byOtc(event, context) ?? byRelations(hops, context) ?? sandwich(hops, context);
    if (!valley) return;
    const { at } = valley;
    const first = since(state, hops[at - 1]!, hops[at]!, hops[at + 1]!, event.timeS);
    const age = event.timeS - first;
    if (age >= context.params.knownAfterS || context.facts.isBaseline) return;
    if (valley.rule === 'transit-free-sandwich' && !isWarm(event, context)) return;
    const tags: Tag[] = [{ name: valley.rule, score: valley.score }];
    if (context.knowledge.aspa?.(hops, event.path!.hasSet) === 'invalid')
      tags.push({ name: 'aspa-invalid', score: 4 });
    context.emit({
      type: 'route-leak',
      group: 'leak',
      prefix: event.prefix,
      culprit: hops[at]!,
      victim: 0,
      subject: `${hops[at + 1]!}`,
      tags,
      detail: { from: `AS${hops[at + 1]!}`, to: `AS${hops[at - 1]!}` },
    });
  },
};

/**
 * Three or more ASes between two transit-free networks: no leak has that shape, so the far part was written by somebody.
 * Whom, the paths of many peers tell: see `tailForger`. @returns whether it was reported.
 */
function longValley(state: State, event: RouteEvent, context: Context): boolean {
  const { facts } = context;
  const { hops } = event.path!;
  let far = state.forged.get(event.prefix);
  if (far) {
    const at = hops.indexOf(far[1]);
    if (at < 1 || hops[at - 1] !== far[0]) return false;
  } else {
    far = farEnd(hops) ?? undefined;
    if (!far || facts.isBaseline) return false;
    const link = facts.graph.link(far[0], far[1]);
    if (link === -1 || facts.isKnownLink(link, event.timeS)) return false;
    if (state.forged.size >= MAX_FORGED) state.forged.delete(state.forged.keys().next().value!);
    state.forged.set(event.prefix, far);
  }
  context.emit({
    type: 'forged-path',
    group: 'leak',
    prefix: event.prefix,
    culprit: far[0],
    victim: 0,
    subject: `${far[0]}-${far[1]}`,
    tags: [{ name: 'long-valley', score: 4 }],
  });
  return true;
}

/** The link into the transit-free network at the far end of a valley of three or more ASes. */
function farEnd(hops: readonly number[]): readonly [number, number] | null {
  let last = -1;
  for (let at = 0; at < hops.length; at++) {
    if (!isTransitFree(hops[at]!)) continue;
    if (last !== -1 && at - last > 3) return [hops[at - 1]!, hops[at]!];
    last = at;
  }
  return null;
}

function isWarm(event: RouteEvent, { facts, params }: Context): boolean {
  return facts.baselineOrigins > 0 || event.timeS - facts.firstS >= params.knownAfterS;
}

function since(state: State, left: number, leaker: number, right: number, timeS: number): number {
  const key = hashEnd(hashWord(hashWord(hashWord(3, left), leaker), right));
  const known = state.triples.get(key);
  if (known !== undefined) return known;
  if (state.triples.size >= MAX_TRIPLES) state.triples.delete(state.triples.keys().next().value!);
  state.triples.set(key, timeS);
  return timeS;
}

/** RFC 9234 §5: past the AS that set OTC, the route may only go down. Needs relationships to see that it did not. */
function byOtc(event: RouteEvent, { knowledge }: Context): Valley | null {
  const { attrSets } = event.batch!;
  if (!knowledge.relation || !(attrSets.flags[event.attrs]! & ATTR_FLAG.otc)) return null;
  const { hops } = event.path!;
  const setter = hops.indexOf(attrSets.otc[event.attrs]!);
  for (let at = setter - 1; at > 0; at--) {
    const relation = knowledge.relation(hops[at - 1]!, hops[at]!);
    if (relation === 'provider' || relation === 'peer') return { at, rule: 'only-to-customer', score: 6 };
  }
  return null;
}

/** Valley-free violation (Gao 2001) by the relationships given; both sides of the leaker must be known. */
function byRelations(hops: readonly number[], { knowledge }: Context): Valley | null {
  if (!knowledge.relation) return null;
  for (let at = 1; at < hops.length - 1; at++) {
    // Without providers there is nobody to leak to: the file is wrong or older than the network's rise.
    if (isTransitFree(hops[at]!)) continue;
    const from = knowledge.relation(hops[at + 1]!, hops[at]!);
    if (from !== 'provider' && from !== 'peer') continue;
    const to = knowledge.relation(hops[at - 1]!, hops[at]!);
    if (to !== 'provider' && to !== 'peer') continue;
    const type = from === 'provider' ? (to === 'provider' ? 1 : 3) : to === 'provider' ? 4 : 2;
    return { at, rule: `rfc7908-type-${type}`, score: 4 };
  }
  return null;
}

/** A transit-free network, one AS that is not large, and a transit-free network again. */
function sandwich(hops: readonly number[], context: Context): Valley | null {
  for (let at = 1; at < hops.length - 1; at++) {
    if (!isTransitFree(hops[at - 1]!) || !isTransitFree(hops[at + 1]!) || isLarge(hops[at]!, context))
      continue;
    return { at, rule: 'transit-free-sandwich', score: 3 };
  }
  return null;
}
