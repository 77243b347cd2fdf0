import type { ElemBatch } from '../elem/batch.ts';
import { ELEM_FLAG, KIND, NONE, TABLE } from '../elem/batch.ts';
import { IncidentBook } from '../incident/book.ts';
import type { Incident, NearMiss } from '../incident/incident.ts';
import type { BookStats } from '../incident/book.ts';
import type { Transition } from '../incident/journal.ts';
import { PREFIX_FLAG } from '../origin/known-prefixes.ts';
import { publicOriginOf } from '../origin/path-view.ts';
import { RoutingFacts } from '../origin/routing-facts.ts';
import { OUTCOME } from '../rib/outcome.ts';
import type { Rib, RibOptions, StepResult } from '../rib/rib.ts';
import { DROP_WORDS } from '../rib/rib.ts';
import type { BoundDetector, Context, Detector, RouteEvent, Signal } from './detector.ts';
import { bindDetector, EVENT, hasNeeds } from './detector.ts';
import { DETECTORS } from './detectors.ts';
import type { Knowledge } from './knowledge.ts';
import type { DetectParams } from './params.ts';
import { DEFAULT_PARAMS } from './params.ts';
import { blankEvent, setRoute } from './route-event.ts';
import { StreamClock } from './stream-clock.ts';
import { TransferWatch } from './transfer-watch.ts';

/** What `Rib` must be made with for the engine to follow it. */
export const RIB_OPTIONS = { trackDrops: true, originOf: publicOriginOf } as const satisfies RibOptions;

/** Data time between ticks, microseconds. */
const TICK_US = 10_000_000;

export interface EngineStats extends BookStats {
  readonly elems: number;
  readonly prefixes: number;
  readonly origins: number;
  readonly links: number;
  readonly bytes: number;
  /** Prefixes, origins and links not taken in for want of room. */
  readonly refused: number;
  readonly baselineOrigins: number;
  /** Elems too far ahead of the others to say what time it is; taken in as of now. */
  readonly doubtedElems: number;
  /** Seconds of stream and baseline taken in. */
  readonly warmS: number;
  /** Detectors that stay silent because what they need was not given. */
  readonly silent: readonly string[];
}

export interface EngineOptions {
  readonly knowledge?: Knowledge;
  readonly params?: Partial<DetectParams>;
  readonly detectors?: readonly Detector<unknown>[];
}

/**
 * The detection pipeline behind the routing state: shared facts, detectors, incidents. Step it with each batch and what
 * `Rib.step` (made with `RIB_OPTIONS`) said about it. Same elems, same incidents, however they are cut into batches.
 */
export class DetectionEngine {
  readonly facts: RoutingFacts;
  readonly #book: IncidentBook;
  readonly #context: { -readonly [K in keyof Context]: Context[K] };
  readonly #detectors: readonly Detector<unknown>[];
  readonly #bound = new Map<Detector<unknown>, BoundDetector>();
  #byEvent: readonly BoundDetector[][] = [];
  readonly #transfers: TransferWatch;
  readonly #clock = new StreamClock();
  readonly #signals: Signal[] = [];
  #silent: string[] = [];
  readonly #event: RouteEvent;
  #nowUs = -Infinity;
  #firstUs = Infinity;
  #nextTickUs = Infinity;
  #elems = 0;
  #isLearning = false;

