import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { ElemBatch } from '#core/elem/batch.ts';
import { BgpError } from '#core/error.ts';
import type { ExtractorStats } from '#core/feature/extractor.ts';
import { FeatureExtractor } from '#core/feature/extractor.ts';
import { FEATURE_NAMES, FEATURE_VERSION } from '#core/feature/features.ts';
import { encodeHistory, HistoryKeeper } from '#core/feature/history.ts';
import type { FeatureFrame, WidthS } from '#core/feature/window.ts';
import { WIDTHS_S } from '#core/feature/window.ts';
import { publicOriginOf } from '#core/origin/path-view.ts';
import { Rib } from '#core/rib/rib.ts';
import { MODEL_COLUMNS } from '../../src/lib/ml/columns.ts';
import type { Recording } from '../feature/by-time.ts';
import { byTime } from '../feature/by-time.ts';
import { keepFrame } from '../feature/keep-frame.ts';
import { fileStartUs } from '../feature/file-start.ts';
import type { Format } from '../feature/window-lines.ts';
import { CSV_HEADER, streamsBy, windowLines } from '../feature/window-lines.ts';
import type { ElemFile } from '../source/file.ts';
import { openElemFile } from '../source/file.ts';
import { EXIT } from './exit.ts';
import { LineOutput } from './output.ts';
import { ProgressBar } from './progress.ts';
import { parseTimeUs } from './time.ts';

const HELP = `routescope features FILE... [OPTIONS]

What happened in each minute, or each five, as numbers: announcements, withdrawals, flaps, path lengths and so on
(docs/features.md), computed from files as "decode" reads them (- is standard input). Files are taken by time, whatever
their order, those of several collectors together. A table dump among them says which routes were known before.

  --window 60|300          seconds of a window (default 60)
  --by vantage|all         one row per vantage and window, or one for all of them (default all)
  --from TIME, --to TIME   only windows from TIME on, and that end by TIME; what comes before is learned
  --json                   JSON lines rather than CSV
  --collector NAME         who recorded it (default: as each file's name says)
  --history FILE           instead of rows, what a scorer begins with: the minutes before --to (default: the end), coarse,
                           for the models' columns of every vantage
  --minutes N              how many of them (default 720)
  --help

A window that says nothing (the first of a vantage, a session that was down, a table being sent, a hole in the data) has
the reason in its "mask" column and no values.
`;

interface FeatureOptions {
  readonly files: readonly string[];
  readonly widthS: WidthS;
  readonly by: 'vantage' | 'all';
  readonly fromUs: number;
  readonly toUs: number;
  readonly format: Format;
  readonly collector: string | undefined;
  readonly history: string | undefined;
  readonly minutes: number;
}

const BATCH_ELEMS = 4000;
/** A week. */
const MAX_HISTORY_MINUTES = 10_080;
const MAX_HISTORY_STREAMS = 8193;

