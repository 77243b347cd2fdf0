import { sha256 } from '#core/replay/sha256.ts';
import { ALARM_PARAMS } from '../../src/lib/ml/alarm.ts';
import { MODEL_COLUMNS, MODEL_COLUMNS_VERSION } from '../../src/lib/ml/columns.ts';
import { CONTEXT_SPANS_MINUTES } from '../../src/lib/ml/context.ts';
import type { IsolationForest } from '../../src/lib/ml/isolation.ts';
import { encodeForest } from '../../src/lib/ml/isolation-file.ts';
import type { LinearModel } from '../../src/lib/ml/linear.ts';
import { LSTM_INPUT_VERSION } from '../../src/lib/ml/lstm-input.ts';
import type { LstmModel } from '../../src/lib/ml/lstm-spec.ts';
import type { Manifest, ModelFile } from '../../src/lib/ml/manifest.ts';
import { MANIFEST_FORMAT } from '../../src/lib/ml/manifest.ts';
import { MANIFEST_NAME } from '../../src/lib/ml/model-files.ts';
import { NORMALISER_PARAMS } from '../../src/lib/ml/normaliser.ts';
import type { RandomForest } from '../baseline/random-forest.ts';
import { encodeRandomForest } from '../baseline/random-forest-file.ts';
import type { PreparedStream } from '../dataset/prepared.ts';
import { BUDGET_PER_DAY } from '../evaluate/leave-out.ts';

/** Thresholds of the single rows of an evaluation, by scorer: by best F1, and within the budget. */
export type ReferenceThresholds = Readonly<
  Record<string, { readonly maxF1: number; readonly budget: number }>
>;

/** Everything a training makes. */
export interface ModelParts {
  readonly lstm: LstmModel;
  readonly forest: IsolationForest;
  readonly linear: LinearModel;
  readonly reference: RandomForest;
  readonly operating: Manifest['operating'];
  readonly references: ReferenceThresholds;
  readonly evaluation: Manifest['evaluation'];
  readonly training: Pick<Manifest, 'version' | 'trained'>;
}

/** Names in the models folder. Browsers fetch the first three. */
export const FILES = {
  manifest: MANIFEST_NAME,
  forest: 'forest.bin',
  lstm: 'lstm.bin',
  reference: 'reference-forest.bin',
  thresholds: 'reference-thresholds.json',
} as const;

/** The files of a models folder, by name, in the order they should be written: the manifest last. */
export function packModels(parts: ModelParts): Map<string, Uint8Array> {
  const forest = encodeForest(parts.forest);
  const { weights } = parts.lstm;
  const lstm = new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);
  const manifest: Manifest = {
    format: MANIFEST_FORMAT,
    version: parts.training.version,
    columnsVersion: MODEL_COLUMNS_VERSION,
    columns: MODEL_COLUMNS,
    channelsVersion: LSTM_INPUT_VERSION,
    normaliser: NORMALISER_PARAMS,
    contextSpansMinutes: CONTEXT_SPANS_MINUTES,
    linear: { bias: parts.linear.bias, weights: [...parts.linear.weights] },
    alarm: ALARM_PARAMS,
    budgetPerDay: BUDGET_PER_DAY,
    operating: parts.operating,
    forestFile: describeFile(FILES.forest, forest),
    lstm: { file: describeFile(FILES.lstm, lstm), spec: parts.lstm.spec },
    trained: parts.training.trained,
    evaluation: parts.evaluation,
  };
  return new Map([
    [FILES.forest, forest],
    [FILES.lstm, lstm],
    [FILES.reference, encodeRandomForest(parts.reference)],
    [FILES.thresholds, jsonBytes(parts.references)],
    [FILES.manifest, jsonBytes(manifest)],
  ]);
}

/** What the manifest says of a training. */
export function describeTraining(
  seed: number,
  version: string,
  streams: readonly PreparedStream[],
): ModelParts['training'] {
  const lasts = streams.map(({ source }) => source.firstMinute + source.minutes - 1);
  return {
    version,
    trained: {
      seed,
      events: [...new Set(streams.map(({ source }) => source.event))],
      lastMinute: Math.max(...lasts),
      streams: streams.length,
    },
  };
}

/** What a manifest says of a file. */
export function describeFile(name: string, bytes: Uint8Array): ModelFile {
  return { name, bytes: bytes.length, sha256: sha256(bytes) };
}

/** A JSON document as it is stored: the same value gives the same bytes. */
export function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}
