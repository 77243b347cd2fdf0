import type { Context, RouteEvent, Signal } from '../detect/detector.ts';
import { VOLUME_GROUPS } from '../detect/volume-anomaly.ts';
import { PREFIX_FLAG } from '../origin/known-prefixes.ts';
import { baselineOf, clearSuspicion } from './baseline.ts';
import type { Case } from './case.ts';
import { createCase, figuresOf, peerCount, shareGone } from './case.ts';
import { classify } from './classify.ts';
import type { CollectorOf } from './gather.ts';
import { countEarlier, gather, show } from './gather.ts';
import type { Incident } from './incident.ts';
import type { Transition } from './journal.ts';
import { Journal } from './journal.ts';
import { Memory } from './memory.ts';
import { NearMisses } from './near-misses.ts';
import { notesModels, scoreCase, sumOf } from './score.ts';
import type { Sighting } from './sighting.ts';
import { snapshotOf } from './snapshot.ts';
import { WatchIndex } from './watch-index.ts';

export interface BookStats {
  /** Cases held: open incidents and candidates. */
  readonly cases: number;
  readonly open: number;
  /** Not raised yet: seen by one peer ASN only. */
  readonly candidates: number;
  readonly opened: number;
  readonly closed: number;
  /** Candidates, incidents and unread steps let go for want of room. */
  readonly dropped: number;
  readonly nearMisses: number;
}

/**
 * Joins signals into cases, watches who holds the routes they are about, scores them, and sees them through: candidate
 * (one peer ASN), ongoing, dormant, withdrawn, resolved. Bounded; when full the oldest candidate goes, then the incident
 * longest without news.
 */
export class IncidentBook {
  readonly nearMisses: NearMisses;
  readonly memory: Memory;
  readonly #context: Context;
  readonly #collectorOf: CollectorOf;
  readonly #cases = new Map<string, Case>();
  readonly #watches: WatchIndex;
  readonly #journal: Journal;
  #dropped = 0;

  constructor(context: Context, collectorOf: CollectorOf) {
    this.#context = context;
    this.#collectorOf = collectorOf;
    this.#watches = new WatchIndex(context.facts.prefixes);
    this.#journal = new Journal(context);
    this.memory = new Memory(context.params);
    this.nearMisses = new NearMisses(context.params.maxNearMisses);
  }

  isCulprit(asn: number): boolean {
    return this.#journal.isCulprit(asn);
  }

  /** Whether the supposed victim is raised as the culprit of the same against the supposed culprit. */
  isReversed(culprit: number, victim: number): boolean {
    const other = this.#cases.get(`origin|${victim}|${culprit}|`);
    return other !== undefined && other.alertedAtUs !== null;
  }

  /** How many incidents that move many routes began at `sinceUs` or later, open or lately over. */
  volumeIncidents(sinceUs: number): number {
    return this.#journal.countOf(VOLUME_GROUPS, sinceUs);
  }

  stats(): BookStats {
    let open = 0;
    let candidates = 0;
    for (const found of this.#cases.values()) {
      if (found.alertedAtUs !== null) open++;
      else if (!found.isTentative) candidates++;
    }
    return {
      cases: this.#cases.size,
      open,
      candidates,
      opened: this.#journal.opened,
      closed: this.#journal.closed,
      dropped: this.#dropped + this.#journal.lost,
      nearMisses: this.nearMisses.total,
    };
  }

  /** Transitions since the last call, in order. */
  take(): Transition[] {
    return this.#journal.take();
  }

