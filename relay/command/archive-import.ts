import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Archive } from '../archive/archive.ts';
import type { FileOutcome, ImportProgress } from '../archive-import/importer.ts';
import { Importer } from '../archive-import/importer.ts';
import type { ArchiveBases } from '../archive-import/layout.ts';
import { isCollector, PUBLIC_ARCHIVES } from '../archive-import/layout.ts';
import type { FetchLimits } from '../archive-import/limits.ts';
import { FETCH_LIMITS } from '../archive-import/limits.ts';
import type { ImportItem, ImportPlan, WindowWish } from '../archive-import/plan.ts';
import { namedItem, planWindow } from '../archive-import/plan.ts';
import type { FetchFailure } from '../archive-import/request.ts';
import { findEvent } from '../event/catalogue.ts';
import { SILENT } from '../log.ts';
import { EXIT } from './exit.ts';
import { parseTimeUs } from './time.ts';

const HELP = `routescope archive import FILE|DIR|URL... [OPTIONS]
routescope archive import --event ID [OPTIONS]
routescope archive import --from T --to T --collector LIST [OPTIONS]

Take files into the archive, each as a whole or not at all, and each once: MRT, BMP, RIS Live JSON, elem JSONL and frame
logs (plain, gzip, bzip2) from this machine or the web; or what the public archives of RIPE RIS and Route Views have of an
event of the catalogue ("routescope event list") or of a window. Run it again after a failure: it goes on where it was.

  --event ID            window and collectors of an event; --collector overrides its collectors
  --from T, --to T      a window: Unix seconds or 2008-02-24T18:30Z (UTC); at most 31 days
  --collector LIST      rrc00,route-views2: whose files; for FILE and URL: who recorded them
  --tables              also the newest table dump before the window (large)
  --data DIR            where the archive is [./data]
  --ris-url URL         a mirror of RIS [${PUBLIC_ARCHIVES.ris}]
  --routeviews-url URL  a mirror of Route Views [${PUBLIC_ARCHIVES.routeviews}]
  --retries N           attempts in a row that bring nothing new [${FETCH_LIMITS.attempts}]
  --partial             import a file that ends early as far as it goes
  --keep                leave downloads in DIR/import
  --no-compact          leave the files small; the relay joins them later
  --dry-run             only list what would be imported
  --json                one JSON object per file, and one at the end

A relay that uses the same folder keeps it for itself: stop it, or let the page import.
`;

class UsageError extends Error {}

