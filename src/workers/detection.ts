import { DetectionEngine } from '#core/detect/engine.ts';
import type { Knowledge } from '#core/detect/knowledge.ts';
import { DEFAULT_PARAMS } from '#core/detect/params.ts';
import type { VolumeChange } from '#core/detect/volume-alarms.ts';
import { VolumeAlarms } from '#core/detect/volume-alarms.ts';
import type { ElemBatch } from '#core/elem/batch.ts';
import type { Incident, Level } from '#core/incident/incident.ts';
import type { Rib, StepResult } from '#core/rib/rib.ts';
import type { WatchList } from '#core/watch/watch-list.ts';
import type {
  IncidentDetail,
  IncidentList,
  IncidentQuery,
  IncidentRecord,
  IncidentRow,
  IncidentSummary,
  NearMissList,
  SampleRoute,
  UserMark,
} from './api.ts';
import { byActivity, compileQuery, incidentRow, pickRows } from './incident-rows.ts';
import { Ledger } from './ledger.ts';
import type { RpkiStatus } from './rpki-state.ts';
import { routesBefore, withRoutesNow } from './samples.ts';
import { StepTimes } from './step-times.ts';
import { WatchState } from './watch-state.ts';

const MAX_ACTIVE = 50;
const MAX_CANDIDATES = 500;
/** Data time between two looks at what open incidents have become, microseconds. */
const REFRESH_US = 10e6;
/** And this many times as long as the last look took, so that it is a small share of the work. */
const REFRESH_SHARE = 50;
/** Looks at the routes of an incident after it opened, seconds of data time; those of closed ones are past. */
const SAMPLE_AFTER_S = [0, 30, 120, 600, 3600] as const;
/** Incidents whose routes are looked at in one go; the others have their turn at the next. */
const MAX_SAMPLED = 20;

const UNKNOWN = { state: 'unknown', vrps: [] } as const;

/** What the user and earlier visits know of incidents. */
export interface Memory {
  mark(id: string): UserMark | null;
  /** Incidents of earlier visits and passes. */
  earlier(): readonly IncidentRecord[];
  get(id: string): IncidentRecord | null;
  /** Keep an incident that is over. */
  keep(record: IncidentRecord): void;
}

/** Detectors, and what became of the incidents they found, for the stream being watched. */
export class Detection {
  readonly #rib: Rib;
  readonly #rpki: RpkiStatus;
  readonly #memory: Memory;
  readonly #ledger = new Ledger();
  readonly #watch: WatchState;
  /** What the models say; asked only once they have said something. */
  readonly #volume = new VolumeAlarms();
  /** Samples taken so far, by incident; only of open ones. */
  readonly #sampled = new Map<string, number>();
  readonly #stepTimes = new StepTimes();
  #samplesLeftOut = 0;
  #engine: DetectionEngine;
  #refreshedUs = -Infinity;
  #refreshAtMs = -Infinity;
  #nowUs = -Infinity;
  #version = 0;
  #summary: { readonly of: string; readonly summary: IncidentSummary } | null = null;

  constructor(rib: Rib, rpki: RpkiStatus, memory: Memory) {
    this.#rib = rib;
    this.#rpki = rpki;
    this.#memory = memory;
    this.#watch = new WatchState((prefix, origin) => rpki.knowledge().rov?.(prefix, origin) ?? UNKNOWN);
    this.#engine = new DetectionEngine(rib, { knowledge: this.#knowledge() });
  }

  get engine(): DetectionEngine {
    return this.#engine;
  }

  #knowledge(): Knowledge {
    const { watcher } = this.#watch;
    return {
      ...this.#rpki.knowledge(),
      ...(watcher && { watch: watcher }),
      ...(this.#volume.scored > 0 && { volume: this.#volume }),
    };
  }

  /** The models said something. @param scored streams that are scored */
  takeAlarms(changes: readonly VolumeChange[], scored: number): void {
    const wasAsked = this.#volume.scored > 0;
    this.#volume.take(changes, scored);
    if (wasAsked !== scored > 0) this.#engine.setKnowledge(this.#knowledge());
  }

