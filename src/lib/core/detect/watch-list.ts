import { ORIGIN_FLAG } from '../origin/origins.ts';
import type { PrefixKey } from '../prefix/prefix.ts';
import { parsePrefix } from '../prefix/prefix.ts';
import { PEER_STATE, TABLE } from '../elem/batch.ts';
import type { Finding, WatchAlert } from '../watch/alert-desk.ts';
import { firstAsn } from '../watch/asn-set.ts';
import type { VerdictNotation } from '../watch/verdict.ts';
import type { VerdictRecord } from '../watch/verdict-record.ts';
import type { Judged } from '../watch/verdict-book.ts';
import { keyOf as verdictKey } from '../watch/verdict-book.ts';
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
  /** Open verdicts that were told, by their key, with a signal of each. */
  readonly told: Map<string, Signal>;
  /** Of the book of verdicts, when it was last looked through. */
  version: number;
  /** Withdrawn prefixes that were told, with their signals: closed when they are back. */
  readonly lost: Map<number, Signal>;
  /** Changes of ROAs that were told, and until when they stand. */
  readonly roas: { readonly signal: Signal; readonly untilUs: number }[];
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
  init: () => ({ told: new Map(), version: 0, lost: new Map(), roas: [] }),
  step(state, event, context) {
    const watch = context.knowledge.watch!;
    if (event.kind === EVENT.announce) return announce(state, event, context);
    if (event.kind === EVENT.withdraw) return withdraw(state, event, context);
    if (event.kind === EVENT.tick) {
      watch.tick(event.timeUs);
      tellRoas(state, event, context);
      if (!context.facts.isBaseline && watch.book.version !== state.version) compareBook(state, context);
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
  if (facts.isBaseline) return;
  for (const one of judged) emitVerdict(state, one, event, context);
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

/** A change of ROAs is over as soon as it is seen; it stands for as long as a withdrawn incident would. */
function tellRoas(state: State, { timeUs }: RouteEvent, { knowledge, params, emit, facts }: Context): void {
  const { roas } = state;
  while (roas.length > 0 && roas[0]!.untilUs <= timeUs) emit({ ...roas.shift()!.signal, phase: 'close' });
  if (facts.isBaseline) return;
  for (const alert of knowledge.watch!.takeRoaAlerts()) {
    const signal: Signal = {
      type: 'roa-change',
      group: 'watch',
      prefix: alert.prefix === '' ? -1 : knownPrefix(alert.prefix, facts),
      culprit: 0,
      victim: alert.victim,
      subject: alert.id,
      tags: [ASKED],
      phase: 'open',
      detail: { watch: alert.label || alert.affected, monitor: 'roa', finding: alert.summary },
    };
    if (roas.length < MAX_LOST) roas.push({ signal, untilUs: timeUs + params.resolveAfterS * 1e6 });
    emit(signal);
  }
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

function emitVerdict(state: State, { verdict }: Judged, event: RouteEvent, context: Context): void {
  const { rule, path } = verdict;
  const text = context.facts.prefixes.text(event.prefix);
  const signal = verdictSignal(
    { ...verdict, prefix: text, owner: firstAsn(rule.origins), label: rule.label || rule.at },
    event.prefix,
    context,
  );
  if (isSigned(verdict.notation, text, path, context)) return;
  state.told.set(verdictKey(text, verdict), signal);
  context.emit(signal);
}

/** The holder of the prefix signed for this origin: a list that does not name it is behind the times. */
function isSigned(
  notation: VerdictNotation,
  prefix: string,
  path: readonly number[],
  { knowledge }: Context,
): boolean {
  return notation[2] === '0' && knowledge.rov?.(prefix, path.at(-1) ?? 0).state === 'valid';
}

type Told = Pick<VerdictRecord, 'notation' | 'hijacker' | 'owner' | 'label' | 'prefix' | 'path'>;

function verdictSignal(
  { notation, hijacker, owner, label, prefix, path }: Told,
  id: number,
  context: Context,
): Signal {
  const { type, group } = kindOf(notation);
  const culprit = Math.max(0, hijacker);
  const victim = notation[2] === '0' ? owner : (path.at(-1) ?? 0);
  return {
    type,
    group,
    prefix: id,
    culprit,
    victim,
    ...(group === 'path' ? { subject: `${culprit}-${victim}` } : {}),
    ...(group === 'watch' ? { subject: `${notation} ${prefix}` } : {}),
    tags: [group === 'watch' ? ASKED : LISTED],
    cover: notation.startsWith('S') ? context.facts.prefixes.covering(id, () => true) : -1,
    detail: { artemis: notation, watch: label },
  };
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

/**
 * Tell what is in the book and was not told: it stood in a baseline, or a new list found it. Close what a new list made
 * right, unless the same incident has other verdicts left.
 */
function compareBook(state: State, context: Context): void {
  const { book } = context.knowledge.watch!;
  state.version = book.version;
  const open = new Set<string>();
  for (const record of book.open()) {
    const key = verdictKey(record.prefix, record);
    open.add(key);
    const prefix = state.told.has(key) ? -1 : prefixOf(record, context);
    if (prefix === -1 || isSigned(record.notation, record.prefix, record.path, context)) continue;
    const signal = verdictSignal({ ...record, label: record.label || record.configured }, prefix, context);
    state.told.set(key, signal);
    context.emit({ ...signal, isElsewhere: true });
  }
  const outdated = new Set<string>();
  for (const { state: ended, ...record } of book.closed()) {
    if (ended === 'outdated') outdated.add(verdictKey(record.prefix, record));
  }
  for (const [key, signal] of state.told) {
    if (open.has(key)) continue;
    state.told.delete(key);
    if (!outdated.has(key)) continue;
    const isSame = (other: Signal): boolean =>
      other.group === signal.group &&
      other.culprit === signal.culprit &&
      other.victim === signal.victim &&
      other.subject === signal.subject;
    if (![...state.told.values()].some(isSame)) context.emit({ ...signal, phase: 'close' });
  }
}

function prefixOf(record: VerdictRecord, { facts }: Context): number {
  return knownPrefix(record.prefix, facts);
}

/** -1 when no route for it was ever seen. */
function knownPrefix(prefix: string, facts: Context['facts']): number {
  const { isV6, bits, words } = parsePrefix(prefix);
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
