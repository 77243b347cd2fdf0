import type { CalibrationParams } from '../../src/lib/ml/calibration.ts';
import type { MemberScores } from '../train/calibrate.ts';
import { calibratedScores, fitCalibration } from '../train/calibrate.ts';
import type { Result } from './protocol.ts';
import { judge } from './protocol.ts';
import type { ScoredStream } from './scorer.ts';
import type { ThresholdRule } from './thresholds.ts';
import { ThresholdCurves } from './thresholds.ts';

/** Name of the ensemble in tables. */
export const ENSEMBLE = { id: 'ensemble', title: 'Ensemble' } as const;

/** Leave-one-event-out scores of several scorers, put together by stream. */
export function gatherMembers(
  scored: ReadonlyMap<string, ReadonlyMap<string, readonly ScoredStream[]>>,
): Map<string, MemberScores[]> {
  const events = new Map<string, MemberScores[]>();
  for (const [id, ofEvents] of scored) {
    for (const [event, streams] of ofEvents) {
      const members = events.get(event) ?? streams.map(({ stream }) => ({ stream, scores: new Map() }));
      streams.forEach(({ scores }, i) => (members[i]!.scores as Map<string, Float64Array>).set(id, scores));
      events.set(event, members);
    }
  }
  return events;
}

/** Calibration and threshold of an ensemble. */
export interface FittedEnsemble {
  readonly params: CalibrationParams;
  readonly threshold: number;
}

/** Fit calibration and threshold on out-of-fold scores of whole events. */
export function fitEnsemble(
  streams: readonly MemberScores[],
  ids: readonly string[],
  rule: ThresholdRule,
): FittedEnsemble {
  const params = fitCalibration(streams, ids);
  const scored = streams.map((one) => ({ stream: one.stream, scores: calibratedScores(params, one) }));
  return { params, threshold: new ThresholdCurves(scored).choose(rule) };
}

/** Judge the ensemble on each event, calibrated and thresholded on the others. */
export function judgeEnsembleLeavingOut(
  members: ReadonlyMap<string, readonly MemberScores[]>,
  ids: readonly string[],
  rule: ThresholdRule,
): Result {
  const scored = new Map<string, ScoredStream[]>();
  const thresholds = new Map<string, number>();
  for (const [event, streams] of members) {
    const others = [...members].filter(([other]) => other !== event).flatMap(([, of]) => [...of]);
    const fitted = fitEnsemble(others, ids, rule);
    scored.set(event, applyEnsemble(fitted.params, streams));
    thresholds.set(event, fitted.threshold);
  }
  return judge(ENSEMBLE, scored, (event) => thresholds.get(event)!);
}

/** Scores of an ensemble that is fixed. */
export function applyEnsemble(params: CalibrationParams, streams: readonly MemberScores[]): ScoredStream[] {
  return streams.map((one) => ({ stream: one.stream, scores: calibratedScores(params, one) }));
}
