import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { MODEL_WIDTH } from '../../src/lib/ml/columns.ts';
import { LSTM_CHANNELS, LSTM_SEQUENCE, LSTM_STEPS, LSTM_WIDTH } from '../../src/lib/ml/lstm-input.ts';
import type { PreparedStream } from '../dataset/prepared.ts';
import { createAdam, rateAt, stepAdam } from './lstm-adam.ts';
import { BatchSource, sequenceStream, writeSequence } from './lstm-batches.ts';
import { normal } from './lstm-normal.ts';
import { writeRise } from './lstm-rises.ts';
import type { LstmTraining } from './lstm.ts';
import { LSTM_TRAINING, fittedLstm, trainLstm } from './lstm.ts';
import { seededRandom } from './random.ts';

const MINUTES = 300;

/** A stream of noise with a rise of everything inside its label, and a gap. */
function madeStream(event: string, seed: number, from: number, to: number): PreparedStream {
  const random = seededRandom(seed);
  const label = Uint8Array.from({ length: MINUTES }, (_, i) => (i >= from && i < to ? 1 : 0));
  const isMasked = Uint8Array.from({ length: MINUTES }, (_, i) => (i >= 40 && i < 60 ? 1 : 0));
  const z = Float32Array.from({ length: MINUTES * MODEL_WIDTH }, (_, at) => {
    const minute = Math.floor(at / MODEL_WIDTH);
    return isMasked[minute] ? 0 : normal(random) * 0.7 + (label[minute] ? 3 : 0);
  });
  const isKnown = isMasked.map((masked) => 1 - masked);
  return {
    source: {
      id: event,
      event,
      peer: '',
      collector: '',
      firstMinute: 0,
      minutes: MINUTES,
      values: new Float64Array(0),
      isMasked,
      label,
      role: 'labelled',
      droppedRows: 0,
    },
    z,
    lift: z,
    isKnown,
    isScored: isKnown.map((known, i) => (i >= 20 ? known : 0)),
  };
}

const streams = [
  madeStream('one', 1, 150, 190),
  madeStream('two', 2, 100, 180),
  madeStream('three', 3, 200, 230),
];
const small: LstmTraining = { ...LSTM_TRAINING, units: 6, nets: 2, steps: 12 };

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

describe('training', () => {
  test('the same seed gives the same bits, another seed others', async () => {
    const first = await trainLstm(streams, 7, small);
    const second = await trainLstm(streams, 7, small);
    expect(new Uint8Array(second.weights.buffer)).toEqual(new Uint8Array(first.weights.buffer));
    const other = await trainLstm(streams, 8, small);
    expect(other.weights).not.toEqual(first.weights);
  });

  test('a run that was interrupted ends as if it had not been', async () => {
    const stored: Float32Array[] = [];
    const whole = await trainLstm(streams, 7, small, { onNet: (_, weights) => stored.push(weights.slice()) });
    expect(stored).toHaveLength(2);
    const resumed: number[] = [];
    const again = await trainLstm(streams, 7, small, {
      done: stored.slice(0, 1),
      onNet: (net) => resumed.push(net),
    });
    expect(resumed).toEqual([1]);
    expect(again.weights).toEqual(whole.weights);
  });

  test('leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    await trainLstm(streams, 1, small);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a rise is found in a stream of an event it has not seen', async () => {
    const model = await trainLstm(streams.slice(0, 2), 1, { ...small, steps: 80 });
    const unseen = streams[2]!;
    const scores = await fittedLstm(model).score(unseen);
    const { label } = unseen.source;
    const inside = [...scores].filter((score, i) => label[i] === 1 && !Number.isNaN(score));
    // Nothing of the 60-minute mean is left of the event an hour after it.
    const outside = [...scores].filter(
      (score, i) => !Number.isNaN(score) && !label[i] && (i < 195 || i > 290),
    );
    expect(inside).toHaveLength(30);
    expect(Math.min(...inside.slice(5))).toBeGreaterThan(Math.max(...outside));
    for (let i = 40; i < 60; i++) expect(scores[i]).toBeNaN();
  });
});