/** `routescope features`. @returns the exit code. */
export async function features(argv: string[]): Promise<number> {
  let options: FeatureOptions | null;
  try {
    options = readOptions(argv);
  } catch (error) {
    process.stderr.write(`routescope features: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.usage;
  }
  if (!options) {
    process.stdout.write(HELP);
    return EXIT.fine;
  }
  const failures: string[] = [];
  if (options.history !== undefined) return writeHistory(options, options.history, failures);
  const output = new LineOutput(process.stdout);
  const report = new WindowReport(options, output);
  await extract(options, failures, (frame) => report.take(frame), report);
  await output.flush();
  if (!output.isClosed) process.stderr.write(`${report.summary()}\n`);
  return failures.length > 0 ? EXIT.failed : EXIT.fine;
}

/** Keep the last minutes of every stream and write them. @returns the exit code. */
async function writeHistory(options: FeatureOptions, path: string, failures: string[]): Promise<number> {
  const keeper = new HistoryKeeper(options.minutes, MAX_HISTORY_STREAMS, MODEL_COLUMNS, FEATURE_NAMES);
  const take = (frame: FeatureFrame): void => {
    if (frame.widthS === 60 && frame.startUs + 60e6 <= options.toUs) keepFrame(keeper, frame);
  };
  await extract(options, failures, take, null);
  const history = keeper.history();
  const bytes = gzipSync(encodeHistory(history), { level: 9 });
  try {
    await writeFile(path, bytes);
  } catch (error) {
    process.stderr.write(`${path}: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.failed;
  }
  const { minutes, streams } = history;
  process.stderr.write(`${path}: ${minutes} minutes of ${streams.length} streams, ${bytes.length} bytes\n`);
  return failures.length > 0 ? EXIT.failed : EXIT.fine;
}

async function extract(
  options: FeatureOptions,
  failures: string[],
  emit: (frame: FeatureFrame) => void,
  report: WindowReport | null,
): Promise<void> {
  const rib = new Rib({ budgetBytes: 1024 * 1024 * 1024, trackPaths: true, originOf: publicOriginOf });
  const extractor = new FeatureExtractor(rib, { emit });
  const recordings: Recording[] = [];
  for (const path of options.files)
    recordings.push({
      startUs: await fileStartUs(path),
      open: () => readElems(path, options.collector, failures),
    });
  for await (const batch of byTime(recordings, BATCH_ELEMS)) {
    extractor.step(batch, rib.step(batch));
    await report?.settle();
    if (report?.isClosed) return;
  }
  if (report) report.stats = extractor.stats();
  extractor.end();
}

/** The file's batches; one that cannot be read to its end is told of, and ends there. */
async function* readElems(
  path: string,
  collector: string | undefined,
  failures: string[],
): AsyncGenerator<ElemBatch> {
  const progress = new ProgressBar(path);
  const file = openElemFile(path, {
    batchElems: BATCH_ELEMS,
    ...(collector === undefined ? {} : { collector }),
    onProgress: (bytesRead, bytesTotal) => progress.show(bytesRead, bytesTotal),
  });
  let failure: BgpError | null = null;
  try {
    yield* file.batches;
  } catch (error) {
    if (!(error instanceof BgpError)) throw error;
    failure = error;
    failures.push(path);
  } finally {
    progress.clear();
  }
  reportDamage(path, file, failure);
}

function reportDamage(path: string, file: ElemFile, failure: BgpError | null): void {
  const { damage } = file.stats;
  if (damage.total > 0) {
    const counts = [...damage.countByCode].map(([code, count]) => `${count} ${code}`).join(', ');
    process.stderr.write(`${path}: ${damage.total} damaged and left out: ${counts}\n`);
  }
  if (failure) process.stderr.write(`${path}: ${failure.message}\n`);
}

/** Prints windows as the options want them. */
class WindowReport {
  readonly #options: FeatureOptions;
  readonly #output: LineOutput;
  readonly #accepts: (stream: string) => boolean;
  #windows = 0;
  #masked = 0;
  stats: ExtractorStats | null = null;

  constructor(options: FeatureOptions, output: LineOutput) {
    this.#options = options;
    this.#output = output;
    this.#accepts = streamsBy(options.by);
    if (options.format === 'csv') output.add(CSV_HEADER);
  }

  get isClosed(): boolean {
    return this.#output.isClosed;
  }

  settle(): Promise<void> {
    return this.#output.settle();
  }

  take(frame: FeatureFrame): void {
    const { widthS, fromUs, toUs, format } = this.#options;
    if (frame.widthS !== widthS || frame.startUs < fromUs || frame.startUs + widthS * 1e6 > toUs) return;
    for (const line of windowLines(frame, format, this.#accepts)) this.#output.add(line);
    for (const [i, stream] of frame.streams.entries()) {
      if (!this.#accepts(stream)) continue;
      this.#windows++;
      if (frame.masks[i] !== 0) this.#masked++;
    }
  }

  summary(): string {
    const lines = [
      `${this.#windows} windows, ${this.#masked} of them masked; features version ${FEATURE_VERSION}`,
    ];
    const { stats } = this;
    if (!stats) return lines[0]!;
    const losses = [
      [stats.late, 'late, counted in the window they came in'],
      [stats.doubted, 'from the future, counted in the window they came in'],
      [stats.transferred, 'of table transfers, not counted'],
      [stats.unheld, 'of vantages there was no room for, not counted'],
      [stats.forgotten, 'withdrawals forgotten for want of room'],
      [stats.refused, 'prefixes, origins or ASNs not told apart for want of room'],
      [stats.skipped, 'minutes inside long holes left out'],
    ] as const;
    lines.push(`${stats.elems} elems of ${stats.vantages} vantages`);
    for (const [count, what] of losses) if (count > 0) lines.push(`${count} ${what}`);
    return lines.join('\n');
  }
}

function readOptions(argv: string[]): FeatureOptions | null {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      window: { type: 'string', default: '60' },
      by: { type: 'string', default: 'all' },
      from: { type: 'string' },
      to: { type: 'string' },
      json: { type: 'boolean', default: false },
      collector: { type: 'string' },
      history: { type: 'string' },
      minutes: { type: 'string', default: '720' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  if (positionals.length === 0) throw new Error('no FILE given; see --help');
  const { by } = values;
  if (by !== 'vantage' && by !== 'all') throw new Error(`--by ${by}: vantage or all`);
  const widthS = WIDTHS_S.find((one) => String(one) === values.window);
  if (widthS === undefined) throw new Error(`--window ${values.window}: ${WIDTHS_S.join(' or ')}`);
  const minutes = Number(values.minutes);
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > MAX_HISTORY_MINUTES)
    throw new Error(`--minutes ${values.minutes}: 1 to ${MAX_HISTORY_MINUTES}`);
  return {
    files: positionals,
    widthS,
    by,
    fromUs: timeOption('--from', values.from, -Infinity),
    toUs: timeOption('--to', values.to, Infinity),
    format: values.json ? 'json' : 'csv',
    collector: values.collector,
    history: values.history,
    minutes,
  };
}

function timeOption(name: string, text: string | undefined, absent: number): number {
  if (text === undefined) return absent;
  const timeUs = parseTimeUs(text);
  if (timeUs === null) throw new Error(`${name} ${text}: neither Unix seconds nor 2008-02-24T18:30Z`);
  return timeUs;
}
