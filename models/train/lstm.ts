import * as tf from '@tensorflow/tfjs';
import { LSTM_SEQUENCE, LstmInput } from '../../src/lib/ml/lstm-input.ts';
import { LstmScorer } from '../../src/lib/ml/lstm.ts';
import type { LstmModel } from '../../src/lib/ml/lstm-spec.ts';
import { lstmSpec } from '../../src/lib/ml/lstm-spec.ts';
import { MODEL_WIDTH } from '../../src/lib/ml/columns.ts';
import type { PreparedStream } from '../dataset/prepared.ts';
import type { FittedScorer, Scorer } from '../evaluate/scorer.ts';
import { createAdam, rateAt, stepAdam } from './lstm-adam.ts';
import type { BatchParams, SequenceStream } from './lstm-batches.ts';
import { BatchSource, sequenceStream } from './lstm-batches.ts';
import { TrainableNet } from './lstm-net.ts';
import { seededRandom } from './random.ts';

/** How a committee is trained. */
export interface LstmTraining {
  readonly units: number;
  readonly nets: number;
  /** Steps of the optimiser per network. */
  readonly steps: number;
  readonly rate: number;
  /** Decoupled weight decay, times the rate. */
  readonly decay: number;
  readonly clipNorm: number;
  readonly smoothing: number;
  readonly drop: number;
  readonly batch: BatchParams;
}

/** Chosen by leave-one-event-out over the training events, see models/card.md. */
export const LSTM_TRAINING: LstmTraining = {
  units: 32,
  nets: 5,
  steps: 400,
  rate: 2e-3,
  decay: 1e-4,
  clipNorm: 1,
  smoothing: 0.05,
  drop: 0.2,
  batch: {
    groups: 16,
    positives: 2,
    negatives: 6,
    scale: 0.3,
    shift: 0.3,
    noise: 0.2,
    blankChannel: 0.15,
    blankStep: 0.02,
    made: 0.25,
    past: 0.1,
    pastMinutes: [3, 48],
    rise: { minutes: [3, 300], height: [1.5, 6], columnSpread: 0.4, minuteSpread: 0.5 },
  },
};

/** What a training can be given and tells. */
export interface TrainingWatch {
  /** Networks of an interrupted run with the same seed and streams, in order; they are not trained again. */
  readonly done?: readonly Float32Array[];
  /** Called with each finished network: whoever stores them can resume. */
  readonly onNet?: (net: number, weights: Float32Array) => void;
  /** Called every 50 steps: steps done of all networks', and the total. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Seeds of a committee's networks stand this far apart, so that committees of neighbouring seeds share none. */
const SEED_STRIDE = 1000;

/**
 * Train a committee on whole events. The same streams in the same order, seed and parameters give the same bits on a backend
 * (`cpu`, or `wasm` on one thread): weights, batches and disturbances come from the seed.
 */
export async function trainLstm(
  streams: readonly PreparedStream[],
  seed: number,
  training: LstmTraining = LSTM_TRAINING,
  watch: TrainingWatch = {},
): Promise<LstmModel> {
  const spec = lstmSpec(training.units, training.nets);
  const sequences = streams.map(sequenceStream);
  const nets: Float32Array[] = [...(watch.done ?? [])].slice(0, training.nets);
  const total = training.nets * training.steps;
  while (nets.length < training.nets) {
    const before = nets.length * training.steps;
    const net = await trainNet(sequences, seed * SEED_STRIDE + nets.length, training, (step) =>
      watch.onProgress?.(before + step, total),
    );
    watch.onNet?.(nets.length, net);
    nets.push(net);
  }
  const weights = new Float32Array(nets.length * nets[0]!.length);
  for (const [i, net] of nets.entries()) weights.set(net, i * net.length);
  return { spec, weights };
}

const PROGRESS_STEPS = 50;

async function trainNet(
  streams: readonly SequenceStream[],
  seed: number,
  training: LstmTraining,
  onStep: (step: number) => void,
): Promise<Float32Array> {
  const random = seededRandom(seed);
  const net = new TrainableNet(lstmSpec(training.units, 1), random);
  const source = new BatchSource(streams, training.batch, random);
  const adam = createAdam(net.weights.length);
  for (let step = 0; step < training.steps; step++) {
    const gradient = net.gradient(source.next(), training.smoothing, training.drop, random);
    const rate = rateAt(step, training.steps, training.rate);
    stepAdam(adam, net.weights, gradient, { rate, decay: training.decay, clipNorm: training.clipNorm });
    net.load();
    if ((step + 1) % PROGRESS_STEPS === 0) {
      onStep(step + 1);
      await tf.nextFrame();
    }
  }
  net.dispose();
  return net.weights;
}

/** The committee as a scorer to be evaluated like any other. */
export function lstmScorer(
  seed: number,
  training: LstmTraining = LSTM_TRAINING,
): Scorer & { fit(streams: readonly PreparedStream[]): Promise<FittedLstm> } {
  return {
    id: 'lstm',
    title: 'LSTM',
    fit: async (streams) => fittedLstm(await trainLstm(streams, seed, training)),
  };
}

/** A trained committee as a scorer. */
export interface FittedLstm extends FittedScorer {
  readonly model: LstmModel;
}

export function fittedLstm(model: LstmModel): FittedLstm {
  return { model, score: (stream) => scoreStream(model, stream) };
}

const SCORED_AT_ONCE = 1024;

/** Log-odds of every known minute, through the input and the scorer that serve. */
async function scoreStream(model: LstmModel, stream: PreparedStream): Promise<Float64Array> {
  const scorer = new LstmScorer(model);
  const scores = new Float64Array(stream.isKnown.length).fill(NaN);
  const known = scores.map((_, i) => i).filter((i) => stream.isKnown[i] === 1);
  const input = new LstmInput();
  for (let first = 0; first < known.length; first += SCORED_AT_ONCE) {
    const minutes = known.subarray(first, first + SCORED_AT_ONCE);
    const sequences = new Float32Array(minutes.length * LSTM_SEQUENCE);
    for (const [i, minute] of minutes.entries()) {
      input.push(minute, stream.z.subarray(minute * MODEL_WIDTH, (minute + 1) * MODEL_WIDTH));
      input.write(sequences, i * LSTM_SEQUENCE);
    }
    const part = await scorer.score(sequences);
    for (const [i, minute] of minutes.entries()) scores[minute] = part[i]!;
  }
  scorer.dispose();
  return scores;
}
