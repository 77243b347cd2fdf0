import * as tf from '@tensorflow/tfjs';
import { netLayers, weightTensors } from '../../src/lib/ml/lstm.ts';
import type { LstmSpec } from '../../src/lib/ml/lstm-spec.ts';
import { tensorShapes, weightsPerNet } from '../../src/lib/ml/lstm-spec.ts';
import type { Batch } from './lstm-batches.ts';
import type { Random } from './random.ts';

/** A network being trained: the layers that serve it, with a gradient. Weights live in `weights`, the tensors follow them. */
export class TrainableNet {
  readonly spec: LstmSpec;
  readonly weights: Float32Array;
  readonly #layers: ReturnType<typeof netLayers>;
  readonly #variables: tf.Variable[];

  constructor(spec: LstmSpec, random: Random) {
    this.spec = spec;
    this.weights = initialWeights(spec, random);
    this.#layers = netLayers(spec.units);
    // Layers make their variables with the first call.
    tf.tidy(() => {
      this.#forward(tf.zeros([1, spec.steps, spec.width]), null);
    });
    this.#variables = [...this.#layers.lstm.trainableWeights, ...this.#layers.head.trainableWeights].map(
      (weight) => weight.read() as tf.Variable,
    );
    this.load();
  }

  /** Bring changed `weights` into the tensors. */
  load(): void {
    const tensors = weightTensors(this.spec, this.weights);
    for (const [i, variable] of this.#variables.entries()) variable.assign(tensors[i]!);
    tf.dispose(tensors);
  }

  /**
   * Gradient of the mean cross-entropy of a batch. `smoothing` pulls labels from 0 and 1: where an event begins and ends is a matter
   * of opinion. `drop`: share of the units left out, anew per sequence.
   */
  gradient(batch: Batch, smoothing: number, drop: number, random: Random): Float32Array {
    const { steps, width, units } = this.spec;
    const count = batch.labels.length;
    const kept = Float32Array.from({ length: count * units }, () => (random() < drop ? 0 : 1 / (1 - drop)));
    const labels = batch.labels.map((label) => label * (1 - 2 * smoothing) + smoothing);
    const { value, grads } = tf.tidy(() => {
      const x = tf.tensor(batch.sequences, [count, steps, width]);
      const y = tf.tensor(labels, [count, 1]);
      const mask = tf.tensor(kept, [count, units]);
      return tf.variableGrads(
        () => tf.losses.sigmoidCrossEntropy<tf.Tensor, tf.Scalar>(y, this.#forward(x, mask)),
        this.#variables,
      );
    });
    const gradient = new Float32Array(this.weights.length);
    let at = 0;
    for (const variable of this.#variables) {
      gradient.set(grads[variable.name]!.dataSync(), at);
      at += variable.size;
    }
    tf.dispose([value, ...Object.values(grads)]);
    return gradient;
  }

  /** Log-odds of sequences. */
  predict(sequences: Float32Array, count: number): Float32Array {
    return tf.tidy(() => {
      const x = tf.tensor(sequences, [count, this.spec.steps, this.spec.width]);
      return this.#forward(x, null).dataSync<'float32'>();
    });
  }

  dispose(): void {
    this.#layers.lstm.dispose();
    this.#layers.head.dispose();
  }

  #forward(x: tf.Tensor, mask: tf.Tensor | null): tf.Tensor {
    const hidden = this.#layers.lstm.apply(x) as tf.Tensor;
    return this.#layers.head.apply(mask ? hidden.mul(mask) : hidden) as tf.Tensor;
  }
}

/** Glorot and Bengio (2010) for what comes in, as narrow for what recurs; gates start by remembering (forget bias 1). */
function initialWeights(spec: LstmSpec, random: Random): Float32Array {
  const { units } = spec;
  const weights = new Float32Array(weightsPerNet(spec));
  let at = 0;
  for (const [tensor, shape] of tensorShapes(spec).entries()) {
    const size = shape.reduce((a, b) => a * b, 1);
    const isBias = shape.length === 1;
    const limit = tensor === 1 ? 1 / Math.sqrt(units) : Math.sqrt(6 / (shape[0]! + (shape[1] ?? 0)));
    for (let i = 0; i < size; i++) weights[at + i] = isBias ? 0 : limit * (2 * random() - 1);
    if (tensor === 2) weights.fill(1, at + units, at + 2 * units);
    at += size;
  }
  return weights;
}