  constructor(rib: Rib, options: EngineOptions = {}) {
    const params = { ...DEFAULT_PARAMS, ...options.params };
    const knowledge = options.knowledge ?? {};
    this.facts = new RoutingFacts(params);
    this.#transfers = new TransferWatch(params);
    this.#context = {
      facts: this.facts,
      knowledge,
      params,
      emit: (signal) => void this.#signals.push(signal),
      isCulprit: (asn) => this.#book.isCulprit(asn),
      isReversed: (culprit, victim) => this.#book.isReversed(culprit, victim),
      pathCases: (victim, timeUs) => this.#book.memory.pathCases(victim, timeUs),
      isLeaker: (asn, timeUs) => this.#book.memory.isLeaker(asn, timeUs),
      volumeIncidents: (sinceUs) => this.#book.volumeIncidents(sinceUs),
    };
    this.#book = new IncidentBook(this.#context, (vantage) => rib.vantages.name(vantage).collector);
    this.#detectors = options.detectors ?? DETECTORS;
    this.#bind();
    this.#event = blankEvent();
  }

  /**
   * Judge with this from now on. A detector whose needs are met for the first time begins with nothing learned; one whose
   * needs are not met any more pauses.
   */
  setKnowledge(knowledge: Knowledge): void {
    this.#context.knowledge = knowledge;
    this.#bind();
  }

  #bind(): void {
    const { knowledge, params } = this.#context;
    const byEvent: BoundDetector[][] = [[], [], [], []];
    this.#silent = [];
    for (const detector of this.#detectors) {
      if (!hasNeeds(detector, knowledge)) {
        this.#silent.push(detector.id);
        continue;
      }
      const bound = this.#bound.get(detector) ?? bindDetector(detector, params);
      this.#bound.set(detector, bound);
      for (const kind of detector.events) byEvent[kind]!.push(bound);
    }
    this.#byEvent = byEvent;
  }

  /**
   * Take in a batch as baseline: learned and believed, nothing reported. Table entries (`KIND.rib`) count as baseline
   * in `step` as well.
   */
  learn(batch: ElemBatch, result: StepResult): void {
    this.#isLearning = true;
    this.step(batch, result);
    this.#isLearning = false;
    this.facts.isBaseline = false;
  }

  step(batch: ElemBatch, result: StepResult): void {
    this.stepRange(batch, result, 0, batch.length);
  }

  /** Take in elems `from` to `to` of a batch, as `Rib.stepRange` did. */
  stepRange(batch: ElemBatch, result: StepResult, from: number, to: number): void {
    const { facts } = this;
    if (from === 0) facts.startBatch(batch);
    let drop = 0;
    for (let i = from; i < to; i++) {
      // A table's entries say what was there, whenever it was written down: they do not move the clock.
      if (batch.kind[i] !== KIND.rib)
        this.#advance(this.#clock.step(batch.timeUs[i]!, result.vantageIds[batch.vantage[i]!]!));
      while (drop < result.drops.length && result.drops[drop]! <= i) {
        const prefix = facts.dropRoute(result, drop, Math.max(0, Math.floor(this.#nowUs / 1e6)));
        if (prefix !== -1) this.#book.forget(prefix, result.drops[drop + 6]!, this.#nowUs);
        drop += DROP_WORDS;
      }
      const vantage = result.vantageIds[batch.vantage[i]!]!;
      if (vantage === NONE) continue;
      const kind = batch.kind[i]!;
      if (kind === KIND.state) this.#state(batch, i, vantage);
      else if (batch.flags[i]! & ELEM_FLAG.multicast || batch.prefixes.table[batch.prefix[i]!]! > TABLE.ipv6)
        continue;
      else if (kind === KIND.withdraw) this.#withdraw(batch, i, vantage, result);
      else this.#announce(batch, i, vantage, result);
    }
    this.#elems += to - from;
  }

  /** Data time moves on to what the clock says at the next elem; ticks fall where it passes a multiple of ten seconds. */
  #advance(timeUs: number): void {
    if (timeUs <= this.#nowUs) return;
    if (timeUs < this.#firstUs) {
      this.#firstUs = timeUs;
      this.facts.firstS = Math.floor(timeUs / 1e6);
      this.#nextTickUs = (Math.floor(timeUs / TICK_US) + 1) * TICK_US;
    }
    // Nothing happens in a long silence that one tick at its end does not settle, except day-long states.
    if (timeUs - this.#nextTickUs > 360 * TICK_US) {
      this.#tick(this.#nextTickUs);
      this.#nextTickUs = Math.floor(timeUs / (6 * TICK_US)) * 6 * TICK_US;
    }
    while (timeUs >= this.#nextTickUs) {
      this.#tick(this.#nextTickUs);
      this.#nextTickUs += TICK_US;
    }
    this.#nowUs = timeUs;
  }

  #tick(timeUs: number): void {
    const event = this.#event;
    this.#nowUs = Math.max(this.#nowUs, timeUs);
    setRoute(event, EVENT.tick, timeUs, OUTCOME.none, -1, -1, 0);
    this.#transfers.tick(timeUs);
    this.facts.isBaseline = this.#isLearning;
    this.#run(event);
    this.#book.tick(timeUs);
  }

  #state(batch: ElemBatch, i: number, vantage: number): void {
    const event = this.#event;
    setRoute(
      event,
      EVENT.state,
      this.#nowUs,
      OUTCOME.none,
      -1,
      vantage,
      batch.vantages.asn[batch.vantage[i]!]!,
    );
    event.state = batch.state[i]!;
    this.#transfers.state(vantage, batch.state[i]!, this.#nowUs);
    this.facts.isBaseline = this.#isLearning;
    this.#run(event);
  }

  #withdraw(batch: ElemBatch, i: number, vantage: number, result: StepResult): void {
    const outcome = result.outcomes[i]!;
    if (outcome !== OUTCOME.withdrawn) return;
    const { facts } = this;
    const prefix = facts.prefixId(batch.prefix[i]!);
    if (prefix === -1) return;
    facts.prefixes.addHeld(prefix, -1);
    facts.moveHolder(prefix, result.previousOrigins[i]!, 0, Math.max(0, Math.floor(this.#nowUs / 1e6)));
    facts.isBaseline = this.#isLearning;
    const event = this.#event;
    setRoute(
      event,
      EVENT.withdraw,
      this.#nowUs,
      outcome,
      prefix,
      vantage,
      batch.vantages.asn[batch.vantage[i]!]!,
    );
    event.isTransfer = this.#transfers.isTransfer(vantage);
    this.#run(event);
  }

  #announce(batch: ElemBatch, i: number, vantage: number, result: StepResult): void {
    const outcome = result.outcomes[i]!;
    const attrs = batch.attrs[i]!;
    if (outcome === OUTCOME.duplicate || attrs === NONE) return;
    const { facts } = this;
    const isTable = batch.kind[i] === KIND.rib;
    facts.isBaseline = this.#isLearning || isTable;
    const timeS = Math.max(0, Math.floor(this.#nowUs / 1e6));
    const knownPrefixes = facts.prefixes.length;
    const prefix = facts.ensurePrefix(batch.prefix[i]!, timeS);
    if (prefix === -1) return;
    const path = facts.path(attrs);
    const peerAsn = batch.vantages.asn[batch.vantage[i]!]! || (path.hops[0] ?? 0);
    facts.noteVantage(vantage, timeS);
    const event = this.#event;
    setRoute(event, EVENT.announce, this.#nowUs, outcome, prefix, vantage, peerAsn);
    event.links = facts.links(attrs, peerAsn, timeS);
    event.isNewPrefix = facts.prefixes.length !== knownPrefixes;
    event.originEntry = -1;
    event.isNewOrigin = false;
    if (path.origin !== 0) {
      const noted = facts.noteOrigin(prefix, path.origin, peerAsn, timeS);
      event.originEntry = noted.entry;
      event.isNewOrigin = noted.isNew;
    }
    if (outcome === OUTCOME.fresh) {
      facts.prefixes.addHeld(prefix, 1);
      facts.moveHolder(prefix, 0, path.origin, timeS);
    } else {
      facts.moveHolder(prefix, result.previousOrigins[i]!, path.origin, timeS);
    }
    event.path = path;
    event.batch = batch;
    event.attrs = attrs;
    event.isTransfer = isTable || this.#transfers.announce(vantage, outcome, this.#nowUs);
    this.#run(event);
    // After the detectors: they compare with what was usual before.
    if (event.originEntry !== -1) facts.origins.noteLength(event.originEntry, path.length);
  }

  #run(event: RouteEvent): void {
    const detectors = this.#byEvent[event.kind]!;
    const isLearning = this.facts.isBaseline;
    for (let at = 0; at < detectors.length; at++) {
      if (!isLearning || detectors[at]!.learns) detectors[at]!.step(event, this.#context);
    }
    if (isLearning) this.#signals.length = 0;
    const isWatched = event.prefix !== -1 && this.facts.prefixes.flags(event.prefix) & PREFIX_FLAG.watched;
    if (this.#signals.length === 0 && !isWatched && !(event.isNewOrigin && event.isNewPrefix)) return;
    this.#book.observe(event, this.#signals);
    this.#signals.length = 0;
  }

  /** The time it is in the data, Unix microseconds; no incident began later. -Infinity before the first elem. */
  get nowUs(): number {
    return this.#nowUs;
  }

  /** What happened to incidents since the last call. */
  transitions(): Transition[] {
    return this.#book.take();
  }

  /** Open incidents now. */
  incidents(): Incident[] {
    return this.#book.open();
  }

  /** Open incidents in which something has changed since the last call, newer news of the same apart. */
  changed(): Incident[] {
    return this.#book.changed();
  }

  /** What one peer ASN alone has shown, newest first, at most `limit`; their confidence is not summed yet. */
  candidates(limit: number): Incident[] {
    return this.#book.candidates(limit);
  }

  nearMisses(): { list: NearMiss[]; countByReason: ReadonlyMap<string, number> } {
    return { list: this.#book.nearMisses.list(), countByReason: this.#book.nearMisses.countByReason };
  }

  stats(): EngineStats {
    const { prefixes, origins, graph } = this.facts;
    return {
      ...this.#book.stats(),
      elems: this.#elems,
      prefixes: prefixes.length,
      origins: origins.length,
      links: graph.links,
      bytes: this.facts.bytes,
      refused: prefixes.refused + origins.refused + graph.refused,
      baselineOrigins: this.facts.baselineOrigins,
      doubtedElems: this.#clock.doubted,
      warmS: this.#firstUs === Infinity ? 0 : (this.#nowUs - this.#firstUs) / 1e6,
      silent: this.#silent,
    };
  }
}
