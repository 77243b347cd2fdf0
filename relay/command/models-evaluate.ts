import { parseArgs } from 'node:util';
import { BgpError } from '#core/error.ts';
import { loadFolder } from '../../models/dataset/folder.ts';
import type { LabelledStream } from '../../models/dataset/stream.ts';
import { evaluationJson, evaluationText } from '../../models/evaluate/report.ts';
import type { Split } from '../../models/evaluate/run.ts';
import { evaluate } from '../../models/evaluate/run.ts';
import type { Scorer } from '../../models/evaluate/scorer.ts';
import type { Shipped } from '../../models/evaluate/shipped.ts';
import { loadShipped } from '../../models/evaluate/shipped.ts';
import { startTensorFlow } from '../../models/train/backend.ts';
import { referenceScorers, resumableLstm } from '../../models/train/members.ts';
import { trainingParams } from '../../models/train/train.ts';
import { WorkFolder, trainingKey } from '../../models/train/work-folder.ts';
import { EXIT } from './exit.ts';
import { modelsFolder, wholeNumber } from './models-options.ts';
import { StepReport } from './models-steps.ts';

const SPLITS: readonly Split[] = ['shipped', 'loeo', 'chrono'];

interface Options {
  readonly data: string;
  readonly split: Split | null;
  readonly models: string;
  readonly nets: number;
  readonly seed: number;
  readonly work: string | undefined;
  readonly isJson: boolean;
}

/** `routescope models evaluate`. @returns the exit code. */
export async function modelsEvaluate(argv: string[], help: string): Promise<number> {
  let options: Options | null;
  try {
    options = readOptions(argv);
  } catch (error) {
    process.stderr.write(
      `routescope models evaluate: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return EXIT.usage;
  }
  if (!options) {
    process.stdout.write(help);
    return EXIT.fine;
  }
  const report = new StepReport();
  try {
    const { streams, refused } = loadFolder(options.data, report.files);
    report.clear();
    for (const error of refused) process.stderr.write(`left out: ${error.message}\n`);
    await startTensorFlow();
    const shipped = await openShipped(options);
    const scorers = trainable(options, streams, report);
    const evaluation = await evaluate(streams, {
      split: options.split,
      shipped,
      scorers,
      onStep: report.step,
    });
    report.clear();
    const text = options.isJson
      ? `${JSON.stringify(evaluationJson(evaluation))}\n`
      : evaluationText(evaluation);
    process.stdout.write(text);
    return EXIT.fine;
  } catch (error) {
    report.clear();
    if (!(error instanceof BgpError)) throw error;
    process.stderr.write(`routescope models evaluate: ${error.message}\n`);
    return EXIT.failed;
  }
}

/** The models folder; null, and said so, when it cannot be read and is not asked for. */
async function openShipped(options: Options): Promise<Shipped | null> {
  try {
    return await loadShipped(options.models);
  } catch (error) {
    if (!(error instanceof BgpError) || options.split === 'shipped') throw error;
    process.stderr.write(`no shipped models: ${error.message}\n`);
    return null;
  }
}

function trainable(options: Options, streams: readonly LabelledStream[], report: StepReport): Scorer[] {
  const { nets, seed } = options;
  if (nets === 0) return [...referenceScorers(seed)];
  const key = (): string => trainingKey(streams, trainingParams(seed, nets));
  const work = options.work === undefined ? null : new WorkFolder(options.work, key(), true);
  return [resumableLstm(seed, nets, work, report.lstm), ...referenceScorers(seed)];
}

function readOptions(argv: string[]): Options | null {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      split: { type: 'string' },
      models: { type: 'string' },
      nets: { type: 'string', default: '5' },
      seed: { type: 'string', default: '1' },
      work: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  if (positionals.length > 0) throw new Error(`unexpected ${positionals[0]}; the folder goes with --data`);
  if (values.data === undefined) throw new Error('--data DIR is wanted; see --help');
  const split = SPLITS.find((name) => name === values.split) ?? null;
  if (values.split !== undefined && !split)
    throw new Error(`--split ${values.split}: none of ${SPLITS.join(', ')}`);
  return {
    data: values.data,
    split,
    models: modelsFolder(values.models),
    nets: wholeNumber('--nets', values.nets, 0, 32),
    seed: wholeNumber('--seed', values.seed, 0, 2 ** 20),
    work: values.work,
    isJson: values.json,
  };
}
