import { bogonAsn } from '../origin/asn-class.ts';
import { ORIGIN_FLAG } from '../origin/origins.ts';
import type { Context, Detector, RouteEvent, Signal, SignalType } from './detector.ts';
import { EVENT } from './detector.ts';
import { isOneEditAway, v4Typos } from './edit-distance.ts';
import type { DetectParams } from './params.ts';
import { exposedCounts, prependOperator } from './prepend-typo.ts';

/** What was decided about a (prefix, origin) pair when it first appeared. */
interface Suspect {
  readonly type: SignalType;
  readonly culprit: number;
  readonly victim: number;
  readonly cover: number;
  readonly tags: Signal['tags'];
  readonly isTentative: boolean;
}

interface State {
  readonly limit: number;
  /** By entry in `facts.origins`; the oldest goes first when full. */
  readonly suspects: Map<number, Suspect>;
}

/**
 * A prefix gains an origin (E|0), or a more-specific of somebody's prefix appears from somebody else (S|0), with typing
 * mistakes told apart: an origin one keystroke from the usual one, a prepend count as ASN, a prefix one keystroke from the
 * culprit's own. Nothing is decided against origins younger than `knownAfterS`; such pairs are noted as tentative.
 */
export const originChange: Detector<State> = {
  id: 'origin-change',
  needs: [],
  events: [EVENT.announce],
  init: (params: DetectParams) => ({ limit: params.maxSightings, suspects: new Map() }),
  step(state, event, context) {
    const entry = event.originEntry;
    if (entry === -1) return;
    const known = state.suspects.get(entry);
    if (known) return again(state, known, event, context);
    if (!event.isNewOrigin || !isJudged(event, context)) return;
    for (const count of exposedCounts(event, context)) expose(state, count, event, context);
    const suspect = judge(event, context);
    if (suspect) remember(state, entry, suspect, event, context);
  },
};

function isJudged(event: RouteEvent, { facts, params }: Context): boolean {
  const isV6 = facts.prefixes.table(event.prefix) === 1;
  if (facts.prefixes.bits(event.prefix) < (isV6 ? params.minBitsV6 : params.minBitsV4)) return false;
  return bogonAsn(event.path!.origin) === null;
}

function remember(state: State, entry: number, suspect: Suspect, event: RouteEvent, context: Context): void {
  if (state.suspects.size >= state.limit) {
    const oldest = state.suspects.keys().next().value!;
    context.facts.origins.setFlag(oldest, ORIGIN_FLAG.suspect, false);
    state.suspects.delete(oldest);
  }
  state.suspects.set(entry, suspect);
  if (!suspect.isTentative) context.facts.origins.setFlag(entry, ORIGIN_FLAG.suspect);
  context.emit(signalOf(suspect, event));
}

function signalOf(suspect: Suspect, event: RouteEvent): Signal {
  return {
    type: suspect.type,
    group: 'origin',
    prefix: event.prefix,
    culprit: suspect.culprit,
    victim: suspect.victim,
    tags: suspect.tags,
    cover: suspect.cover,
    ...(suspect.isTentative ? { isTentative: true } : {}),
  };
}

/** The pair was announced before and is still looked at. */
function again(state: State, known: Suspect, event: RouteEvent, context: Context): void {
  const { facts } = context;
  const entry = event.originEntry;
  if (!known.isTentative) {
    if (facts.origins.flags(entry) & ORIGIN_FLAG.suspect) context.emit(signalOf(known, event));
    else state.suspects.delete(entry);
    return;
  }
  if (facts.isEstablished(event.prefix, entry, event.timeS)) {
    state.suspects.delete(entry);
    return;
  }
  const suspect = judge(event, context);
  if (!suspect) return;
  state.suspects.delete(entry);
  remember(state, entry, suspect, event, context);
}

function judge(event: RouteEvent, context: Context): Suspect | null {
  const { facts } = context;
  const origin = event.path!.origin;
  const operator = prependOperator(event, context);
  if (operator !== 0) return suspectOf('fat-finger-prepend', origin, operator);
  const main = facts.mainOrigin(event.prefix, event.timeS, origin);
  if (main !== -1) return foreign(event, context, facts.origins.asn(main), -1);
  if (hasOtherOrigin(event, context)) return tentative(event, context);
  const cover = facts.coveringEstablished(event.prefix, event.timeS);
  if (cover !== -1) {
    // Whose the covering prefix is, contested or not, may announce parts of it.
    if (holdsNow(cover, origin, context)) return null;
    return foreign(event, context, facts.origins.asn(facts.mainOrigin(cover, event.timeS)), cover);
  }
  return unannounced(event, context);
}

