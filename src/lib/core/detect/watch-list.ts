import { ORIGIN_FLAG } from '../origin/origins.ts';
import type { PrefixKey } from '../prefix/prefix.ts';
import { parsePrefix } from '../prefix/prefix.ts';
import { PEER_STATE, TABLE } from '../elem/batch.ts';
import type { Finding, WatchAlert } from '../watch/alert-desk.ts';
import { firstAsn } from '../watch/asn-set.ts';
import type { VerdictNotation } from '../watch/verdict.ts';
import type { VerdictRecord } from '../watch/verdict-record.ts';
import type { Judged } from '../watch/verdict-book.ts';
import { namesOrigin } from '../watch/watch-index.ts';
import type { Monitor } from '../watch/watch-list.ts';
import { readPath } from '../watch/watch-path.ts';
import type { Context, Detector, RouteEvent, Signal, SignalGroup, SignalType } from './detector.ts';
import { EVENT } from './detector.ts';

/** The owner of the prefix says that this is wrong: high by itself (Cloudflare Radar's scale). */
const LISTED = { name: 'against-the-watch-list', score: 8 } as const;
/** Something the owner asked to be told about, right or wrong. */
const ASKED = { name: 'asked-for-by-the-watch-list', score: 4 } as const;

interface State {
  /** Verdicts taken in with a baseline, not told yet. */
  hasUntold: boolean;
  /** Withdrawn prefixes (and changed ROAs) that were told, with their signals: closed when they are back. */
  readonly lost: Map<number, Signal>;
}

const MAX_LOST = 10_000;

/**
 * What a watch list says: its verdicts and findings as signals, joined to what the other detectors find about the same
 * culprit and victim. It goes first, since what the list calls right is known from then on, as if it were in the baseline.
 */
export const watchList: Detector<State> = {
  id: 'watch-list',
  needs: ['watch'],
  events: [EVENT.announce, EVENT.withdraw, EVENT.state, EVENT.tick],
  learns: true,
  init: () => ({ hasUntold: false, lost: new Map() }),
  step(state, event, context) {
    const watch = context.knowledge.watch!;
    if (event.kind === EVENT.announce) return announce(state, event, context);
    if (event.kind === EVENT.withdraw) return withdraw(state, event, context);
    if (event.kind === EVENT.tick) {
      watch.tick(event.timeUs);
      if (state.hasUntold && !context.facts.isBaseline) tellEarlier(state, context);
      return;
    }
    const isDown =
      event.state >>> 8 === PEER_STATE.established && (event.state & 0xff) !== PEER_STATE.established;
    if (isDown) watch.down(String(event.vantage), event.timeUs);
  },
};

function announce(state: State, event: RouteEvent, context: Context): void {
  const { facts, knowledge } = context;
  const watch = knowledge.watch!;
  const batch = event.batch!;
  const path = batch.attrSets.path[event.attrs]!;
  const key = keyOf(event, context);
  if (!watch.concerns(key.isV6, key.bits, key.words, 0, batch, path)) return;
  const elem = { key, timeUs: event.timeUs, peer: String(event.vantage), peerAsn: event.peerAsn };
  const { match, judged, findings } = watch.announce(elem, readPath(batch.paths, path));
  if (match && event.originEntry !== -1 && namesOrigin(match, event.path!.origin)) {
    facts.origins.setFlag(event.originEntry, ORIGIN_FLAG.baseline);
    // The detectors after this one look at new origins only.
    event.isNewOrigin = false;
  }
  if (facts.isBaseline) {
    if (judged.length > 0) state.hasUntold = true;
    return;
  }
  for (const one of judged) emitVerdict(one, event, context);
  for (const finding of findings) emitFinding(finding, event, context);
  closeLost(state, event.prefix, context);
}

function withdraw(state: State, event: RouteEvent, context: Context): void {
  const { knowledge, facts } = context;
  const watch = knowledge.watch!;
  const key = keyOf(event, context);
  if (!watch.isWatched(key)) return;
  const elem = { key, timeUs: event.timeUs, peer: String(event.vantage), peerAsn: event.peerAsn };
  for (const alert of watch.withdraw(elem)) {
    if (facts.isBaseline || state.lost.size >= MAX_LOST) continue;
    const signal = lossSignal(alert, event.prefix);
    state.lost.set(event.prefix, signal);
    context.emit(signal);
  }
}

function lossSignal(alert: WatchAlert, prefix: number): Signal {
  return {
    type: 'visibility-loss',
    group: 'watch',
    prefix,
    culprit: 0,
    victim: alert.victim,
    subject: `visibility ${alert.id}`,
    tags: [LISTED],
    phase: 'open',
    detail: { watch: alert.label || alert.affected, monitor: 'visibility', peers: alert.peers },
  };
}

