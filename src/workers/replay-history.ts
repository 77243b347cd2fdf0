import type { Incident, IncidentState } from '#core/incident/incident.ts';
import { firstWhere } from '#core/replay/recording.ts';
import type { IncidentRecord, SampleRoute, TimelineEntry } from './api.ts';

/** An incident as it stood from a moment on. */
interface Version {
  readonly timeUs: number;
  readonly incident: Incident;
}

/** Everything that became of one incident. */
interface Life {
  readonly versions: Version[];
  readonly timeline: TimelineEntry[];
  /** What its routes looked like, at the times somebody looked. */
  readonly looks: { readonly timeUs: number; readonly samples: readonly SampleRoute[] }[];
}

/** Figures about all of them that no single one tells. */
export interface Census {
  readonly candidates: number;
  readonly nearMisses: number;
  /** Cases that found no room, in the engine or here. */
  readonly dropped: number;
  /** Sample routes that incidents had more of than are kept. */
  readonly samplesLeftOut: number;
  readonly hasBaseline: boolean;
  readonly silent: readonly string[];
}

export interface HistoryLimits {
  readonly incidents: number;
  /** All of them together: from here on an incident has one version an hour. */
  readonly versions: number;
  /** Steps in the life of one incident. */
  readonly steps: number;
}

export const HISTORY_LIMITS: HistoryLimits = { incidents: 5000, versions: 40_000, steps: 200 };

/** Least time between two versions of an incident that has so many already, microseconds. */
const SPACING = [
  { versions: 32, us: 0 },
  { versions: 64, us: 10e6 },
  { versions: 96, us: 60e6 },
  { versions: 160, us: 600e6 },
] as const;
const WIDEST_US = 3600e6;

const NO_CENSUS: Census = {
  candidates: 0,
  nearMisses: 0,
  dropped: 0,
  samplesLeftOut: 0,
  hasBaseline: false,
  silent: [],
};

/**
 * What an analysis found, with the time it was found: incidents can be asked for as they stood at any moment. Bounded: the more
 * versions an incident has, the further apart the next ones are (steps in its life apart), and incidents beyond the limit are
 * not taken in. Nothing that was said of a moment is ever changed afterwards.
 */
export class IncidentHistory {
  readonly #limits: HistoryLimits;
  readonly #lives = new Map<string, Life>();
  readonly #censuses: { readonly timeUs: number; readonly census: Census }[] = [];
  /** When something changed, in order. */
  readonly #changes: number[] = [];
  /** Incidents that changed too soon after their last version: as they are now. */
  readonly #pending = new Map<Life, Incident>();
  #versions = 0;
  /** Versions left out, and incidents not taken in. */
  skipped = 0;
  refused = 0;

  constructor(limits: HistoryLimits = HISTORY_LIMITS) {
    this.#limits = limits;
  }

  /** The incident is so from `timeUs` on, which never goes back. @param change the step in its life that made it so. */
  note(timeUs: number, incident: Incident, change: 'opened' | IncidentState | null): void {
    const life = this.#lives.get(incident.id) ?? this.#begin(incident.id);
    if (!life) return;
    if (change === null && timeUs < this.#dueUs(life)) {
      if (this.#pending.has(life)) this.skipped++;
      this.#pending.set(life, incident);
      return;
    }
    this.#keep(life, timeUs, incident);
    if (change === null || life.timeline.length >= this.#limits.steps) return;
    const { confidence, prefixCount, type, peerAsns } = incident;
    life.timeline.push({ timeUs, change, confidence, prefixCount, type, peerAsns: peerAsns.length });
  }

  #begin(id: string): Life | null {
    if (this.#lives.size >= this.#limits.incidents) {
      this.refused++;
      return null;
    }
    const life: Life = { versions: [], timeline: [], looks: [] };
    this.#lives.set(id, life);
    return life;
  }

  /** When the incident may have its next version. */
  #dueUs({ versions }: Life): number {
    const last = versions.at(-1)?.timeUs ?? -Infinity;
    const isFull = this.#versions >= this.#limits.versions;
    const spacing = isFull ? undefined : SPACING.find(({ versions: below }) => versions.length < below);
    return last + (spacing?.us ?? WIDEST_US);
  }

