import type { ModelColumn } from '../../src/lib/ml/columns.ts';
import { MODEL_COLUMNS, MODEL_WIDTH } from '../../src/lib/ml/columns.ts';
import { CONTEXT_SPANS_MINUTES } from '../../src/lib/ml/context.ts';
import type { IsolationForest } from '../../src/lib/ml/isolation.ts';
import { isolationScore } from '../../src/lib/ml/isolation.ts';
import type { LinearModel } from '../../src/lib/ml/linear.ts';
import { linearScore } from '../../src/lib/ml/linear.ts';
import { growRandomForest, randomForestScore } from '../baseline/random-forest.ts';
import { CONTEXT_WIDTH, contextsOf } from '../dataset/contexts.ts';
import type { PreparedStream } from '../dataset/prepared.ts';
import type { FittedScorer, Scorer } from '../evaluate/scorer.ts';
import { growForest } from './isolation.ts';
import { fitLogistic } from './logistic.ts';
import { seededRandom } from './random.ts';
import { labelledRows, regularRows } from './rows.ts';

/** Columns the forest reads: counts of what happened. Path lengths vary with the peer's place more than with events. */
const FOREST_COLUMNS: readonly ModelColumn[] = [
  ...MODEL_COLUMNS.slice(0, MODEL_COLUMNS.indexOf('as_path_avg')),
  'origin_0',
  'origin_2',
];

/** The forest's entries of a context row, in order. */
export const FOREST_ENTRIES: readonly number[] = CONTEXT_SPANS_MINUTES.flatMap((_, span) =>
  FOREST_COLUMNS.map((name) => span * MODEL_WIDTH + MODEL_COLUMNS.indexOf(name)),
);

/** Of the regular minutes the regression sees every third. */
const REGULAR_STRIDE = 3;

/** Isolation forest on regular minutes; it never sees a label of an event. */
export function forestScorer(
  seed: number,
): Scorer & { fit(training: readonly PreparedStream[]): FittedForest } {
  return {
    id: 'forest',
    title: 'IsolationForest',
    fit: (training) => fittedForest(growForest(regularRows(training, FOREST_ENTRIES), seededRandom(seed))),
  };
}

/** A grown forest as a scorer. */
export interface FittedForest extends FittedScorer {
  readonly forest: IsolationForest;
}

export function fittedForest(forest: IsolationForest): FittedForest {
  const row = new Float32Array(FOREST_ENTRIES.length);
  return {
    forest,
    score: (stream) =>
      scoreContexts(stream, (contexts, at) => {
        for (let i = 0; i < row.length; i++) row[i] = contexts[at + FOREST_ENTRIES[i]!]!;
        return isolationScore(forest, row);
      }),
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
export function randomForestScorer(seed: number): Scorer {
  return {
    id: 'random-forest',
    title: 'RandomForest',
    fit: (training) => {
      const forest = growRandomForest(labelledRows(training), seededRandom(seed));
      return {
        score: (stream) => scoreContexts(stream, (contexts, at) => randomForestScore(forest, contexts, at)),
      };
    },
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
