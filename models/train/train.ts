import { LSTM_INPUT_VERSION } from '../../src/lib/ml/lstm-input.ts';
import type { Manifest, Operating } from '../../src/lib/ml/manifest.ts';
import { NORMALISER_PARAMS } from '../../src/lib/ml/normaliser.ts';
import type { PreparedStream } from '../dataset/prepared.ts';
import { prepareStream } from '../dataset/prepared.ts';
import { byEvent } from '../dataset/folder.ts';
import type { LabelledStream } from '../dataset/stream.ts';
import { fitEnsemble, gatherMembers } from '../evaluate/ensemble.ts';
import type { FoldScores } from '../evaluate/leave-out.ts';
import {
  MAX_F1_RULE,
  SHIPPED_RULE,
  judgeAllLeavingOut,
  scoreAllLeavingOut,
  sortStreams,
} from '../evaluate/leave-out.ts';
import type { OnStep, Result } from '../evaluate/protocol.ts';
import type { Scorer } from '../evaluate/scorer.ts';
import { ThresholdCurves } from '../evaluate/thresholds.ts';
import { LSTM_TRAINING } from './lstm.ts';
import type { OnLstmProgress } from './members.ts';
import { MEMBERS, MEMBERS_WITHOUT_LSTM, referenceScorers, resumableLstm } from './members.ts';
import type { ModelParts, ReferenceThresholds } from './package.ts';
import { describeTraining } from './package.ts';
import type { WorkFolder } from './work-folder.ts';

/** What a training is told, and tells while it runs. */
export interface TrainOptions {
  readonly seed: number;
  readonly version: string;
  /** Networks of the committee. */
  readonly nets: number;
  readonly work: WorkFolder | null;
  readonly onStep?: OnStep;
  readonly onLstm?: OnLstmProgress;
}

/** What came out. */
export interface Trained {
  readonly parts: ModelParts;
  /** Leave-one-event-out results under the shipped rule and under the literature's. */
  readonly budget: readonly Result[];
  readonly maxF1: readonly Result[];
}

/**
 * Train everything on labelled streams: first leaving each event out, which gives calibration, thresholds and figures from scores
 * of unseen events; then on all of them. Deterministic in streams and seed. Needs two events at least.
 */
export async function trainModels(
  sources: readonly LabelledStream[],
  options: TrainOptions,
): Promise<Trained> {
  const { seed, nets, work, onStep } = options;
  const prepared = new Map(
    [...byEvent(sources)].map(([event, of]) => [event, of.map((one) => prepareStream(one))]),
  );
  const { events, regular } = sortStreams(prepared);
  const lstm = resumableLstm(seed, nets, work, options.onLstm);
  const scorers: readonly Scorer[] = [lstm, ...referenceScorers(seed)];
  const scored = await scoreAllLeavingOut(scorers, events, regular, onStep);
  const streams = [...[...events.values()].flat(), ...regular];
  const budget = judgeAllLeavingOut(scorers, scored, SHIPPED_RULE);
  onStep?.('all events together', 0, 1);
  return {
    parts: {
      ...(await fitFinal(scorers, streams)),
      operating: { all: operating(scored, MEMBERS), withoutLstm: operating(scored, MEMBERS_WITHOUT_LSTM) },
      references: referenceThresholds(scored),
      evaluation: figures(budget[0]!),
      training: describeTraining(seed, options.version, streams),
    },
    budget,
    maxF1: judgeAllLeavingOut(scorers, scored, MAX_F1_RULE),
  };
}

/** Parameters that determine a training beside its streams, for the key of its work folder. */
export function trainingParams(seed: number, nets: number): unknown {
  return {
    seed,
    inputVersion: LSTM_INPUT_VERSION,
    normaliser: NORMALISER_PARAMS,
    lstm: { ...LSTM_TRAINING, nets },
  };
}

async function fitFinal(
  scorers: readonly Scorer[],
  streams: readonly PreparedStream[],
): Promise<Pick<ModelParts, 'lstm' | 'forest' | 'linear' | 'reference'>> {
  const fitted = new Map<string, unknown>();
  for (const scorer of scorers) fitted.set(scorer.id, await scorer.fit(streams));
  // Each scorer's fit gives its own kind of model; the ids tie them together.
  return {
    lstm: (fitted.get('lstm') as { model: ModelParts['lstm'] }).model,
    forest: (fitted.get('forest') as { forest: ModelParts['forest'] }).forest,
    linear: (fitted.get('logistic') as { model: ModelParts['linear'] }).model,
    reference: (fitted.get('random-forest') as { forest: ModelParts['reference'] }).forest,
  };
}

function operating(scored: FoldScores, ids: readonly string[]): Operating {
  const members = gatherMembers(new Map(ids.map((id) => [id, scored.get(id)!])));
  const { params, threshold } = fitEnsemble([...members.values()].flat(), ids, SHIPPED_RULE);
  return { calibration: params, threshold };
}

function referenceThresholds(scored: FoldScores): ReferenceThresholds {
  return Object.fromEntries(
    [...scored].map(([id, ofEvents]) => {
      const curves = new ThresholdCurves([...ofEvents.values()].flat());
      return [id, { maxF1: curves.choose(MAX_F1_RULE), budget: curves.choose(SHIPPED_RULE) }];
    }),
  );
}

function figures({ macro }: Result): NonNullable<Manifest['evaluation']> {
  return { prAuc: macro.prAuc, f1: macro.f1, falsePerDay: macro.falsePerDay };
}
