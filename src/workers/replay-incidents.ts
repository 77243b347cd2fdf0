import { DEFAULT_PARAMS } from '#core/detect/params.ts';
import type { Incident, IncidentState, Level } from '#core/incident/incident.ts';
import type { Recording } from '#core/replay/recording.ts';
import type { RpkiData } from '#core/rpki/data.ts';
import type { IncidentDetail, IncidentList, IncidentQuery, IncidentRow, IncidentSummary } from './api.ts';
import { byActivity, compileQuery, incidentRow, pickRows } from './incident-rows.ts';
import type { Analysis } from './replay-analysis.ts';
import { RpkiStatus } from './rpki-state.ts';

const MAX_ACTIVE = 50;

/** What the page may ask about the incidents of a replay, as they stood at a moment. */
export class ReplayIncidents {
  readonly #recording: Recording;
  readonly #analysis: Analysis;
  readonly #rpki = new RpkiStatus(() => 0);
  #summary: { readonly of: string; readonly summary: IncidentSummary } | null = null;

  constructor(recording: Recording, analysis: Analysis, rpki: RpkiData | null) {
    this.#recording = recording;
    this.#analysis = analysis;
    if (rpki) this.#rpki.set(rpki);
  }

  /** @see ReplayView.incidents */
  summaryAt(timeUs: number): IncidentSummary {
    const { history } = this.#analysis;
    const warmS = Math.max(0, (timeUs - this.#recording.startUs) / 1e6);
    const version = history.versionAt(timeUs);
    const of = `${version}|${Math.floor(warmS / 60)}`;
    if (this.#summary?.of === of) return this.#summary.summary;
    const countByState: Record<IncidentState, number> = { ongoing: 0, dormant: 0, withdrawn: 0, resolved: 0 };
    const countByLevel: Record<Level, number> = { low: 0, medium: 0, high: 0 };
    const open: Incident[] = [];
    for (const incident of history.at(timeUs)) {
      countByState[incident.state]++;
      if (incident.state === 'resolved') continue;
      countByLevel[incident.level]++;
      open.push(incident);
    }
    const census = history.censusAt(timeUs);
    const active = open.sort(byActivity).slice(0, MAX_ACTIVE);
    const summary: IncidentSummary = {
      version,
      countByState,
      countByLevel,
      lowVisibility: census.candidates,
      nearMisses: census.nearMisses,
      active: active.map((incident) => incidentRow(incident)),
      dropped: census.dropped,
      samplesLeftOut: census.samplesLeftOut,
      warmS: Math.floor(warmS / 60) * 60,
      isWarm: census.hasBaseline || warmS >= DEFAULT_PARAMS.knownAfterS,
      silentDetectors: census.silent,
    };
    this.#summary = { of, summary };
    return summary;
  }

  /** @see ReplayApi.incidents */
  listAt(timeUs: number, query: IncidentQuery): IncidentList {
    const { history } = this.#analysis;
    const rows = history
      .at(timeUs)
      .filter(compileQuery(query))
      .map((incident) => incidentRow(incident));
    return {
      version: history.versionAt(timeUs),
      rows: pickRows(rows, query),
      total: rows.length,
      // Candidates are counted, not kept: what one peer ASN alone showed is no verdict.
      hiddenLowVisibility: 0,
      hiddenEarlier: 0,
    };
  }

  /** @see ReplayApi.incident */
  detailAt(timeUs: number, id: string): IncidentDetail | null {
    const { history } = this.#analysis;
    const record = history.recordAt(id, timeUs);
    if (!record) return null;
    this.#rpki.advance(timeUs);
    return {
      ...record,
      version: history.versionAt(timeUs),
      isLowVisibility: false,
      isEarlier: false,
      mark: null,
      rpki: this.#rpki.summary(),
    };
  }

  /** Every incident as it is known to have ended, the most telling first, at most `limit`. */
  final(limit: number): IncidentRow[] {
    const rows = this.#analysis.history.at(Infinity).map((incident) => incidentRow(incident));
    return pickRows(rows, { order: 'confidence', limit });
  }
}
