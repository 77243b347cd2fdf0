import type { PreparedStream } from '../dataset/prepared.ts';
import { ENSEMBLE, applyEnsemble, fitEnsemble, gatherMembers } from './ensemble.ts';
import type { FoldScores } from './leave-out.ts';
import { MAX_F1_RULE, SHIPPED_RULE, ensembleTitle, memberIds } from './leave-out.ts';
import type { EventStreams, OnStep, Result } from './protocol.ts';
import { judge, scoreAll } from './protocol.ts';
import type { ScoredStream, Scorer } from './scorer.ts';
import type { ThresholdRule } from './thresholds.ts';
import { ThresholdCurves } from './thresholds.ts';

/** Results under both threshold rules, the ensemble's row first. */
export interface Judged {
  readonly budget: readonly Result[];
  readonly maxF1: readonly Result[];
}

/** A threshold of each scorer, and the ensemble's row, for one rule. */
export type RuleThresholds = (id: string) => number;

/**
 * Fit scorers on all training streams, score test streams, and judge them with calibration and thresholds that come from the
 * training events' out-of-fold scores.
 */
export async function judgeHeldOut(
  scorers: readonly Scorer[],
  folds: FoldScores,
  training: readonly PreparedStream[],
  test: EventStreams,
  onStep?: OnStep,
): Promise<Judged> {
  const scored = new Map<string, Map<string, ScoredStream[]>>();
  for (const [done, scorer] of scorers.entries()) {
    onStep?.(`${scorer.title}: all training events`, done, scorers.length);
    scored.set(scorer.id, await scoreEvents(scorer, training, test));
  }
  const rows = (rule: ThresholdRule): Result[] => {
    const ids = memberIds(folds);
    const fitted = fitEnsemble([...gatherMembers(pick(folds, ids)).values()].flat(), ids, rule);
    const members = gatherMembers(pick(scored, ids));
    const ensemble = new Map([...members].map(([event, of]) => [event, applyEnsemble(fitted.params, of)]));
    return [
      { ...judge(ENSEMBLE, ensemble, () => fitted.threshold), title: ensembleTitle(ids) },
      ...scorers.map((scorer) => {
        const threshold = new ThresholdCurves([...folds.get(scorer.id)!.values()].flat()).choose(rule);
        return judge(scorer, scored.get(scorer.id)!, () => threshold);
      }),
    ];
  };
  return { budget: rows(SHIPPED_RULE), maxF1: rows(MAX_F1_RULE) };
}

/** Fit a scorer and score events with it. */
export async function scoreEvents(
  scorer: Scorer,
  training: readonly PreparedStream[],
  test: EventStreams,
): Promise<Map<string, ScoredStream[]>> {
  const fitted = await scorer.fit(training);
  const scored = new Map<string, ScoredStream[]>();
  for (const [event, streams] of test) scored.set(event, await scoreAll(fitted, streams));
  return scored;
}

/** The scores of some scorers only. */
export function pick<T>(scored: ReadonlyMap<string, T>, ids: readonly string[]): Map<string, T> {
  return new Map(ids.map((id) => [id, scored.get(id)!]));
}
