import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as wasm from '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MODEL_COLUMNS } from './columns.ts';
import { LSTM_SEQUENCE, LSTM_STEPS, LSTM_WIDTH, LstmInput } from './lstm-input.ts';
import type { LstmModel, LstmSpec } from './lstm-spec.ts';
import { checkLstm, lstmSpec, weightsPerNet } from './lstm-spec.ts';
import { LstmScorer } from './lstm.ts';

/** Numbers from -1 to 1 that look random enough. */
const wave = (length: number, step: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(i * step) * Math.cos(i * i * 0.37));

function modelOf(units: number, nets: number): LstmModel {
  const spec = lstmSpec(units, nets);
  return { spec, weights: wave(nets * weightsPerNet(spec), 1.7).map((value) => value * 0.5) };
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** The committee with plain loops in double precision (Hochreiter and Schmidhuber 1997, with forget gate), to compare with. */
function slowScore({ spec, weights }: LstmModel, sequence: Float32Array): number {
  const { width, units, nets } = spec;
  let sum = 0;
  for (let net = 0; net < nets; net++) {
    const own = weights.subarray(net * weightsPerNet(spec), (net + 1) * weightsPerNet(spec));
    const kernel = own.subarray(0, width * 4 * units);
    const recurrent = own.subarray(kernel.length, kernel.length + units * 4 * units);
    const bias = own.subarray(kernel.length + recurrent.length, -units - 1);
    let hidden = new Float64Array(units);
    const cell = new Float64Array(units);
    for (let step = 0; step < LSTM_STEPS; step++) {
      const gates = Float64Array.from(bias);
      for (let gate = 0; gate < 4 * units; gate++) {
        for (let i = 0; i < width; i++) {
          gates[gate]! += sequence[step * width + i]! * kernel[i * 4 * units + gate]!;
        }
        for (let i = 0; i < units; i++) gates[gate]! += hidden[i]! * recurrent[i * 4 * units + gate]!;
      }
      hidden = new Float64Array(units);
      for (let i = 0; i < units; i++) {
        const [enter, forget, value, leave] = [0, 1, 2, 3].map((gate) => gates[gate * units + i]!);
        cell[i] = sigmoid(forget!) * cell[i]! + sigmoid(enter!) * Math.tanh(value!);
        hidden[i] = sigmoid(leave!) * Math.tanh(cell[i]!);
      }
    }
    sum += own.at(-1)!;
    for (let i = 0; i < units; i++) sum += hidden[i]! * own.at(-1 - units + i)!;
  }
  return sum / nets;
}

beforeAll(() => {
  tf.enableProdMode();
  const wasmMain = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(join(dirname(wasmMain), '/'));
});

describe.each(['cpu', 'wasm'])('on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    expect(tf.getBackend()).toBe(backend);
  });
  afterAll(() => tf.setBackend('cpu'));

  test('scores are those of the definition', async () => {
    const model = modelOf(12, 3);
    const scorer = new LstmScorer(model);
    const sequences = wave(5 * LSTM_SEQUENCE, 0.9);
    const scores = await scorer.score(sequences);
    for (let i = 0; i < 5; i++) {
      const sequence = sequences.subarray(i * LSTM_SEQUENCE, (i + 1) * LSTM_SEQUENCE);
      expect(scores[i]).toBeCloseTo(slowScore(model, sequence), 4);
    }
    scorer.dispose();
  });

  test('a stream has the same score in whatever company, also beyond one call', async () => {
    const scorer = new LstmScorer(modelOf(4, 2));
    const one = wave(LSTM_SEQUENCE, 0.31);
    const many = new Float32Array(1500 * LSTM_SEQUENCE);
    for (let i = 0; i < 1500; i++) many.set(i % 2 ? one : one.map((value) => -value), i * LSTM_SEQUENCE);
    const alone = (await scorer.score(one))[0]!;
    const scores = await scorer.score(many);
    expect(scores).toHaveLength(1500);
    for (let i = 1; i < 1500; i += 2) expect(scores[i]).toBeCloseTo(alone, 5);
    scorer.dispose();
  });

  test('values that are not finite harm no other sequence, and give finite scores', async () => {
    const scorer = new LstmScorer(modelOf(8, 2));
    const sequences = wave(3 * LSTM_SEQUENCE, 0.7);
    const before = await scorer.score(sequences);
    sequences.set([NaN, Infinity, -Infinity], LSTM_SEQUENCE + 40);
    const after = await scorer.score(sequences);
    expect(after[0]).toBe(before[0]);
    expect(after[2]).toBe(before[2]);
    expect(Number.isFinite(after[1])).toBe(true);
    expect(Number.isNaN(sequences[LSTM_SEQUENCE + 40])).toBe(true);
    scorer.dispose();
  });

  test('no tensor is left behind', async () => {
    const before = tf.memory().numTensors;
    const scorer = new LstmScorer(modelOf(8, 5));
    const sequences = wave(20 * LSTM_SEQUENCE, 0.7);
    await scorer.score(sequences);
    const while1 = tf.memory().numTensors;
    for (let call = 0; call < 5; call++) await scorer.score(sequences);
    expect(tf.memory().numTensors).toBe(while1);
    scorer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('no sequences: no scores', async () => {
  const scorer = new LstmScorer(modelOf(4, 1));
  expect(await scorer.score(new Float32Array(0))).toHaveLength(0);
  scorer.dispose();
});

test('the explanation names the column that moved', async () => {
  // A network that only looks at what was withdrawn: one unit, fed through its value gate.
  const spec = lstmSpec(1, 1);
  const weights = new Float32Array(weightsPerNet(spec));
  weights[1 * 4 + 2] = 1;
  weights[LSTM_WIDTH * 4 + 4] = 2;
  weights[weights.length - 2] = 1;
  const scorer = new LstmScorer({ spec, weights });
  const input = new LstmInput();
  for (let minute = 0; minute < 80; minute++) {
    input.push(
      minute,
      Float32Array.from(MODEL_COLUMNS, () => (minute > 70 ? 3 : 0)),
    );
  }
  const explanation = await scorer.explain(input);
  expect(explanation).toHaveLength(MODEL_COLUMNS.length);
  const withdrawals = MODEL_COLUMNS.indexOf('withdrawals');
  expect(explanation[withdrawals]).toBeGreaterThan(0.1);
  expect(explanation.filter((_, i) => i !== withdrawals).every((added) => Math.abs(added) < 1e-6)).toBe(true);
  scorer.dispose();
});

describe('a committee from outside', () => {
  const good = modelOf(6, 2);
  const withSpec = (change: Partial<LstmSpec>): LstmModel => ({ ...good, spec: { ...good.spec, ...change } });
  const withWeight = (value: number): LstmModel => ({
    ...good,
    weights: good.weights.map((weight, i) => (i === 100 ? value : weight)),
  });

  test('a good one passes', () => {
    expect(checkLstm(good).weights).toBe(good.weights);
  });

  test.each<[string, LstmModel, string]>([
    ['a weight that is no number', withWeight(NaN), 'MODEL_BAD'],
    ['an infinite weight', withWeight(-Infinity), 'MODEL_BAD'],
    ['an absurd weight', withWeight(1e30), 'MODEL_BAD'],
    ['too few weights', { ...good, weights: good.weights.subarray(1) }, 'MODEL_BAD'],
    ['no weights', { ...good, weights: new Float32Array(0) }, 'MODEL_BAD'],
    ['no units', withSpec({ units: 0 }), 'MODEL_BAD'],
    ['half a unit', withSpec({ units: 1.5 }), 'MODEL_BAD'],
    ['a billion units', withSpec({ units: 1e9 }), 'MODEL_BAD'],
    ['no networks', withSpec({ nets: 0 }), 'MODEL_BAD'],
    ['other sequences', withSpec({ steps: 9999 }), 'MODEL_BAD'],
    ['units that are missing', withSpec({ units: undefined }), 'MODEL_BAD'],
    ['another input', withSpec({ inputVersion: 999 }), 'MODEL_VERSION'],
    ['other columns', withSpec({ columnsVersion: 999 }), 'MODEL_VERSION'],
    ['no spec', { ...good, spec: null as unknown as LstmSpec }, 'MODEL_BAD'],
  ])('%s is refused', (_name, model, code) => {
    expect(() => new LstmScorer(model)).toThrow(expect.objectContaining({ code }));
  });
});