/** `routescope archive import`. @returns the exit code: 1 when a file could not be imported. */
export async function archiveImport(argv: string[]): Promise<number> {
  const abort = new AbortController();
  const stop = (): void => abort.abort(new Error('interrupted; run it again to go on'));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    const options = readOptions(argv);
    if (!options) {
      process.stdout.write(HELP);
      return EXIT.fine;
    }
    return await run(options, abort.signal);
  } catch (error) {
    const isUsage = error instanceof UsageError || (error instanceof TypeError && 'code' in error);
    process.stderr.write(
      `routescope archive import: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return isUsage ? EXIT.usage : EXIT.failed;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

interface ImportOptions {
  readonly names: readonly string[];
  readonly event: string | null;
  readonly window: { readonly fromMs: number; readonly toMs: number } | null;
  readonly collectors: readonly string[];
  readonly hasTables: boolean;
  readonly data: string;
  readonly bases: ArchiveBases;
  readonly limits: FetchLimits;
  readonly takesPartial: boolean;
  readonly isKept: boolean;
  readonly isCompacting: boolean;
  readonly isDry: boolean;
  readonly isJson: boolean;
}

function readOptions(argv: string[]): ImportOptions | null {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      event: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      collector: { type: 'string' },
      tables: { type: 'boolean', default: false },
      data: { type: 'string', default: process.env['ROUTESCOPE_DATA_DIR'] ?? './data' },
      'ris-url': { type: 'string', default: PUBLIC_ARCHIVES.ris },
      'routeviews-url': { type: 'string', default: PUBLIC_ARCHIVES.routeviews },
      retries: { type: 'string', default: String(FETCH_LIMITS.attempts) },
      partial: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      'no-compact': { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const { event, from, to } = values;
  const window = from === undefined && to === undefined ? null : windowOf(from, to);
  const collectors = values.collector?.split(',') ?? [];
  const ways = [positionals.length > 0, event !== undefined, window !== null].filter(Boolean).length;
  if (ways !== 1) throw new UsageError('one of FILE..., --event and --from --to; see --help');
  const strange = collectors.find((name) => !isCollector(name));
  if (strange !== undefined) throw new UsageError(`--collector ${strange}: neither rrcNN nor of Route Views`);
  if (window && collectors.length === 0) throw new UsageError('--from and --to want --collector');
  if (positionals.length > 0 && collectors.length > 1)
    throw new UsageError('files want one --collector at most');
  const attempts = Number(values.retries);
  if (!Number.isInteger(attempts) || attempts < 1) throw new UsageError(`--retries ${values.retries}`);
  return {
    names: positionals,
    event: event ?? null,
    window,
    collectors,
    hasTables: values.tables,
    data: values.data,
    bases: {
      ris: webUrl('--ris-url', values['ris-url']),
      routeviews: webUrl('--routeviews-url', values['routeviews-url']),
    },
    limits: { ...FETCH_LIMITS, attempts },
    takesPartial: values.partial,
    isKept: values.keep,
    isCompacting: !values['no-compact'],
    isDry: values['dry-run'],
    isJson: values.json,
  };
}

function windowOf(from: string | undefined, to: string | undefined): { fromMs: number; toMs: number } {
  const [fromUs, toUs] = [parseTimeUs(from ?? ''), parseTimeUs(to ?? '')];
  if (fromUs === null || toUs === null || fromUs >= toUs)
    throw new UsageError('--from and --to want two times, the earlier first');
  return { fromMs: fromUs / 1000, toMs: toUs / 1000 };
}

function webUrl(name: string, text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new UsageError(`${name} ${text}: no web address`);
  return text;
}

async function run(options: ImportOptions, signal: AbortSignal): Promise<number> {
  const report = new Report(options.isJson);
  const plan = await planOf(options, signal, report);
  for (const { collector, detail } of plan.missing) report.say(`${collector}: ${detail}`);
  if (options.isDry) {
    for (const item of plan.items)
      process.stdout.write(`${item.from.kind === 'url' ? item.from.url : item.from.path}\n`);
    return EXIT.fine;
  }
  if (plan.items.length === 0) throw new Error('nothing to import');
  const archive = await Archive.open({ dir: join(options.data, 'archive'), log: SILENT });
  try {
    const startMs = performance.now();
    const importer = new Importer({
      archive,
      downloadDir: join(options.data, 'import'),
      limits: options.limits,
      signal,
      isKept: options.isKept,
      takesPartial: options.takesPartial,
      onProgress: (progress) => report.progress(progress),
      onOutcome: (outcome) => report.outcome(outcome),
      onRetry: (failure, waitMs) => report.retry(failure, waitMs),
    });
    const total = await importer.run(plan.items);
    report.end(total, (performance.now() - startMs) / 1000);
    if (options.isCompacting && total.imported > 0) await archive.compact(true);
    return total.failed > 0 ? EXIT.failed : EXIT.fine;
  } finally {
    await archive.close();
  }
}

async function planOf(options: ImportOptions, signal: AbortSignal, report: Report): Promise<ImportPlan> {
  if (options.names.length > 0) return { items: await named(options), missing: [] };
  let wish: WindowWish;
  if (options.event === null) {
    wish = { ...options.window!, collectors: options.collectors, hasTables: options.hasTables };
  } else {
    const event = await findEvent(options.event);
    if (!event) throw new UsageError(`--event ${options.event}: no such event; see routescope event list`);
    const collectors = options.collectors.length > 0 ? options.collectors : event.collectors;
    const [fromMs, toMs] = [Date.parse(event.from), Date.parse(event.to)];
    wish = { fromMs, toMs, collectors, hasTables: options.hasTables };
  }
  const onRetry = (failure: FetchFailure, waitMs: number): void => report.retry(failure, waitMs);
  return planWindow(wish, options.bases, { limits: options.limits, signal, onRetry });
}

/** Files and addresses as they were given; of a folder, everything in it, by name. */
async function named({ names, collectors }: ImportOptions): Promise<ImportItem[]> {
  const collector = collectors[0] ?? null;
  const items: ImportItem[] = [];
  for (const name of names) {
    const isFolder = !/^https?:\/\//.test(name) && (await stat(name).catch(() => null))?.isDirectory();
    if (!isFolder) {
      items.push(namedItem(name, collector));
      continue;
    }
    const entries = await readdir(name, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    items.push(...paths.sort().map((path) => namedItem(path, collector)));
  }
  return items;
}

const BAR_CHARS = 30;
const BAR_EVERY_MS = 200;

/** Tells people, or machines, how it goes. */
class Report {
  readonly #isJson: boolean;
  readonly #hasBar = process.stderr.isTTY;
  #shownMs = 0;

  constructor(isJson: boolean) {
    this.#isJson = isJson;
  }

  say(text: string): void {
    process.stderr.write(`${this.#hasBar ? '\r\x1b[K' : ''}${text}\n`);
  }

  progress(progress: ImportProgress): void {
    const nowMs = performance.now();
    if (!this.#hasBar || nowMs - this.#shownMs < BAR_EVERY_MS || progress.files === 0) return;
    this.#shownMs = nowMs;
    const share = (progress.done + (progress.share ?? 0)) / progress.files;
    const bar = '#'.repeat(Math.min(BAR_CHARS, Math.round(share * BAR_CHARS))).padEnd(BAR_CHARS, '.');
    const facts = `${progress.done}/${progress.files} files, ${progress.elems} elems, ${(progress.bytes / 1e6).toFixed(1)} MB`;
    process.stderr.write(`\r\x1b[K[${bar}] ${facts} ${progress.current}`);
  }

  retry(failure: FetchFailure, waitMs: number): void {
    this.say(`${failure.message}; again in ${(waitMs / 1000).toFixed(1)} s`);
  }

  outcome(outcome: FileOutcome): void {
    if (this.#isJson) process.stdout.write(`${JSON.stringify(outcome)}\n`);
    const damage = Object.entries(outcome.damagedByCode);
    const left = damage.map(([code, count]) => `${count} ${code}`).join(', ');
    if (left !== '') this.say(`${outcome.name}: damaged and left out: ${left}`);
    if (outcome.code !== null) this.say(`${outcome.name}: ${outcome.result}: ${outcome.detail}`);
  }

  end({ files, imported, known, failed, elems, bytes }: ImportProgress, seconds: number): void {
    const total = { files, imported, known, failed, elems, bytes, seconds: Number(seconds.toFixed(1)) };
    if (this.#isJson) process.stdout.write(`${JSON.stringify({ total })}\n`);
    this.say(
      `${files} files: ${imported} imported, ${known} known, ${failed} failed; ${elems} elems in ${seconds.toFixed(1)} s` +
        ` (${Math.round(elems / seconds)} a second)`,
    );
  }
}