  /** Put a watch list in force, or none. */
  setWatchList(list: WatchList | null): void {
    this.#watch.set(list, this.#rib, this.#engine.facts, this.#nowUs);
    this.#watch.stepRpki(this.#rpki);
    this.#engine.setKnowledge(this.#knowledge());
  }

  /** Forget the stream; what is kept from earlier stays. */
  clear(): void {
    this.#rpki.clear();
    this.#watch.clear();
    this.#volume.clear();
    this.#watch.stepRpki(this.#rpki);
    this.#engine = new DetectionEngine(this.#rib, { knowledge: this.#knowledge() });
    this.#ledger.clear();
    this.#sampled.clear();
    this.#stepTimes.clear();
    this.#refreshedUs = this.#nowUs = -Infinity;
  }

  /** RPKI data came, went or changed. */
  rpkiChanged(): void {
    this.#watch.stepRpki(this.#rpki);
    this.#engine.setKnowledge(this.#knowledge());
  }

  /** Something in the memory changed: marks, or incidents of earlier. */
  memoryChanged(): void {
    this.#version++;
  }

  /** Take in a batch and what the state made of it. @param nowUs the data clock after it. */
  step(batch: ElemBatch, result: StepResult, nowUs: number): void {
    this.#nowUs = nowUs;
    if (this.#rpki.advance(this.#nowUs)) this.rpkiChanged();
    this.#rpki.judge(batch);
    this.#engine.step(batch, result);
    for (const transition of this.#engine.transitions()) {
      const { id } = transition.incident;
      this.#ledger.take(transition);
      if (transition.change === 'resolved') {
        this.#sampled.delete(id);
        this.#memory.keep(this.#ledger.get(id)!);
      } else if (transition.change === 'opened') {
        this.#sampled.set(id, 0);
      }
    }
    this.#sample();
    this.#stepTimes.note(this.#rib.steps, this.#engine.nowUs);
  }

  /** Look at the routes of open incidents whose turn it is. */
  #sample(): void {
    let left = MAX_SAMPLED;
    for (const [id, taken] of this.#sampled) {
      const record = this.#ledger.get(id);
      const dueS = SAMPLE_AFTER_S[taken];
      if (!record || dueS === undefined) {
        this.#sampled.delete(id);
        continue;
      }
      if (this.#nowUs - record.incident.alertedAtUs < dueS * 1e6) continue;
      this.#ledger.setSamples(id, this.#look(record, taken === 0));
      this.#sampled.set(id, taken + 1);
      if (--left === 0) return;
    }
  }

  /** What is known of an incident's routes, brought up to date. @param isFirst those of before are not known yet. */
  #look({ incident, samples }: IncidentRecord, isFirst: boolean): readonly SampleRoute[] {
    const held = { rib: this.#rib, rpki: this.#rpki };
    const before = isFirst
      ? routesBefore(incident, this.#stepTimes.before(incident.firstSeenUs), held)
      : { samples, leftOut: 0 };
    const all = withRoutesNow(incident, before.samples, this.#nowUs, held);
    if (isFirst) this.#samplesLeftOut += before.leftOut + all.leftOut;
    return all.samples;
  }

  /** Bring open incidents up to date, at most every ten seconds of data. */
  #refresh(isForced = false): void {
    if (this.#nowUs === this.#refreshedUs) return;
    const startMs = performance.now();
    if (!isForced && (this.#nowUs - this.#refreshedUs < REFRESH_US || startMs < this.#refreshAtMs)) return;
    this.#refreshedUs = this.#nowUs;
    for (const incident of this.#engine.incidents()) this.#ledger.update(incident);
    this.#version++;
    const endMs = performance.now();
    this.#refreshAtMs = endMs + (endMs - startMs) * REFRESH_SHARE;
  }

  get version(): number {
    return this.#ledger.version + this.#version;
  }

  summary(): IncidentSummary {
    this.#refresh();
    const stats = this.#engine.stats();
    const of = `${this.version}|${stats.candidates}|${stats.nearMisses}|${Math.floor(stats.warmS / 60)}`;
    if (this.#summary?.of === of) return this.#summary.summary;
    const countByLevel: Record<Level, number> = { low: 0, medium: 0, high: 0 };
    const open: Incident[] = [];
    for (const { incident } of this.#ledger.values()) {
      if (incident.state === 'resolved') continue;
      countByLevel[incident.level]++;
      open.push(incident);
    }
    const summary: IncidentSummary = {
      version: this.version,
      countByState: { ...this.#ledger.countByState },
      countByLevel,
      lowVisibility: stats.candidates,
      nearMisses: stats.nearMisses,
      active: open
        .sort(byActivity)
        .slice(0, MAX_ACTIVE)
        .map((incident) => this.#row(incident)),
      dropped: stats.dropped + this.#ledger.dropped,
      samplesLeftOut: this.#samplesLeftOut,
      warmS: stats.warmS,
      isWarm: stats.baselineOrigins > 0 || stats.warmS >= DEFAULT_PARAMS.knownAfterS,
      silentDetectors: stats.silent,
    };
    this.#summary = { of, summary };
    return summary;
  }

  #row(incident: Incident, flags: { isLowVisibility?: boolean; isEarlier?: boolean } = {}): IncidentRow {
    return incidentRow(incident, { ...flags, mark: this.#memory.mark(incident.id) });
  }

  /** @see PipelineApi.incidents */
  incidents(query: IncidentQuery): IncidentList {
    this.#refresh(true);
    const accepts = compileQuery(query);
    const rows: IncidentRow[] = [];
    for (const { incident } of this.#ledger.values()) if (accepts(incident)) rows.push(this.#row(incident));
    const low = this.#engine.candidates(MAX_CANDIDATES).filter(accepts);
    const earlier = this.#earlier().filter(({ incident }) => accepts(incident));
    if (query.lowVisibility) rows.push(...low.map((one) => this.#row(one, { isLowVisibility: true })));
    if (query.earlier) rows.push(...earlier.map(({ incident }) => this.#row(incident, { isEarlier: true })));
    return {
      version: this.version,
      rows: pickRows(rows, query),
      total: rows.length,
      hiddenLowVisibility: query.lowVisibility ? 0 : low.length,
      hiddenEarlier: query.earlier ? 0 : earlier.length,
    };
  }

  #earlier(): IncidentRecord[] {
    return this.#memory.earlier().filter(({ incident }) => !this.#ledger.get(incident.id));
  }

  /** Incidents of the stream that touch any of these prefixes or this AS, open ones first. */
  touching(accepts: (incident: Incident) => boolean, limit: number): IncidentRow[] {
    this.#refresh(true);
    const rows: IncidentRow[] = [];
    for (const { incident } of this.#ledger.values()) if (accepts(incident)) rows.push(this.#row(incident));
    return rows.sort(byActivity).slice(0, limit);
  }

  /** @see PipelineApi.incident */
  incident(id: string): IncidentDetail | null {
    this.#refresh(true);
    const now = this.#ledger.get(id);
    const candidate = now ? undefined : this.#engine.candidates(MAX_CANDIDATES).find((one) => one.id === id);
    const record = now ?? (candidate ? candidateRecord(candidate) : this.#memory.get(id));
    if (!record) return null;
    const isOpen = candidate !== undefined || (now !== undefined && record.incident.state !== 'resolved');
    const isFirst = candidate !== undefined || this.#sampled.get(id) === 0;
    const samples = isOpen ? this.#look(record, isFirst) : record.samples;
    if (now && isOpen) this.#ledger.setSamples(id, samples);
    if (now && isFirst) this.#sampled.set(id, 1);
    return {
      ...record,
      version: this.version,
      samples,
      isLowVisibility: candidate !== undefined,
      isEarlier: !now && !candidate,
      mark: this.#memory.mark(id),
      rpki: this.#rpki.summary(),
    };
  }

  /** @see PipelineApi.nearMisses */
  nearMisses(): NearMissList {
    const { list, countByReason } = this.#engine.nearMisses();
    const counts = [...countByReason].map(([reason, count]) => ({ reason, count }));
    counts.sort((a, b) => b.count - a.count);
    return { rows: list, total: this.#engine.stats().nearMisses, countByReason: counts };
  }
}

function candidateRecord(incident: Incident): IncidentRecord {
  return { incident, timeline: [], timelineDropped: 0, samples: [] };
}