describe('batches', () => {
  const quiet = {
    ...LSTM_TRAINING.batch,
    ...{ scale: 0, shift: 0, noise: 0, blankChannel: 0, blankStep: 0, made: 0, past: 0 },
  };

  test('undisturbed sequences are those that serving makes, labels and shares as asked', () => {
    const prepared = streams.map(sequenceStream);
    const batch = new BatchSource(prepared, quiet, seededRandom(5)).next();
    expect(batch.labels).toHaveLength(quiet.groups * (quiet.positives + quiet.negatives));
    expect(batch.labels.reduce((a, b) => a + b)).toBe(quiet.groups * quiet.positives);
    const all = new Set<string>();
    const sequence = new Float32Array(LSTM_SEQUENCE);
    for (const stream of prepared) {
      for (const minute of [...stream.positives, ...stream.negatives]) {
        writeSequence(stream, minute, sequence, 0);
        all.add(sequence.join());
      }
    }
    for (let i = 0; i < batch.labels.length; i++) {
      const drawn = batch.sequences.subarray(i * LSTM_SEQUENCE, (i + 1) * LSTM_SEQUENCE);
      expect(all.has(drawn.join())).toBe(true);
    }
  });

  test('a sequence at the beginning of a stream begins with zeros', () => {
    const [stream] = streams.map(sequenceStream);
    const sequence = new Float32Array(LSTM_SEQUENCE).fill(NaN);
    writeSequence(stream!, 2, sequence, 0);
    const missing = (LSTM_STEPS - 3) * LSTM_WIDTH;
    expect(sequence.subarray(0, missing).every((value) => value === 0)).toBe(true);
    expect(sequence.subarray(missing).some((value) => value !== 0)).toBe(true);
  });

  test('a stream without labels gives no positives but made ones', () => {
    const unlabelled = sequenceStream(madeStream('regular', 9, 0, 0));
    const batch = new BatchSource([unlabelled], quiet, seededRandom(5)).next();
    expect(batch.labels.every((label) => label === 0)).toBe(true);
    const made = new BatchSource([unlabelled], { ...quiet, made: 1 }, seededRandom(5)).next();
    expect(made.labels.reduce((a, b) => a + b)).toBe(quiet.groups * quiet.positives);
  });

  test('a made rise is in the sequence while it lasts, and only in its longer means when it is over', () => {
    const [level, hour] = [LSTM_CHANNELS.indexOf('level'), 2 * LSTM_CHANNELS.length];
    const rise = { ...quiet.rise, minutes: [20, 21] as const, height: [4, 5] as const };
    const written = (endedMinutes: number): Float32Array => {
      const sequence = new Float32Array(LSTM_SEQUENCE);
      writeRise(streams[0]!, 140, { ...rise, endedMinutes }, seededRandom(3), sequence);
      return sequence.subarray((LSTM_STEPS - 1) * LSTM_WIDTH);
    };
    const [none, on, over] = [written(100), written(0), written(20)];
    expect(on[level]! - none[level]!).toBeGreaterThan(0.2);
    expect(over[level]).toBe(none[level]);
    expect(over[hour + level]! - none[hour + level]!).toBeGreaterThan(0.05);
  });
});

test('Adam goes down a valley', () => {
  const weights = Float32Array.of(3, -2);
  const adam = createAdam(2);
  for (let step = 0; step < 800; step++) {
    const gradient = weights.map((w, i) => 2 * (w - [1, 5][i]!) * [1, 100][i]!);
    stepAdam(adam, weights, gradient, { rate: rateAt(step, 800, 0.1), decay: 0, clipNorm: 10 });
  }
  expect(weights[0]).toBeCloseTo(1, 2);
  expect(weights[1]).toBeCloseTo(5, 2);
});

test('the rate rises for a tenth of the run and ends near nothing', () => {
  expect(rateAt(0, 100, 1)).toBeCloseTo(0.1);
  expect(rateAt(10, 100, 1)).toBe(1);
  expect(rateAt(99, 100, 1)).toBeLessThan(0.001);
});