  /** Every open incident as of now. */
  open(): Incident[] {
    return [...this.#cases.values()]
      .filter((found) => found.alertedAtUs !== null)
      .map((found) => snapshotOf(found, this.#context));
  }

  /** Open incidents that are not as they were at the last call: the one reader there may be follows them with this. */
  changed(): Incident[] {
    const changed: Incident[] = [];
    for (const found of this.#journal.raised) {
      const { state, type, told } = found;
      const figures = figuresOf(found);
      if (told?.figures === figures && told.state === state && told.type === type) continue;
      found.told = { state, type, figures };
      changed.push(snapshotOf(found, this.#context));
    }
    return changed;
  }

  /** Candidates, the newest first, at most `limit`: seen by one peer ASN only, or not judged yet. */
  candidates(limit: number): Incident[] {
    const list = [...this.#cases.values()].filter(
      (found) => found.alertedAtUs === null && !found.isTentative,
    );
    return list
      .slice(-limit)
      .reverse()
      .map((found) => snapshotOf(found, this.#context));
  }

  /** Take in what the detectors said about one elem, and what the elem did to routes already watched. */
  observe(event: RouteEvent, signals: readonly Signal[]): void {
    for (const signal of signals) this.#take(signal, event);
    if (event.prefix === -1) return;
    if (event.isNewOrigin && event.path) this.#noteAnswer(event, event.path.origin);
    const watches = this.#watches.of(event.prefix);
    if (watches.length === 0) return;
    const shown = signals.filter((signal) => !signal.isElsewhere).map(keyOf);
    for (const { found, sighting } of watches) {
      if (!shown.includes(found.key)) this.#leave(found, sighting, event.vantage, event.timeUs);
    }
  }

  /**
   * The victim begins to announce what was taken from it, or a more-specific of it: what operators do to win traffic back.
   */
  #noteAnswer(event: RouteEvent, origin: number): void {
    const { prefixes } = this.#context.facts;
    const cover = event.isNewPrefix
      ? prefixes.covering(event.prefix, (id) => (prefixes.flags(id) & PREFIX_FLAG.watched) !== 0)
      : event.prefix;
    for (const { found } of this.#watches.of(cover)) {
      if (found.group === 'origin' && found.victim === origin) found.stickyTags.set('victim-answers', 2);
    }
  }

  /** A route was let go without an elem of its own. */
  forget(prefix: number, vantage: number, timeUs: number): void {
    for (const { found, sighting } of this.#watches.of(prefix)) {
      this.#leave(found, sighting, vantage, timeUs);
    }
  }

  #take(signal: Signal, event: RouteEvent): void {
    const key = keyOf(signal);
    let found = this.#cases.get(key);
    if (signal.phase === 'close') {
      if (found) this.#end(found, event.timeUs, 'resolved');
      return;
    }
    if (!found) {
      this.#makeRoom();
      found = createCase(signal, key, event.timeUs, baselineOf(signal, event, this.#context));
      found.recurs = this.memory.isRecurrence(key, event.timeUs);
      this.#cases.set(key, found);
      if (signal.group === 'path') this.memory.notePath(signal.victim, event.timeUs);
    }
    const sighting = gather(found, signal, event, this.#context, this.#watches);
    if (sighting && signal.isElsewhere) countEarlier(found, sighting, this.#context);
    else if (sighting && event.path) show(found, sighting, event, this.#collectorOf);
    if (sighting && found.state !== 'ongoing' && !signal.isElsewhere) this.#resume(found);
    if (signal.subject === 'mass') this.memory.noteLeaker(signal.culprit, event.timeUs);
    if (found.isTentative) return;
    if (found.isCondition) return this.#openCondition(found, event.timeUs);
    this.#consider(found, event.timeUs);
  }

  #openCondition(found: Case, timeUs: number): void {
    this.#score(found, timeUs);
    if (found.alertedAtUs === null) this.#alert(found, timeUs);
  }

  /** Open, dismiss or leave a case as the candidate it is. */
  #consider(found: Case, timeUs: number): void {
    const peers = peerCount(found);
    if (peers < this.#context.params.minPeerAsns) return;
    if (found.alertedAtUs !== null && peers > 12 && peers % 8 !== 0) return;
    this.#score(found, timeUs);
    if (found.confidence <= 0) this.#dismiss(found, timeUs);
    else if (found.alertedAtUs === null) this.#alert(found, timeUs);
  }

  #score(found: Case, timeUs: number): void {
    found.tags = scoreCase(found, this.#context, timeUs / 1e6);
    found.confidence = sumOf(found.tags);
    const { type, culprits } = classify(found, this.#context);
    found.type = type;
    found.culprits = culprits;
  }

  #alert(found: Case, timeUs: number): void {
    found.alertedAtUs = timeUs;
    this.#journal.open(found);
  }

  /** The evidence says it is nothing. What was suspect may become established like anything else. */
  #dismiss(found: Case, timeUs: number): void {
    const least = found.tags.reduce((a, b) => (b.score < a.score ? b : a), { name: 'no-evidence', score: 0 });
    found.dismissedAs = least.name;
    this.#miss(found, timeUs, least.name);
    clearSuspicion(found, this.#context);
    if (found.alertedAtUs !== null) this.#end(found, timeUs, 'resolved');
    else this.#remove(found);
  }

  #miss(found: Case, timeUs: number, reason: string): void {
    this.nearMisses.add({
      timeUs,
      type: found.type,
      prefix: found.sightings.values().next().value?.text ?? '',
      culprit: found.culprit,
      victim: found.victim,
      peerAsns: peerCount(found),
      confidence: found.confidence,
      reason,
    });
  }

  #leave(found: Case, sighting: Sighting, vantage: number, timeUs: number): void {
    if (!sighting.leave(vantage, timeUs)) return;
    found.holding--;
    found.lastUs = Math.max(found.lastUs, timeUs);
    if (found.alertedAtUs === null) return;
    if (found.withdrawnAtUs === null && shareGone(found) >= this.#context.params.withdrawnShare) {
      found.withdrawnAtUs = timeUs;
      found.state = 'withdrawn';
      this.#score(found, timeUs);
      this.#journal.note('withdrawn', found);
    }
    if (found.holding === 0) found.endedAtUs = timeUs;
  }

  #resume(found: Case): void {
    if (found.state === 'withdrawn' && shareGone(found) >= this.#context.params.withdrawnShare) return;
    found.state = 'ongoing';
    found.withdrawnAtUs = null;
    found.endedAtUs = null;
    if (found.alertedAtUs !== null) this.#journal.note('ongoing', found);
  }

  /** Every ten seconds of data time: states that time changes, and once a minute what time has shown. */
  tick(timeUs: number): void {
    const isMinute = Math.floor(timeUs / 1e6) % 60 === 0;
    for (const found of [...this.#cases.values()]) {
      if (found.alertedAtUs === null) this.#tickCandidate(found, timeUs);
      else this.#tickOpen(found, timeUs, isMinute);
    }
  }

  #tickCandidate(found: Case, timeUs: number): void {
    const { fadeOffS, knownAfterS } = this.#context.params;
    const ageS = (timeUs - found.firstUs) / 1e6;
    if (found.isTentative) {
      if (ageS > 24 * knownAfterS) this.#remove(found);
      return;
    }
    if (ageS < fadeOffS) return;
    if (!found.isFadedOff) {
      found.isFadedOff = true;
      this.#score(found, timeUs);
      this.#miss(found, timeUs, 'one-peer-only');
    }
    if (found.holding === 0) this.#remove(found);
  }

  #tickOpen(found: Case, timeUs: number, isMinute: boolean): void {
    const { params } = this.#context;
    if (isMinute && notesModels(found, this.#context)) this.#score(found, timeUs);
    if (found.state === 'withdrawn') {
      const quietS = (timeUs - Math.max(found.withdrawnAtUs ?? 0, found.endedAtUs ?? 0)) / 1e6;
      if (quietS >= params.resolveAfterS) this.#end(found, found.endedAtUs ?? found.lastUs, 'resolved');
      return;
    }
    if (found.isCondition) return;
    if (found.state === 'ongoing' && timeUs - found.lastUs >= params.dormantAfterS * 1e6) {
      found.state = 'dormant';
      this.#journal.note('dormant', found);
    }
    if (!isMinute || found.state !== 'ongoing') return;
    this.#score(found, timeUs);
    if (found.confidence <= 0) this.#dismiss(found, timeUs);
  }

  #end(found: Case, timeUs: number, state: 'resolved'): void {
    found.state = state;
    found.endedAtUs = timeUs;
    if (found.alertedAtUs !== null) {
      this.memory.noteEnd(found.key, timeUs);
      this.#journal.note(state, found);
    }
    this.#remove(found);
  }

  #remove(found: Case): void {
    this.#cases.delete(found.key);
    if (found.alertedAtUs !== null) this.#journal.forget(found);
    this.#watches.removeAll(found);
  }

  #makeRoom(): void {
    const { maxIncidents, maxSightings } = this.#context.params;
    if (this.#cases.size < maxIncidents && this.#watches.length < maxSightings) return;
    let oldest: Case | null = null;
    for (const found of this.#cases.values()) {
      if (found.alertedAtUs === null) {
        oldest = found;
        break;
      }
      if (!oldest || found.lastUs < oldest.lastUs) oldest = found;
    }
    if (!oldest) return;
    this.#dropped++;
    if (oldest.alertedAtUs !== null) this.#end(oldest, oldest.lastUs, 'resolved');
    else this.#remove(oldest);
  }
}

function keyOf(signal: Signal): string {
  return `${signal.group}|${signal.culprit}|${signal.victim}|${signal.subject ?? ''}`;
}
