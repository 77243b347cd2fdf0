import type { Incident } from '#core/incident/incident.ts';
import type { Rib } from '#core/rib/rib.ts';
import type { WatchList } from '#core/watch/watch-list.ts';
import { isUserMark } from '../lib/store/shape.ts';
import type { Store } from '../lib/store/store.ts';
import type {
  AsReport,
  IncidentDetail,
  IncidentList,
  IncidentQuery,
  IncidentRow,
  NearMissList,
  PrefixReport,
  Refusal,
  UserMark,
  WatchResult,
} from './api.ts';
import { asReport } from './as-report.ts';
import type { Detection } from './detection.ts';
import { prefixReport } from './prefix-report.ts';
import type { RpkiStatus } from './rpki-state.ts';
import { readWatchList } from './watch-text.ts';

const MAX_INCIDENTS = 100;

export interface AnswerSources {
  readonly rib: Rib;
  readonly rpki: RpkiStatus;
  readonly store: Store;
  readonly detection: Detection;
  readonly dataTimeUs: () => number | null;
  /** Something that views show has changed. */
  readonly onChange: () => void;
}

/** What the page may ask, answered from the state as it is; `PipelineApi` describes each. */
export class Answers {
  readonly #sources: AnswerSources;
  #watchChange = 0;
  #watchResult: WatchResult | null = null;

  constructor(sources: AnswerSources) {
    this.#sources = sources;
  }

  incidents(query: IncidentQuery): IncidentList {
    return this.#sources.detection.incidents(query);
  }

  incident(id: string): IncidentDetail | null {
    return this.#sources.detection.incident(id);
  }

  nearMisses(): NearMissList {
    return this.#sources.detection.nearMisses();
  }

  prefix(text: string): PrefixReport | Refusal {
    return prefixReport(text, {
      ...this.#places(),
      incidentsOf: (accepts) => this.#touching((incident) => incident.prefixes.some(accepts)),
    });
  }

  as(asn: number): AsReport | Refusal {
    return asReport(asn, {
      ...this.#places(),
      incidentsOf: (one) =>
        this.#touching(({ culprits, victims }) => culprits.includes(one) || victims.includes(one)),
    });
  }

  #places(): Pick<Parameters<typeof prefixReport>[1], 'rib' | 'facts' | 'rpki' | 'dataTimeUs'> {
    const { rib, rpki, detection, dataTimeUs } = this.#sources;
    return { rib, rpki, facts: detection.engine.facts, dataTimeUs: dataTimeUs() };
  }

  #touching(accepts: (incident: Incident) => boolean): IncidentRow[] {
    return this.#sources.detection.touching(accepts, MAX_INCIDENTS);
  }

  /** A mark that is none is taken as null: it comes from the page, which may be of another version. */
  mark(id: string, mark: UserMark | null): UserMark | null {
    const before = this.#sources.store.setMark(id, isUserMark(mark) ? mark : null);
    this.memoryChanged();
    this.#sources.onChange();
    return before;
  }

  memoryChanged(): void {
    this.#sources.detection.memoryChanged();
  }

  async setWatchList(text: string | null): Promise<WatchResult> {
    const change = ++this.#watchChange;
    const { list, result } = await readWatchList(text);
    if (!result.ok || change !== this.#watchChange) return result;
    this.#sources.store.setSetting('watch-list', text);
    this.#applyWatchList(list, result);
    return result;
  }

  #applyWatchList(list: WatchList | null, result: WatchResult): void {
    this.#watchResult = list && result;
    this.#sources.detection.setWatchList(list);
    this.memoryChanged();
    this.#sources.onChange();
  }

  /** What is kept on the device has been read: its watch list comes into force, unless another one has meanwhile. */
  async restoreWatchList(): Promise<void> {
    const text = this.#sources.store.setting('watch-list');
    if (text === null || this.#watchChange > 0) return;
    const { list, result } = await readWatchList(text);
    this.#watchResult = result;
    if (result.ok && this.#watchChange === 0) this.#applyWatchList(list, result);
  }

  watchList(): { readonly text: string; readonly result: WatchResult } | null {
    const text = this.#sources.store.setting('watch-list');
    return text === null || !this.#watchResult ? null : { text, result: this.#watchResult };
  }
}
