import { mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BgpError } from '#core/error.ts';
import { loadFile, loadFolder } from '../../models/dataset/folder.ts';
import { prepareStream } from '../../models/dataset/prepared.ts';
import type { LabelledStream } from '../../models/dataset/stream.ts';
import { BUDGET_PER_DAY } from '../../models/evaluate/leave-out.ts';
import { evaluationText } from '../../models/evaluate/report.ts';
import { loadShipped } from '../../models/evaluate/shipped.ts';
import { macroTable } from '../../models/evaluate/table.ts';
import { fitToArchive } from '../../models/train/archive.ts';
import { compareOnArchive } from '../../models/train/archive-guard.ts';
import { startTensorFlow } from '../../models/train/backend.ts';
import { worseThan } from '../../models/train/guard.ts';
import { packModels } from '../../models/train/package.ts';
import { repackModels } from '../../models/train/repack.ts';
import { withSurges } from '../../models/train/surges.ts';
import { trainModels, trainingParams } from '../../models/train/train.ts';
import { WorkFolder, trainingKey } from '../../models/train/work-folder.ts';
import { EXIT } from './exit.ts';
import { modelsFolder, wholeNumber } from './models-options.ts';
import { StepReport } from './models-steps.ts';

interface Options {
  readonly data: string | undefined;
  readonly archive: string | undefined;
  readonly models: string;
  readonly out: string;
  readonly seed: number;
  readonly nets: number;
  readonly version: string;
  /** Kept afterwards when it was asked for. */
  readonly work: string | undefined;
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
    process.stderr.write(`TensorFlow.js runs on ${await startTensorFlow()}\n`);
    return await (options.archive === undefined
      ? train(options, options.data!, report)
      : fit(options, options.archive, report));
  } catch (error) {
    report.clear();
    if (!(error instanceof BgpError)) throw error;
    process.stderr.write(`routescope models train: ${error.message}\n`);
    return EXIT.failed;
  }
}

async function train(options: Options, data: string, report: StepReport): Promise<number> {
  const { seed, nets, version } = options;
  const streams = load(data, report);
  const key = trainingKey(streams, trainingParams(seed, nets));
  const work = new WorkFolder(options.work ?? join(options.out, '.training'), key, options.isResumed);
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
  process.stdout.write(
    evaluationText({ split: 'loeo', notes, budgetPerDay: BUDGET_PER_DAY, budget, maxF1, control: [] }),
  );
  const reason = await worseThan(options.models, trained.parts);
  const code = write(options, packModels(trained.parts), reason);
  if (code === EXIT.fine && options.work === undefined) work.remove();
  return code;
}

/** Fit the shipped models to a network's own features. */
async function fit(options: Options, archive: string, report: StepReport): Promise<number> {
  const shipped = await loadShipped(options.models);
  const prepared = load(archive, report).map((stream) => prepareStream(stream));
  report.step('the forest on your regular minutes', 0, 2);
  const fitted = await fitToArchive(shipped, prepared, options.seed);
  report.step('comparing with the models as they were', 1, 2);
  const labelled =
    options.data === undefined
      ? withSurges(prepared, options.seed)
      : load(options.data, report).map((stream) => prepareStream(stream));
  const { before, after, reason } = await compareOnArchive(shipped, fitted, labelled);
  report.clear();
  const what = options.data === undefined ? 'artificial surges in your features' : options.data;
  process.stdout.write(`Compared on ${what}\n\n${macroTable([before, after])}\n`);
  return write(options, repackModels(options.models, shipped.models, fitted, options.version), reason);
}

/** Streams of a folder or of one file. */
function load(path: string, report: StepReport): readonly LabelledStream[] {
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  if (isFile) return loadFile(path);
  const { streams, refused } = loadFolder(path, report.files);
  report.clear();
  for (const error of refused) process.stderr.write(`left out: ${error.message}\n`);
  return streams;
}

/** Write the files unless they are worse. Each is whole or not there; the manifest, which vouches for the others, comes last. */
function write(
  { out, version, isForced }: Options,
  files: ReadonlyMap<string, Uint8Array>,
  reason: string | null,
): number {
  if (reason !== null && !isForced) {
    process.stderr.write(`not written, ${reason}; --force writes them all the same\n`);
    return EXIT.failed;
  }
  mkdirSync(out, { recursive: true });
  for (const [name, bytes] of files) {
    const path = join(out, name);
    writeFileSync(`${path}.part`, bytes);
    renameSync(`${path}.part`, path);
  }
  process.stderr.write(`models ${version} written to ${out}\n`);
  return EXIT.fine;
}

function readOptions(argv: string[]): Options | null {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      'from-archive': { type: 'string' },
      models: { type: 'string' },
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
  const archive = values['from-archive'];
  if (values.data === undefined && archive === undefined) throw new Error('--data DIR is wanted; see --help');
  const out = modelsFolder(values.out);
  const seed = wholeNumber('--seed', values.seed, 0, 2 ** 20);
  return {
    data: values.data,
    archive,
    models: modelsFolder(values.models),
    out,
    seed,
    nets: wholeNumber('--nets', values.nets, 1, 32),
    version: values.version ?? (archive === undefined ? `seed-${seed}` : `archive-seed-${seed}`),
    work: values.work,
    isResumed: values.resume,
    isForced: values.force,
  };
}