function holdsNow(prefix: number, origin: number, { facts }: Context): boolean {
  const entry = facts.origins.find(facts.prefixes.head(prefix), origin);
  if (entry === -1 || facts.origins.flags(entry) & ORIGIN_FLAG.suspect) return false;
  return facts.origins.held(entry) > 0 || (facts.origins.flags(entry) & ORIGIN_FLAG.baseline) !== 0;
}

function suspectOf(
  type: SignalType,
  culprit: number,
  victim: number,
  cover = -1,
  tags: Signal['tags'] = [],
  isTentative = false,
): Suspect {
  return { type, culprit, victim, cover, tags, isTentative };
}

function foreign(event: RouteEvent, context: Context, victim: number, cover: number): Suspect {
  const origin = event.path!.origin;
  if (isOneEditAway(origin, victim)) {
    return suspectOf('fat-finger-asn', origin, victim, cover, [
      { name: 'one-keystroke-from-origin', score: 2 },
    ]);
  }
  if (originatesTypo(event, context)) {
    return suspectOf('fat-finger-prefix', origin, victim, cover, [
      { name: 'one-keystroke-from-own-prefix', score: 0 },
    ]);
  }
  return suspectOf(cover === -1 ? 'origin-hijack' : 'subprefix-hijack', origin, victim, cover);
}

/** Whether the origin is known to originate a prefix of this length one keystroke away. */
function originatesTypo(event: RouteEvent, { facts }: Context): boolean {
  const { prefixes } = facts;
  if (prefixes.table(event.prefix) !== 0) return false;
  const bits = prefixes.bits(event.prefix);
  return v4Typos(prefixes.word(event.prefix, 0)).some((word) => {
    const id = prefixes.findKey(bits, word, 0, 0, 0);
    return id !== -1 && facts.isOriginOf(id, event.path!.origin, event.timeS);
  });
}

function hasOtherOrigin(event: RouteEvent, { facts }: Context): boolean {
  const head = facts.prefixes.head(event.prefix);
  return head !== -1 && (facts.origins.asn(head) !== event.path!.origin || facts.origins.next(head) !== -1);
}

/** Two origins, none of them old enough to be believed: each is noted against the other. */
function tentative(event: RouteEvent, context: Context): Suspect | null {
  const { facts } = context;
  const origin = event.path!.origin;
  facts.origins.setFlag(event.originEntry, ORIGIN_FLAG.contested);
  let victim = 0;
  for (let entry = facts.prefixes.head(event.prefix); entry !== -1; entry = facts.origins.next(entry)) {
    const other = facts.origins.asn(entry);
    if (other === origin) continue;
    victim = other;
    facts.origins.setFlag(entry, ORIGIN_FLAG.contested);
    context.emit({
      type: 'origin-hijack',
      group: 'origin',
      prefix: event.prefix,
      culprit: other,
      victim: origin,
      tags: [],
      isTentative: true,
      isElsewhere: true,
    });
  }
  return suspectOf('origin-hijack', origin, victim, -1, [], true);
}

/** Space nobody announced: only with a full table to say so, or in the company of the culprit's other deeds. */
function unannounced(event: RouteEvent, context: Context): Suspect | null {
  const origin = event.path!.origin;
  const { facts } = context;
  if (context.knowledge.hasFullTable) return suspectOf('squatting', origin, 0);
  if (context.isCulprit(origin)) {
    return suspectOf('squatting', origin, 0, -1, [{ name: 'culprit-of-another-incident', score: 3 }]);
  }
  const cover = facts.prefixes.covering(event.prefix, (id) => facts.prefixes.head(id) !== -1);
  const underAttack = cover !== -1 && context.isCulprit(facts.origins.asn(facts.prefixes.head(cover)));
  if (!underAttack) return null;
  return suspectOf('squatting', origin, 0, cover, [{ name: 'inside-a-prefix-under-attack', score: 3 }]);
}

/** A route seen earlier turns out to be a typed prepend count. */
function expose(state: State, entry: number, event: RouteEvent, context: Context): void {
  const { facts } = context;
  const count = facts.origins.asn(entry);
  const suspect = suspectOf('fat-finger-prepend', count, event.path!.origin);
  state.suspects.set(entry, suspect);
  facts.origins.setFlag(entry, ORIGIN_FLAG.suspect);
  context.emit({ ...signalOf(suspect, event), isElsewhere: true });
}
