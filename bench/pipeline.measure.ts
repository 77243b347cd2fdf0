/** The part of the pipeline benchmark that runs in Node and in a browser worker alike. */
import { Activity } from '../src/lib/core/activity/activity.ts';
import { Health } from '../src/lib/core/activity/health.ts';
import { RetainedBatches } from '../src/lib/core/activity/tracked.ts';
import { RIB_OPTIONS } from '../src/lib/core/detect/engine.ts';
import type { ElemBatch } from '../src/lib/core/elem/batch.ts';
import { FeatureExtractor } from '../src/lib/core/feature/extractor.ts';
import type { FeatureFrame } from '../src/lib/core/feature/window.ts';
import { Rib } from '../src/lib/core/rib/rib.ts';
import type { RpkiData } from '../src/lib/core/rpki/data.ts';
import { decodeBatch } from '../src/lib/core/wire/batch.ts';
import { Store } from '../src/lib/store/store.ts';
import { Detection } from '../src/workers/detection.ts';
import { noBackend } from '../src/workers/no-backend.ts';
import { RpkiStatus } from '../src/workers/rpki-state.ts';

/** 10 Hz at 20,000 elems/s: one snapshot for every so many elems. */
export const ELEMS_PER_SNAPSHOT = 2000;

/** What the pipeline is given, the same wherever it runs. */
export interface PipelineInput {
  /** What was announced before; taken in but not timed. */
  readonly baseline: ElemBatch;
  /** Bodies of frames, deflated. */
  readonly bodies: readonly Uint8Array<ArrayBuffer>[];
  readonly rpki: RpkiData;
}

/** What came of it. `incidents`: one line each, in the order of their ids. */
export interface PipelineAnswer {
  readonly elems: number;
  readonly routes: number;
  readonly opened: number;
  readonly incidents: readonly string[];
  /** Announcements by their RPKI verdict, in the window at the end. */
  readonly judged: string;
}

/** State and detection that have taken in the baseline. */
export interface Warmed {
  readonly rib: Rib;
  readonly detection: Detection;
  readonly rpki: RpkiStatus;
}

export function warmed(baseline: ElemBatch, data: RpkiData | null, trackPaths = false): Warmed {
  const rib = new Rib({ ...RIB_OPTIONS, trackPaths });
  const rpki = new RpkiStatus(() => 0);
  if (data) rpki.set(data);
  const store = new Store({ backend: noBackend(), nowMs: () => 0 });
  const detection = new Detection(rib, rpki, store);
  detection.step(baseline, rib.step(baseline), baseline.timeUs[0]!);
  return { rib, detection, rpki };
}

/** How the activity view asks about vantages. */
export function lookupOf(rib: Rib, health: Health): Parameters<Activity['snapshot']>[0] {
  return { isUp: (id) => health.isUp(id), collector: (id) => rib.vantages.name(id).collector };
}

/** Everything the pipeline worker does with the batches of a stream, and the snapshots it makes of it. */
export class BenchPipeline {
  readonly #state: Warmed;
  readonly #all = new Activity({ stepS: 1, matcher: null });
  readonly #health: Health;
  readonly #retained = new RetainedBatches();
  readonly #lookup: Parameters<Activity['snapshot']>[0];
  readonly #features: FeatureExtractor | null;
  #windows = 0;
  #elems = 0;
  #shown = 0;

  constructor(input: PipelineInput, hasFeatures = true) {
    this.#state = warmed(input.baseline, input.rpki, hasFeatures);
    const emit = ({ streams }: FeatureFrame): void => void (this.#windows += streams.length);
    this.#features = hasFeatures ? new FeatureExtractor(this.#state.rib, { emit }) : null;
    this.#health = new Health(this.#state.rib.vantages);
    this.#lookup = lookupOf(this.#state.rib, this.#health);
  }

  /** @param raw the body of a frame, inflated. */
  step(raw: Uint8Array): void {
    const { rib, detection } = this.#state;
    const batch = decodeBatch(raw);
    const tracked = { ...rib.step(batch), batch, firstId: this.#elems + 1, isAfterGap: false };
    this.#elems += batch.length;
    this.#features?.step(batch, tracked);
    this.#all.step(tracked);
    detection.step(batch, tracked, this.#all.nowUs);
    this.#health.step(tracked, this.#all.nowUs);
    this.#retained.push(tracked);
    if (this.#elems - this.#shown < ELEMS_PER_SNAPSHOT) return;
    this.#shown = this.#elems;
    detection.summary();
    if (this.#all.snapshot(this.#lookup).totals.elems !== this.#elems)
      throw new Error('a snapshot counts other elems than were sent');
  }

  answer(): PipelineAnswer {
    const { rib, detection, rpki } = this.#state;
    if (this.#features && this.#windows === 0) throw new Error('no windows of features came');
    const { rows, total } = detection.incidents({ limit: 1000, lowVisibility: false });
    if (rows.length !== total) throw new Error('more incidents than are listed');
    const { announced } = rpki.summary();
    if (announced.valid + announced.invalid === 0 || announced.unknown > 0)
      throw new Error('routes were not judged');
    const lines = rows.map(({ id, type, state, confidence, peerAsns, firstSeenUs, lastSeenUs }) =>
      [id, type, state, confidence, peerAsns, firstSeenUs, lastSeenUs].join(' '),
    );
    return {
      elems: this.#elems,
      routes: rib.stats().routes,
      opened: detection.engine.stats().opened,
      incidents: lines.sort(),
      judged: JSON.stringify(announced),
    };
  }
}
