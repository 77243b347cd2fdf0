/** Scoring as the scorer's worker does it, timed; the same code in Node and in a browser. */
import * as tf from '@tensorflow/tfjs';
import { FEATURES, FEATURE_COUNT } from '../src/lib/core/feature/features.ts';
import type { FeatureFrame } from '../src/lib/core/feature/window.ts';
import { ALL_STREAM } from '../src/lib/core/feature/window.ts';
import type { BackendName, BackendReport } from '../src/lib/ml/backend.ts';
import { isRealGpu } from '../src/lib/ml/backend.ts';
import { LSTM_SEQUENCE } from '../src/lib/ml/lstm-input.ts';
import type { ReadModelFile } from '../src/lib/ml/model-files.ts';
import { ScoringModels } from '../src/workers/score-models.ts';
import { Scoring } from '../src/workers/scoring.ts';

/** Streams of the large case: `all` and 999 vantages. */
export const STREAMS = 1000;
/** Minutes before the network is asked: a stream must be warm. */
const WARM_MINUTES = 130;
const MINUTES = 8;
const CALLS = 7;

/** What one backend did. Times in milliseconds. */
export interface BackendFigures {
  readonly backend: BackendName;
  /** From reading the model files to a chosen backend (all of them tried), and on to the first score. */
  readonly loadMs: number;
  readonly firstScoreMs: number;
  /** Median of a call of the network alone, by sequences in it. */
  readonly callMs: Readonly<Record<number, number>>;
  /** One minute of `STREAMS` streams: normalise, forest, regression, network, calibrate, alarm; median. */
  readonly minuteMs: number;
  /** The scores of `checkSequences`: to be the same everywhere. */
  readonly scores: readonly number[];
  /** Calibrated scores of the last minute, in order of stream. */
  readonly calibrated: readonly number[];
}

/** What a place (Node, a browser) did. */
export interface ScoresFigures {
  readonly chosen: BackendReport;
  readonly backends: readonly BackendFigures[];
}

/** Load, choose, then measure each backend that runs. */
export async function measureScores(
  read: ReadModelFile,
  wasmPaths: string | Readonly<Record<string, string>>,
): Promise<ScoresFigures> {
  const free = new ScoringModels({ read, backend: { wasmPaths, nowMs: now } });
  const { state, code, backend: chosen } = await free.load();
  if (state !== 'ready' || !chosen) throw new Error(`models: ${state} ${code}`);
  const backends: BackendFigures[] = [];
  const gpu: BackendName[] = isRealGpu(chosen.renderer) ? ['webgl'] : [];
  for (const backend of ['wasm', 'cpu', ...gpu] as const)
    backends.push(await measureBackend(read, wasmPaths, backend));
  return { chosen, backends };
}

const now = (): number => performance.now();

async function measureBackend(
  read: ReadModelFile,
  wasmPaths: string | Readonly<Record<string, string>>,
  backend: BackendName,
): Promise<BackendFigures> {
  const use = (name: BackendName): Promise<boolean> =>
    name === backend ? tf.setBackend(name) : Promise.resolve(false);
  const startMs = now();
  const models = new ScoringModels({ read, backend: { wasmPaths, nowMs: now, use } });
  const { state, backend: report } = await models.load();
  if (state !== 'ready' || report?.chosen !== backend) throw new Error(`${backend}: ${state}`);
  const loadMs = now() - startMs;
  const network = models.network!;
  const check = checkSequences();
  const scores = [...(await network.score(check))];
  const firstScoreMs = now() - startMs;
  const callMs: Record<number, number> = {};
  for (const count of [1, 30, 300, STREAMS]) {
    const sequences = new Float32Array(count * LSTM_SEQUENCE);
    for (let i = 0; i < sequences.length; i++) sequences[i] = check[i % check.length]!;
    callMs[count] = await medianMs(CALLS, () => network.score(sequences, count));
  }
  return { backend, loadMs, firstScoreMs, callMs, scores, ...(await measureMinutes(models)) };
}

async function measureMinutes(
  models: ScoringModels,
): Promise<Pick<BackendFigures, 'minuteMs' | 'calibrated'>> {
  const scoring = new Scoring(now);
  scoring.setModels(models.models, models.network);
  const random = noise(7);
  for (let minute = 0; minute < WARM_MINUTES; minute++) await scoring.step(frameOf(minute, random), false);
  const frames = Array.from({ length: MINUTES }, (_, i) => frameOf(WARM_MINUTES + i, random));
  const minuteMs = await medianMs(MINUTES, () => scoring.step(frames.shift()!));
  const last = [...scoring.streams()].map(({ scored }) => scored?.score ?? NaN);
  if (scoring.counts.scored < MINUTES * STREAMS || last.some((score) => Number.isNaN(score))) {
    throw new Error(`${scoring.counts.scored} windows scored`);
  }
  return { minuteMs, calibrated: last };
}

async function medianMs(calls: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let call = 0; call < calls; call++) {
    const startMs = now();
    await work();
    times.push(now() - startMs);
  }
  return times.sort((a, b) => a - b)[calls >> 1]!;
}

/** 40 sequences between calm and far out. */
function checkSequences(): Float32Array {
  return Float32Array.from({ length: 40 * LSTM_SEQUENCE }, (_, i) => {
    const sequence = Math.floor(i / LSTM_SEQUENCE);
    return Math.sin(i * 0.37) * 0.5 + (sequence / 40) * 1.2;
  });
}

/** A minute of made traffic: counts of no pattern, in the last minutes five times as many in every tenth stream. */
function frameOf(minute: number, random: () => number): FeatureFrame {
  const values = new Float64Array(STREAMS * FEATURE_COUNT);
  for (let i = 0; i < values.length; i++) {
    const stream = Math.floor(i / FEATURE_COUNT);
    const factor = minute >= WARM_MINUTES && stream % 10 === 0 ? 5 : 1;
    const { kind } = FEATURES[i % FEATURE_COUNT]!;
    values[i] = kind === 'count' ? Math.floor(20 * random() * factor) : random() * 5;
  }
  return {
    startUs: (29_000_000 + minute) * 60e6,
    widthS: 60,
    streams: [ALL_STREAM, ...Array.from({ length: STREAMS - 1 }, (_, i) => `bench 192.0.2.1 ${i + 1}`)],
    masks: new Uint8Array(STREAMS),
    values,
  };
}

function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
