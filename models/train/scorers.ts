import type { IsolationForest } from '../../src/lib/ml/isolation.ts';
import { isolationScore } from '../../src/lib/ml/isolation.ts';
import type { LinearModel } from '../../src/lib/ml/linear.ts';
import { linearScore } from '../../src/lib/ml/linear.ts';
import type { RandomForest } from '../baseline/random-forest.ts';
import { growRandomForest, randomForestScore } from '../baseline/random-forest.ts';
import { CONTEXT_WIDTH, contextsOf } from '../dataset/contexts.ts';
import type { PreparedStream } from '../dataset/prepared.ts';
import type { FittedScorer, Scorer } from '../evaluate/scorer.ts';
import { growForest } from './isolation.ts';
import { fitLogistic } from './logistic.ts';
import { seededRandom } from './random.ts';
import { labelledRows, regularRows } from './rows.ts';

/** Of the regular minutes the regression sees every third. */
const REGULAR_STRIDE = 3;

/** Isolation forest on regular minutes; it never sees a label of an event. */
export function forestScorer(
  seed: number,
): Scorer & { fit(training: readonly PreparedStream[]): FittedForest } {
  return {
    id: 'forest',
    title: 'IsolationForest',
    fit: (training) => fittedForest(growForest(regularRows(training), seededRandom(seed))),
  };
}

/** A grown forest as a scorer. */
export interface FittedForest extends FittedScorer {
  readonly forest: IsolationForest;
}

export function fittedForest(forest: IsolationForest): FittedForest {
  return {
    forest,
    score: (stream) => scoreContexts(stream, (contexts, at) => isolationScore(forest, contexts, at)),
  };
}

/** Logistic regression on the same contexts. */
export const logisticScorer: Scorer & { fit(training: readonly PreparedStream[]): FittedLinear } = {
  id: 'logistic',
  title: 'LogReg',
  fit: (training) => fittedLinear(fitLogistic(labelledRows(training, REGULAR_STRIDE))),
};

/** A fitted regression as a scorer. */
export interface FittedLinear extends FittedScorer {
  readonly model: LinearModel;
}

export function fittedLinear(model: LinearModel): FittedLinear {
  return {
    model,
    score: (stream) => scoreContexts(stream, (contexts, at) => linearScore(model, contexts, at)),
  };
}

/** Random forest on the same contexts. */
export function randomForestScorer(
  seed: number,
): Scorer & { fit(training: readonly PreparedStream[]): FittedRandomForest } {
  return {
    id: 'random-forest',
    title: 'RandomForest',
    fit: (training) => fittedRandomForest(growRandomForest(labelledRows(training), seededRandom(seed))),
  };
}

/** A grown random forest as a scorer. */
export interface FittedRandomForest extends FittedScorer {
  readonly forest: RandomForest;
}

export function fittedRandomForest(forest: RandomForest): FittedRandomForest {
  return {
    forest,
    score: (stream) => scoreContexts(stream, (contexts, at) => randomForestScore(forest, contexts, at)),
  };
}

function scoreContexts(
  stream: PreparedStream,
  scoreRow: (contexts: Float32Array, at: number) => number,
): Float64Array {
  const contexts = contextsOf(stream);
  return Float64Array.from(stream.isKnown, (isKnown, i) =>
    isKnown ? scoreRow(contexts, i * CONTEXT_WIDTH) : NaN,
  );
}
