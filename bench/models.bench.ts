/**
 * What the models reach on events they never saw, and what a minute of a stream costs them.
 * Run: npx tsx bench/models.bench.ts [networks of the LSTM, default 5; 0 leaves it out] [folder for finished networks]
 * Input: data/ml/ufam, 21 streams of 7 events. Every event is scored by models and thresholds of the other six; the run fails
 * when the ensemble does not beat the published baselines on the same events (LogReg: PR-AUC 0.681, F1 0.482), raises more than
 * 0.3 false alarms per day and stream, or misses an event. About 15 CPU-minutes with 5 networks, half a minute without.
 */
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { loadFolder } from '../models/dataset/folder.ts';
import { evaluationText } from '../models/evaluate/report.ts';
import { evaluate } from '../models/evaluate/run.ts';
import { loadShipped } from '../models/evaluate/shipped.ts';
import { startTensorFlow } from '../models/train/backend.ts';
import { referenceScorers, resumableLstm } from '../models/train/members.ts';
import { trainingParams } from '../models/train/train.ts';
import { WorkFolder, trainingKey } from '../models/train/work-folder.ts';
import { MODEL_WIDTH } from '../src/lib/ml/columns.ts';
import { StreamScorer } from '../src/lib/ml/stream-scorer.ts';

const SEED = 1;
const BARS = { prAuc: 0.681, f1: 0.482, falsePerDay: 0.3 };
const DATA = resolve(process.env['ROUTESCOPE_DATA'] ?? join(import.meta.dirname, '../../shared/data'));
const nets = Number(process.argv[2] ?? 5);
const folder = process.argv[3];

const { streams } = loadFolder(join(DATA, 'ml/ufam'));
console.log(`${cpus()[0]?.model}, Node ${process.version}, TensorFlow.js on ${await startTensorFlow()}`);
await minuteCost();
await leaveOut();

async function leaveOut(): Promise<void> {
  const params = trainingParams(SEED, nets);
  const work = folder === undefined ? null : new WorkFolder(folder, trainingKey(streams, params), true);
  const lstm = nets > 0 ? [resumableLstm(SEED, nets, work)] : [];
  const started = process.cpuUsage();
  const evaluation = await evaluate(streams, {
    split: 'loeo',
    shipped: null,
    scorers: [...lstm, ...referenceScorers(SEED)],
    onStep: (what) => process.stderr.write(`${what}\n`),
  });
  const cpuS = process.cpuUsage(started).user / 1e6;
  console.log(
    `${evaluationText(evaluation)}\nleave-one-event-out: ${cpuS.toFixed(0)} CPU-s, ${nets} networks`,
  );
  const { macro } = evaluation.budget[0]!;
  const isGood =
    macro.prAuc > BARS.prAuc &&
    macro.f1 > BARS.f1 &&
    macro.falsePerDay <= BARS.falsePerDay &&
    macro.detected === 1;
  if (!isGood) throw new Error(`the ensemble misses a bar: ${JSON.stringify(macro)}`);
}

/** Normalise, look back, forest, regression, calibrate: everything of a minute but the network. */
async function minuteCost(): Promise<void> {
  const { models } = await loadShipped(resolve(import.meta.dirname, '../models'));
  const stream = streams[0]!;
  const scorer = new StreamScorer(models, false);
  let scored = 0;
  const started = process.cpuUsage();
  for (let i = 0; i < stream.minutes; i++) {
    if (stream.isMasked[i]) continue;
    const values = stream.values.subarray(i * MODEL_WIDTH, (i + 1) * MODEL_WIDTH);
    const observed = scorer.observe(stream.firstMinute + i, values)!;
    if (!Number.isNaN(scorer.conclude(observed, null).score)) scored++;
  }
  const us = process.cpuUsage(started).user / scored;
  if (scored < stream.minutes - 200) throw new Error(`${scored} of ${stream.minutes} minutes scored`);
  console.log(`a stream's minute without the network: ${us.toFixed(1)} us CPU over ${scored} minutes`);
}
