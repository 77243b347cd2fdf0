import type { Incident, IncidentState } from '#core/incident/incident.ts';
import type { Transition } from '#core/incident/journal.ts';
import type { IncidentRecord, SampleRoute } from './api.ts';

export const MAX_RECORDS = 2000;
const MAX_TIMELINE = 200;
/** Without news for so long an incident is dormant (`dormantAfterS`). */
const DORMANT_US = 86_400e6;

/**
 * Every incident of the stream being watched: open ones as last seen, closed ones as they ended. Bounded: when full, the
 * one that was resolved longest ago goes first, then the one that began longest ago.
 */
export class Ledger {
  readonly #records = new Map<string, IncidentRecord>();
  readonly #limit: number;
  readonly #countByState: Record<IncidentState, number> = {
    ongoing: 0,
    dormant: 0,
    withdrawn: 0,
    resolved: 0,
  };
  #dropped = 0;
  /** Grows with every change. */
  version = 0;

  constructor(limit = MAX_RECORDS) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#records.size;
  }

  get dropped(): number {
    return this.#dropped;
  }

  get countByState(): Readonly<Record<IncidentState, number>> {
    return this.#countByState;
  }

  /** A step in an incident's life. */
  take({ change, incident }: Transition): void {
    this.version++;
    const known = this.#records.get(incident.id);
    const timeUs = Math.max(timeOf(change, incident), known?.timeline.at(-1)?.timeUs ?? 0);
    const { confidence, prefixCount, type } = incident;
    const entry = { timeUs, change, confidence, prefixCount, type, peerAsns: incident.peerAsns.length };
    const timeline = [...(known?.timeline ?? []), entry];
    let timelineDropped = known?.timelineDropped ?? 0;
    if (timeline.length > MAX_TIMELINE) {
      timeline.splice(MAX_TIMELINE / 2, 1);
      timelineDropped++;
    }
    this.#put({ incident, timeline, timelineDropped, samples: known?.samples ?? [] });
  }

  /** An open incident as it is now. */
  update(incident: Incident): void {
    const known = this.#records.get(incident.id);
    if (known && known.incident.state !== 'resolved') this.#put({ ...known, incident });
  }

  setSamples(id: string, samples: readonly SampleRoute[]): void {
    const known = this.#records.get(id);
    if (known) this.#records.set(id, { ...known, samples });
  }

  #put(record: IncidentRecord): void {
    const { id, state } = record.incident;
    const known = this.#records.get(id);
    if (known) this.#countByState[known.incident.state]--;
    else if (this.#records.size >= this.#limit) this.#dropOldest();
    this.#countByState[state]++;
    // In the order of resolution: the first resolved one found is the one resolved longest ago.
    if (state === 'resolved') this.#records.delete(id);
    this.#records.set(id, record);
  }

  #dropOldest(): void {
    let victim: IncidentRecord | null = null;
    for (const record of this.#records.values()) {
      if (record.incident.state === 'resolved') {
        victim = record;
        break;
      }
      victim ??= record;
    }
    if (!victim) return;
    this.#records.delete(victim.incident.id);
    this.#countByState[victim.incident.state]--;
    this.#dropped++;
  }

  get(id: string): IncidentRecord | undefined {
    return this.#records.get(id);
  }

  values(): IterableIterator<IncidentRecord> {
    return this.#records.values();
  }

  clear(): void {
    this.#records.clear();
    for (const state of Object.keys(this.#countByState) as IncidentState[]) this.#countByState[state] = 0;
    this.version++;
  }
}

/** When a step happened, by the incident's own times. */
function timeOf(change: Transition['change'], incident: Incident): number {
  if (change === 'opened') return incident.alertedAtUs;
  if (change === 'dormant') return incident.lastSeenUs + DORMANT_US;
  return change === 'resolved' ? (incident.endedAtUs ?? incident.lastSeenUs) : incident.lastSeenUs;
}
