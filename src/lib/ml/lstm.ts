import * as tf from '@tensorflow/tfjs';
import { MODEL_COLUMNS } from './columns.ts';
import { LSTM_SEQUENCE, LstmInput } from './lstm-input.ts';
import type { LstmModel, LstmSpec } from './lstm-spec.ts';
import { checkLstm, tensorShapes, weightsPerNet } from './lstm-spec.ts';

/** Sequences per call of the network: more streams than that are scored in turns, so that memory stays bounded. */
const BATCH = 1024;

/** Layers of one network. Sigmoid gates: the library's default (hard sigmoid) is another function. */
export function netLayers(units: number): {
  readonly lstm: tf.layers.Layer;
  readonly head: tf.layers.Layer;
} {
  return {
    // Weights are set at once: the library's own initial values would only cost time.
    lstm: tf.layers.lstm({
      units,
      recurrentActivation: 'sigmoid',
      kernelInitializer: 'zeros',
      recurrentInitializer: 'zeros',
    }),
    head: tf.layers.dense({ units: 1 }),
  };
}

/** Tensors of one network's weights, in the order of `tensorShapes`; the caller disposes of them. */
export function weightTensors(spec: LstmSpec, weights: Float32Array): tf.Tensor[] {
  let at = 0;
  return tensorShapes(spec).map((shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    at += size;
    return tf.tensor(weights.subarray(at - size, at), [...shape]);
  });
}

/**
 * A committee of small LSTM networks over the last minutes of a stream. Scores are log-odds: above 0 the minute looks like part of
 * an event to the networks, weighed as in training. Runs on whatever backend TensorFlow.js has chosen (`backend.ts`).
 */
export class LstmScorer {
  readonly spec: LstmSpec;
  readonly #model: tf.LayersModel;

  /** @throws {BgpError} MODEL_BAD, MODEL_VERSION */
  constructor(model: LstmModel) {
    const { spec, weights } = checkLstm(model);
    this.spec = spec;
    this.#model = buildCommittee(spec, weights);
  }

  /** Name of the backend networks are built on and run on now. */
  static backend(): string {
    return tf.getBackend();
  }

  /**
   * Log-odds of `count` sequences of `LSTM_SEQUENCE` values each (`LstmInput.write`), all in one call of the network for up to 1024.
   * Values that are not finite count as usual (0), so one broken sequence harms no other.
   */
  async score(sequences: Float32Array, count = sequences.length / LSTM_SEQUENCE): Promise<Float32Array> {
    const scores = new Float32Array(count);
    for (let first = 0; first < count; first += BATCH) {
      const n = Math.min(BATCH, count - first);
      const part = sequences.slice(first * LSTM_SEQUENCE, (first + n) * LSTM_SEQUENCE);
      for (let i = 0; i < part.length; i++) if (!Number.isFinite(part[i])) part[i] = 0;
      const result = tf.tidy(
        () =>
          this.#model.predict(tf.tensor(part, [n, this.spec.steps, this.spec.width]), {
            batchSize: n,
          }) as tf.Tensor,
      );
      // data(), not dataSync(): on WebGL the thread is free while the GPU works.
      scores.set(await result.data(), first);
      result.dispose();
    }
    return scores;
  }

  /**
   * What each model column adds to the log-odds of a stream's present sequence: the drop when that column had been as usual all the
   * while (occlusion; columns that tell of the same thing share what they add). One entry per `MODEL_COLUMNS`.
   */
  async explain(input: LstmInput): Promise<Float32Array> {
    const cases = MODEL_COLUMNS.length + 1;
    const sequences = new Float32Array(cases * LSTM_SEQUENCE);
    input.write(sequences);
    for (let column = 0; column + 1 < cases; column++) {
      input.writeWithout([column], sequences, (column + 1) * LSTM_SEQUENCE);
    }
    const scores = await this.score(sequences);
    return scores.slice(1).map((without) => scores[0]! - without);
  }

  /** Free the weights; the scorer is of no use after that. */
  dispose(): void {
    this.#model.dispose();
  }
}

function buildCommittee(spec: LstmSpec, weights: Float32Array): tf.LayersModel {
  const input = tf.input({ shape: [spec.steps, spec.width] });
  const perNet = weightsPerNet(spec);
  const outputs: tf.SymbolicTensor[] = [];
  for (let net = 0; net < spec.nets; net++) {
    const { lstm, head } = netLayers(spec.units);
    outputs.push(head.apply(lstm.apply(input)) as tf.SymbolicTensor);
    const tensors = weightTensors(spec, weights.subarray(net * perNet, (net + 1) * perNet));
    lstm.setWeights(tensors.slice(0, 3));
    head.setWeights(tensors.slice(3));
    tf.dispose(tensors);
  }
  const output =
    outputs.length === 1 ? outputs[0]! : (tf.layers.average().apply(outputs) as tf.SymbolicTensor);
  return tf.model({ inputs: input, outputs: output });
}
