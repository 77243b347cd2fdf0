import { DetectionEngine, RIB_OPTIONS } from '#core/detect/engine.ts';
import type { ElemBatch } from '#core/elem/batch.ts';
import type { Incident } from '#core/incident/incident.ts';
import { Rib } from '#core/rib/rib.ts';
import type { KeptIncidentRow } from '../lib/store/history/incident-sql.ts';

const RIB_BYTES = 96 * 1024 * 1024;
const MAX_INCIDENTS = 5000;

/** The detectors over a recording while it is taken in: its incidents as they stood last. */
export class IncidentFinder {
  readonly #rib = new Rib({ ...RIB_OPTIONS, budgetBytes: RIB_BYTES });
  readonly #engine = new DetectionEngine(this.#rib, {});
  readonly #found = new Map<string, Incident>();

  step(batch: ElemBatch): void {
    this.#engine.step(batch, this.#rib.step(batch));
    this.#collect();
  }

  #collect(): void {
    for (const { incident } of this.#engine.transitions()) {
      if (this.#found.has(incident.id) || this.#found.size < MAX_INCIDENTS)
        this.#found.set(incident.id, incident);
    }
  }

  /** Those found, open ones as they are now. */
  take(): KeptIncidentRow[] {
    this.#collect();
    for (const incident of this.#engine.incidents()) {
      if (this.#found.has(incident.id)) this.#found.set(incident.id, incident);
    }
    return [...this.#found.values()].map((incident) => ({
      ...incident,
      peerAsns: incident.peerAsns.length,
      summary: incident.evidence.summary,
    }));
  }
}
