import { parseArgs } from 'node:util';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BgpError } from '#core/error.ts';
import { loadFolder } from '../../models/dataset/folder.ts';
import { evaluationText } from '../../models/evaluate/report.ts';
import { startTensorFlow } from '../../models/train/backend.ts';
import { worseThan } from '../../models/train/guard.ts';
import { packModels } from '../../models/train/package.ts';
import { trainModels, trainingParams } from '../../models/train/train.ts';
import { WorkFolder, trainingKey } from '../../models/train/work-folder.ts';
import { EXIT } from './exit.ts';
import { modelsFolder, wholeNumber } from './models-options.ts';
import { StepReport } from './models-steps.ts';

interface Options {
  readonly data: string;
  readonly out: string;
  readonly seed: number;
  readonly nets: number;
  readonly version: string;
  readonly work: string;
  readonly isResumed: boolean;
  readonly isForced: boolean;
}

/** `routescope models train`. @returns the exit code. */
export async function modelsTrain(argv: string[], help: string): Promise<number> {
  let options: Options | null;
  try {
    options = readOptions(argv);
  } catch (error) {
    process.stderr.write(
      `routescope models train: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return EXIT.usage;
  }
  if (!options) {
    process.stdout.write(help);
    return EXIT.fine;
  }
  const report = new StepReport();
  try {
    return await train(options, report);
  } catch (error) {
    report.clear();
    if (!(error instanceof BgpError)) throw error;
    process.stderr.write(`routescope models train: ${error.message}\n`);
    return EXIT.failed;
  }
}

async function train(options: Options, report: StepReport): Promise<number> {
  const { seed, nets, version } = options;
  const { streams, refused } = loadFolder(options.data, report.files);
  report.clear();
  for (const error of refused) process.stderr.write(`left out: ${error.message}\n`);
  process.stderr.write(`TensorFlow.js runs on ${await startTensorFlow()}\n`);
  const key = trainingKey(streams, trainingParams(seed, nets));
  const work = new WorkFolder(options.work, key, options.isResumed);
  const trained = await trainModels(streams, {
    seed,
    nets,
    version,
    work,
    onStep: report.step,
    onLstm: report.lstm,
  });
  report.clear();
  const notes = [`trained with seed ${seed}; each event by models and thresholds of the others`];
  const { budget, maxF1 } = trained;
  process.stdout.write(evaluationText({ split: 'loeo', notes, budget, maxF1, control: [] }));
  const reason = await worseThan(modelsFolder(undefined), trained.parts);
  if (reason !== null && !options.isForced) {
    process.stderr.write(`not written, ${reason}; --force writes them all the same\n`);
    return EXIT.failed;
  }
  writeModels(options.out, packModels(trained.parts));
  work.remove();
  process.stderr.write(`models ${version} written to ${options.out}\n`);
  return EXIT.fine;
}

/** Each file whole or not at all; the manifest, which vouches for the others, comes last. */
function writeModels(folder: string, files: ReadonlyMap<string, Uint8Array>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of files) {
    const path = join(folder, name);
    writeFileSync(`${path}.part`, bytes);
    renameSync(`${path}.part`, path);
  }
}

function readOptions(argv: string[]): Options | null {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      out: { type: 'string' },
      seed: { type: 'string', default: '1' },
      nets: { type: 'string', default: '5' },
      version: { type: 'string' },
      work: { type: 'string' },
      resume: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  if (positionals.length > 0) throw new Error(`unexpected ${positionals[0]}; the folder goes with --data`);
  if (values.data === undefined) throw new Error('--data DIR is wanted; see --help');
  const out = modelsFolder(values.out);
  const seed = wholeNumber('--seed', values.seed, 0, 2 ** 20);
  return {
    data: values.data,
    out,
    seed,
    nets: wholeNumber('--nets', values.nets, 1, 32),
    version: values.version ?? `seed-${seed}`,
    work: values.work ?? join(out, '.training'),
    isResumed: values.resume,
    isForced: values.force,
  };
}
