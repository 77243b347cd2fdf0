import { FOREST_LIMITS } from '../../src/lib/ml/isolation.ts';
import type { IsolationForest } from '../../src/lib/ml/isolation.ts';
import { lstmSpec, weightsPerNet } from '../../src/lib/ml/lstm-spec.ts';
import type { Models } from '../../src/lib/ml/model-files.ts';
import { loadModels } from '../../src/lib/ml/model-files.ts';
import { MODEL_WIDTH } from '../../src/lib/ml/columns.ts';
import { CONTEXT_WIDTH } from '../dataset/contexts.ts';
import type { LabelledStream } from '../dataset/stream.ts';
import { growForest } from './isolation.ts';
import type { ModelParts } from './package.ts';
import { packModels } from './package.ts';
import { seededRandom } from './random.ts';

/** Regular contexts: mostly zeros, now and then a small rise. */
export function tinyForest(seed = 1): IsolationForest {
  const random = seededRandom(seed);
  const values = Float32Array.from({ length: 600 * CONTEXT_WIDTH }, () => Math.max(0, random() - 0.6));
  return growForest({ width: CONTEXT_WIDTH, count: 600, values }, random, {
    trees: 25,
    rows: FOREST_LIMITS.rows,
  });
}

/** Parts of models that work, for tests: a small forest, a regression that adds everything up, a network of zeros. */
export function tinyParts(seed = 1): ModelParts {
  const spec = lstmSpec(2, 1);
  const operating = (ids: readonly string[]): ModelParts['operating']['all'] => ({
    calibration: {
      scorers: Object.fromEntries(ids.map((id) => [id, { median: 0, spread: 1 }])),
      level: 1,
      cap: 2,
    },
    threshold: 0.8,
  });
  return {
    lstm: { spec, weights: new Float32Array(weightsPerNet(spec)) },
    forest: tinyForest(seed),
    linear: { bias: -3, weights: new Float64Array(CONTEXT_WIDTH).fill(0.5) },
    reference: [{ share: 0.25, column: 0, threshold: 0, left: null, right: null }],
    operating: {
      all: operating(['lstm', 'forest', 'logistic']),
      withoutLstm: operating(['forest', 'logistic']),
    },
    references: Object.fromEntries(
      ['lstm', 'forest', 'logistic', 'random-forest', 'volume-z'].map((id) => [id, { maxF1: 1, budget: 2 }]),
    ),
    evaluation: { prAuc: 0.7, f1: 0.5, falsePerDay: 0.2 },
    training: { version: 'tiny', trained: { seed, events: ['one', 'two'], lastMinute: 1000, streams: 2 } },
  };
}

/** The same, read back from its files. */
export function tinyModels(files = packModels(tinyParts())): Promise<Models> {
  return loadModels((name) => {
    const bytes = files.get(name);
    return bytes ? Promise.resolve(bytes) : Promise.reject(new Error(`no ${name}`));
  });
}

/** A stream of noisy counts with a labelled surge: `minutes` long, the surge in its last quarter. */
export function tinyStream(event: string, peer: string, seed: number, minutes = 3000): LabelledStream {
  const random = seededRandom(seed);
  const values = new Float64Array(minutes * MODEL_WIDTH);
  const label = new Uint8Array(minutes);
  const start = Math.floor(minutes * 0.75) + Math.floor(random() * 100);
  label.fill(1, start, start + 90);
  for (let i = 0; i < minutes; i++) {
    for (let column = 0; column < MODEL_WIDTH; column++) {
      const base = (5 + column) * (0.5 + random());
      values[i * MODEL_WIDTH + column] = Math.round(label[i] ? base * (6 + 6 * random()) : base);
    }
  }
  return {
    id: `${event}-${peer}`,
    event,
    peer,
    collector: 'rrc00',
    firstMinute: 20_000_000 + seed * 10_000,
    minutes,
    values,
    isMasked: new Uint8Array(minutes),
    label,
    role: 'labelled',
    droppedRows: 0,
  };
}