  #keep(life: Life, timeUs: number, incident: Incident): void {
    this.#pending.delete(life);
    this.#changed(timeUs);
    const last = life.versions.at(-1);
    const version = { timeUs, incident: shared(incident, last?.incident) };
    if (last?.timeUs === timeUs) {
      life.versions[life.versions.length - 1] = version;
    } else {
      life.versions.push(version);
      this.#versions++;
    }
  }

  /** Note the changes that had to wait and whose time has come; at the end, `isOver`, all of them. */
  settle(timeUs: number, isOver = false): void {
    for (const [life, incident] of this.#pending) {
      if (isOver || timeUs >= this.#dueUs(life)) this.#keep(life, timeUs, incident);
    }
  }

  /** How the incident's routes looked at a moment. */
  setSamples(timeUs: number, id: string, samples: readonly SampleRoute[]): void {
    this.#lives.get(id)?.looks.push({ timeUs, samples });
    this.#changed(timeUs);
  }

  setCensus(timeUs: number, census: Census): void {
    const last = this.#censuses.at(-1)?.census;
    if (last && isSameCensus(last, census)) return;
    this.#censuses.push({ timeUs, census });
    this.#changed(timeUs);
  }

  #changed(timeUs: number): void {
    if (this.#changes.at(-1) !== timeUs) this.#changes.push(timeUs);
  }

  /** Moments up to this one at which something changed: equal numbers, equal answers. */
  versionAt(timeUs: number): number {
    return firstWhere(this.#changes.length, (i) => this.#changes[i]! > timeUs);
  }

  censusAt(timeUs: number): Census {
    return newest(this.#censuses, timeUs)?.census ?? NO_CENSUS;
  }

  /** Incidents raised by a moment, as they stood then; in the order they were raised. */
  at(timeUs: number): Incident[] {
    const incidents: Incident[] = [];
    for (const { versions } of this.#lives.values()) {
      if (versions[0]!.timeUs > timeUs) continue;
      incidents.push(newest(versions, timeUs)!.incident);
    }
    return incidents;
  }

  /** One incident as it stood at a moment; null when it had not been raised. */
  recordAt(id: string, timeUs: number): IncidentRecord | null {
    const life = this.#lives.get(id);
    const version = life && newest(life.versions, timeUs);
    if (!life || !version) return null;
    return {
      incident: version.incident,
      timeline: life.timeline.filter((entry) => entry.timeUs <= timeUs),
      timelineDropped: 0,
      samples: newest(life.looks, timeUs)?.samples ?? [],
    };
  }

  /** When incidents were raised, in order. */
  openings(): number[] {
    return [...this.#lives.values()].map(({ versions }) => versions[0]!.timeUs).sort((a, b) => a - b);
  }
}

/** The last of entries in order of time that is not after a moment. */
function newest<T extends { readonly timeUs: number }>(entries: readonly T[], timeUs: number): T | undefined {
  return entries[firstWhere(entries.length, (i) => entries[i]!.timeUs > timeUs) - 1];
}

function isSameCensus(a: Census, b: Census): boolean {
  return (
    a.candidates === b.candidates &&
    a.nearMisses === b.nearMisses &&
    a.dropped === b.dropped &&
    a.samplesLeftOut === b.samplesLeftOut &&
    a.hasBaseline === b.hasBaseline &&
    a.silent.length === b.silent.length
  );
}

/** The incident with the lists of the version before where they are equal: most versions differ in little. */
function shared(incident: Incident, before: Incident | undefined): Incident {
  if (!before) return incident;
  const { prefixes, peerAsns, tags } = before;
  return {
    ...incident,
    prefixes: isEqual(prefixes, incident.prefixes) ? prefixes : incident.prefixes,
    peerAsns: isEqual(peerAsns, incident.peerAsns) ? peerAsns : incident.peerAsns,
    tags: isEqual(tags, incident.tags) ? tags : incident.tags,
  };
}

function isEqual<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
