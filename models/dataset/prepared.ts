import type { NormaliserParams } from '../../src/lib/ml/normaliser.ts';
import { NORMALISER_PARAMS, StreamNormaliser } from '../../src/lib/ml/normaliser.ts';
import { MODEL_WIDTH } from '../../src/lib/ml/columns.ts';
import type { LabelledStream } from './stream.ts';
import { BURN_IN_MINUTES } from './stream.ts';

/** A stream as the models see it: normalised minute by minute with what serving uses. */
export interface PreparedStream {
  readonly source: LabelledStream;
  /** `minutes` rows of `MODEL_WIDTH` normalised columns; zeros where masked or not yet warm. */
  readonly z: Float32Array;
  /** The same shape: log1p(x) - median. */
  readonly lift: Float32Array;
  /** 1: the minute has a row and its stream a past; a model may read it. */
  readonly isKnown: Uint8Array;
  /** 1: known and after the burn-in: the minute counts in metrics and for training. */
  readonly isScored: Uint8Array;
}

/** Run the normaliser over a stream, row by row. */
export function prepareStream(
  source: LabelledStream,
  params: NormaliserParams = NORMALISER_PARAMS,
): PreparedStream {
  const { minutes } = source;
  const z = new Float32Array(minutes * MODEL_WIDTH);
  const lift = new Float32Array(minutes * MODEL_WIDTH);
  const isKnown = new Uint8Array(minutes);
  const isScored = new Uint8Array(minutes);
  const normaliser = new StreamNormaliser(params);
  for (let i = 0; i < minutes; i++) {
    if (source.isMasked[i]) continue;
    const at = i * MODEL_WIDTH;
    const row = normaliser.push(source.firstMinute + i, source.values.subarray(at, at + MODEL_WIDTH));
    if (!row?.isWarm) continue;
    z.set(row.z, at);
    lift.set(row.lift, at);
    isKnown[i] = 1;
    isScored[i] = i >= BURN_IN_MINUTES ? 1 : 0;
  }
  return { source, z, lift, isKnown, isScored };
}