/** The prefix is back when half of those that ever held it hold it again. */
function closeLost(state: State, prefix: number, { facts, emit }: Context): void {
  const signal = state.lost.size > 0 ? state.lost.get(prefix) : undefined;
  if (!signal || facts.prefixes.held(prefix) * 2 < facts.prefixes.peak(prefix)) return;
  state.lost.delete(prefix);
  emit({ ...signal, phase: 'close' });
}

interface Kind {
  readonly type: SignalType;
  readonly group: SignalGroup;
}

/** The incident a verdict is part of: the same as that of the detectors that see it without a list. */
function kindOf(notation: VerdictNotation): Kind {
  const [prefix, path, , policy] = notation.split('|');
  if (prefix === 'Q') return { type: 'squatting', group: 'origin' };
  if (path === '0') return { type: prefix === 'S' ? 'subprefix-hijack' : 'origin-hijack', group: 'origin' };
  if (path === '1') return { type: 'forged-origin', group: 'path' };
  if (path === 'P') return { type: 'forged-path', group: 'path' };
  return policy === 'L'
    ? { type: 'route-leak', group: 'leak' }
    : { type: 'unexpected-subprefix', group: 'watch' };
}

function emitVerdict({ verdict }: Judged, event: RouteEvent, context: Context): void {
  const { notation, hijacker, rule } = verdict;
  const origin = verdict.path.at(-1) ?? 0;
  const isForeign = notation[2] === '0';
  // Its holder signed for this origin: a list that does not name it is behind the times.
  if (
    isForeign &&
    context.knowledge.rov?.(context.facts.prefixes.text(event.prefix), origin).state === 'valid'
  )
    return;
  emitNotation(
    notation,
    hijacker,
    isForeign ? firstAsn(rule.origins) : origin,
    rule.label || rule.at,
    event.prefix,
    false,
    context,
  );
}

function emitNotation(
  notation: VerdictNotation,
  hijacker: number,
  victim: number,
  label: string,
  prefix: number,
  isElsewhere: boolean,
  { emit, facts }: Context,
): void {
  const { type, group } = kindOf(notation);
  const culprit = Math.max(0, hijacker);
  emit({
    type,
    group,
    prefix,
    culprit,
    victim,
    ...(group === 'path' ? { subject: `${culprit}-${victim}` } : {}),
    ...(group === 'watch' ? { subject: `${notation} ${facts.prefixes.text(prefix)}` } : {}),
    ...(isElsewhere ? { isElsewhere } : {}),
    tags: [group === 'watch' ? ASKED : LISTED],
    cover: notation.startsWith('S') ? facts.prefixes.covering(prefix, () => true) : -1,
    detail: { artemis: notation, watch: label },
  });
}

/** What the monitors of origin and more-specifics find is told as a verdict. */
const FINDING_KINDS: Readonly<Partial<Record<Monitor, Kind>>> = {
  path: { type: 'path-rule', group: 'watch' },
  neighbors: { type: 'new-neighbor', group: 'watch' },
  asn: { type: 'unexpected-origination', group: 'watch' },
  rpki: { type: 'rpki-invalid', group: 'watch' },
};

function emitFinding(finding: Finding, event: RouteEvent, { emit }: Context): void {
  const kind = FINDING_KINDS[finding.monitor];
  if (!kind) return;
  emit({
    ...kind,
    prefix: event.prefix,
    culprit: finding.culprit,
    victim: finding.victim,
    subject: `${finding.monitor} ${finding.id}`,
    tags: [finding.monitor === 'rpki' || finding.monitor === 'path' ? LISTED : ASKED],
    detail: { watch: finding.label || finding.affected, monitor: finding.monitor, finding: finding.summary },
  });
}

/** What a baseline showed to be wrong, and still is. */
function tellEarlier(state: State, context: Context): void {
  state.hasUntold = false;
  for (const record of context.knowledge.watch!.book.open()) {
    const prefix = prefixOf(record, context);
    if (prefix === -1) continue;
    const origin = record.path.at(-1) ?? 0;
    const victim = record.notation[2] === '0' ? record.owner : origin;
    emitNotation(
      record.notation,
      record.hijacker,
      victim,
      record.label || record.configured,
      prefix,
      true,
      context,
    );
  }
}

function prefixOf(record: VerdictRecord, { facts }: Context): number {
  const { isV6, bits, words } = parsePrefix(record.prefix);
  return facts.prefixes.findKey(((isV6 ? TABLE.ipv6 : TABLE.ipv4) << 8) | bits, ...words);
}

function keyOf({ prefix }: RouteEvent, { facts: { prefixes } }: Context): PrefixKey {
  return {
    isV6: prefixes.table(prefix) === TABLE.ipv6,
    bits: prefixes.bits(prefix),
    words: [
      prefixes.word(prefix, 0),
      prefixes.word(prefix, 1),
      prefixes.word(prefix, 2),
      prefixes.word(prefix, 3),
    ],
  };
}
