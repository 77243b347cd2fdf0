import { parseArgs } from 'node:util';
import type { EngineStats } from '#core/detect/engine.ts';
import type { ElemBatch } from '#core/elem/batch.ts';
import { KIND } from '#core/elem/batch.ts';
import { BgpError } from '#core/error.ts';
import type { Incident } from '#core/incident/incident.ts';
import { incidentJson } from '../detect/incident-json.ts';
import { incidentTable, transitionLine } from '../detect/incident-table.ts';
import { loadBaseline, loadKnowledge } from '../detect/inputs.ts';
import { DetectSession, selectElems, tableEntries } from '../detect/session.ts';
import { openElemFile } from '../source/file.ts';
import { UpstreamError } from '../rpki/upstream.ts';
import { EXIT } from './exit.ts';
import { LineOutput } from './output.ts';
import { ProgressBar } from './progress.ts';
import { parseTimeUs } from './time.ts';

const HELP = `routescope detect FILE... [OPTIONS]

Run the detectors over files (as "decode" reads them; - is standard input) and print the incidents they find, with the
evidence for and against each. Files are taken in the order given.

  --baseline FILE     what was announced before: a table dump or an update file as decode reads it, or a RISwhois dump;
                      may be repeated. A table dump makes space that is in none of them count as unannounced.
                      Without it the table entries of an elem JSONL file come first, and the rest is learned on the way.
  --vrps FILE         VRPs and ASPAs: Routinator's or rpki-client's JSON
  --as-org FILE       AS to organisation: CAIDA as-org2info, JSON lines or text
  --as-country FILE   AS to country: tab-separated with columns asn and cc
  --as-rel FILE       AS relationships: CAIDA serial-1
  --watch FILE        watch list: what is right for your prefixes and ASes (docs/watch.md); BGPalerter's prefixes.yml and
                      ARTEMIS' config.yaml are read as they are
  --from TIME, --to TIME  report only what begins from TIME on and before TIME; what comes before is learned
  --min-confidence N  leave out incidents below this (default 1; 4 is medium, 8 is high)
  --json              one JSON incident per line, when it closes or input ends (docs/incident.schema.json)
  --follow            every step of every incident's life as it happens
  --near-misses       afterwards, what was looked at and not raised, by reason, on standard error
  --help
`;

interface DetectOptions {
  readonly files: readonly string[];
  readonly baseline: readonly string[];
  readonly vrps: string | undefined;
  readonly asOrg: string | undefined;
  readonly asCountry: string | undefined;
  readonly asRel: string | undefined;
  readonly watch: string | undefined;
  readonly fromUs: number;
  readonly toUs: number;
  readonly minConfidence: number;
  readonly isJson: boolean;
  readonly isFollow: boolean;
  readonly showsNearMisses: boolean;
}

const BATCH_ELEMS = 4000;

/** `routescope detect`. @returns the exit code. */
export async function detect(argv: string[]): Promise<number> {
  let options: DetectOptions | null;
  try {
    options = readOptions(argv);
  } catch (error) {
    process.stderr.write(`routescope detect: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.usage;
  }
  if (!options) {
    process.stdout.write(HELP);
    return EXIT.fine;
  }
  const session = await open(options);
  if (!session) return EXIT.failed;
  const output = new LineOutput(process.stdout);
  const report = new Report(options, session, output);
  let code: number = EXIT.fine;
  for (const path of options.files) {
    if (!(await readFile(path, options, session, report))) code = EXIT.failed;
    if (output.isClosed) break;
  }
  await report.end();
  return code;
}

/** A session with all that was given to know beforehand; null when some of it could not be read. */
async function open(options: DetectOptions): Promise<DetectSession | null> {
  try {
    const knowledge = await loadKnowledge(options, (line) => void process.stderr.write(`${line}\n`));
    const session = new DetectSession({ knowledge });
    for (const path of options.baseline) await loadBaseline(path, session);
    if (options.baseline.length > 0) return session;
    for (const path of options.files) await learnOwnTable(path, session);
    // With a table of its own a file also says what was not announced.
    if (session.engine.stats().baselineOrigins > 0) knowledge.hasFullTable = true;
    return session;
  } catch (error) {
    if (!(error instanceof BgpError) && !(error instanceof UpstreamError)) throw error;
    process.stderr.write(`routescope detect: ${error.message}\n`);
    return null;
  }
}

/** Table entries of elem JSONL are its baseline wherever they stand in the file. Other formats have none among updates. */
async function learnOwnTable(path: string, session: DetectSession): Promise<void> {
  if (path === '-') return;
  const file = openElemFile(path, { batchElems: BATCH_ELEMS });
  try {
    for await (const batch of file.batches) {
      if (file.stats.format !== 'jsonl') return;
      const table = tableEntries(batch);
      if (table) session.learn(table);
    }
  } catch (error) {
    // The file is read again, and what is wrong with it told then.
    if (!(error instanceof BgpError)) throw error;
  }
}

/** @returns whether the file could be read to its end. */
async function readFile(
  path: string,
  options: DetectOptions,
  session: DetectSession,
  report: Report,
): Promise<boolean> {
  const progress = new ProgressBar(path);
  const file = openElemFile(path, {
    batchElems: BATCH_ELEMS,
    onProgress: (bytesRead, bytesTotal) => progress.show(bytesRead, bytesTotal),
  });
  let failure: BgpError | null = null;
  try {
    for await (const batch of file.batches) {
      const isTableTaken = file.stats.format === 'jsonl' && path !== '-' && options.baseline.length === 0;
      stepBatch(batch, isTableTaken, options, session);
      await report.takeTransitions();
    }
  } catch (error) {
    if (!(error instanceof BgpError)) throw error;
    failure = error;
  } finally {
    progress.clear();
  }
  const { damage } = file.stats;
  if (damage.total > 0) {
    const counts = [...damage.countByCode].map(([damageCode, count]) => `${count} ${damageCode}`).join(', ');
    process.stderr.write(`${path}: ${damage.total} damaged and left out: ${counts}\n`);
  }
  if (failure) process.stderr.write(`${path}: ${failure.message}\n`);
  return failure === null;
}

function stepBatch(
  batch: ElemBatch,
  isTableTaken: boolean,
  options: DetectOptions,
  session: DetectSession,
): void {
  const { fromUs, toUs } = options;
  const isPlain = fromUs === -Infinity && toUs === Infinity && !isTableTaken;
  if (isPlain) return session.step(batch);
  const isStream = (i: number): boolean => !isTableTaken || batch.kind[i] !== KIND.rib;
  const before = selectElems(batch, (i) => isStream(i) && batch.timeUs[i]! < fromUs);
  const inside = selectElems(
    batch,
    (i) => isStream(i) && batch.timeUs[i]! >= fromUs && batch.timeUs[i]! < toUs,
  );
  if (before) session.learn(before);
  if (inside) session.step(inside);
}

/** Prints incidents as the options want them. */
class Report {
  readonly #options: DetectOptions;
  readonly #session: DetectSession;
  readonly #output: LineOutput;
  readonly #closed: Incident[] = [];
  readonly #counts = { low: 0, medium: 0, high: 0 };

  constructor(options: DetectOptions, session: DetectSession, output: LineOutput) {
    this.#options = options;
    this.#session = session;
    this.#output = output;
  }

  async takeTransitions(): Promise<void> {
    const { isFollow, isJson, minConfidence } = this.#options;
    for (const transition of this.#session.engine.transitions()) {
      const { incident, change } = transition;
      const isOver = change === 'resolved';
      if (isOver) this.#counts[incident.level]++;
      if (incident.confidence < minConfidence) continue;
      if (isFollow) {
        this.#output.add(isJson ? JSON.stringify(incidentJson(incident)) : transitionLine(transition));
      } else if (isOver && isJson) {
        this.#output.add(JSON.stringify(incidentJson(incident)));
      } else if (isOver) {
        this.#closed.push(incident);
      }
    }
    await this.#output.settle();
  }

  async end(): Promise<void> {
    await this.takeTransitions();
    const { isJson, isFollow, minConfidence, showsNearMisses } = this.#options;
    const open = this.#session.engine.incidents();
    for (const incident of open) this.#counts[incident.level]++;
    const shown = open.filter((incident) => incident.confidence >= minConfidence);
    if (isJson && !isFollow)
      for (const incident of shown) this.#output.add(JSON.stringify(incidentJson(incident)));
    if (!isJson && !isFollow)
      for (const line of incidentTable([...this.#closed, ...shown])) this.#output.add(line);
    await this.#output.flush();
    process.stderr.write(`${this.#summary(this.#session.engine.stats())}\n`);
    if (!showsNearMisses) return;
    for (const [reason, count] of this.#session.engine.nearMisses().countByReason) {
      process.stderr.write(`not raised: ${count} ${reason}\n`);
    }
  }

  #summary(stats: EngineStats): string {
    const { high, medium, low } = this.#counts;
    const parts = [
      `${stats.elems} elems, ${stats.prefixes} prefixes, ${stats.links} AS links`,
      `incidents: ${high} high, ${medium} medium, ${low} low; ${stats.nearMisses} near-misses`,
    ];
    if (stats.baselineOrigins === 0)
      parts.push('no baseline: nothing younger than an hour was judged (warming up)');
    if (stats.refused + stats.dropped > 0)
      parts.push(`bounds reached: ${stats.refused} refused, ${stats.dropped} dropped`);
    if (stats.silent.length > 0) parts.push(`silent for want of input: ${stats.silent.join(', ')}`);
    return parts.join('\n');
  }
}

function readOptions(argv: string[]): DetectOptions | null {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      baseline: { type: 'string', multiple: true, default: [] },
      vrps: { type: 'string' },
      'as-org': { type: 'string' },
      'as-country': { type: 'string' },
      'as-rel': { type: 'string' },
      watch: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      'min-confidence': { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      follow: { type: 'boolean', default: false },
      'near-misses': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  if (positionals.length === 0) throw new Error('no FILE given; see --help');
  const minConfidence = Number(values['min-confidence']);
  if (!Number.isInteger(minConfidence)) throw new Error('--min-confidence wants a whole number');
  return {
    files: positionals,
    baseline: values.baseline,
    vrps: values.vrps,
    asOrg: values['as-org'],
    asCountry: values['as-country'],
    asRel: values['as-rel'],
    watch: values.watch,
    fromUs: timeOption('--from', values.from, -Infinity),
    toUs: timeOption('--to', values.to, Infinity),
    minConfidence,
    isJson: values.json,
    isFollow: values.follow,
    showsNearMisses: values['near-misses'],
  };
}

function timeOption(name: string, text: string | undefined, absent: number): number {
  if (text === undefined) return absent;
  const timeUs = parseTimeUs(text);
  if (timeUs === null) throw new Error(`${name} ${text}: neither Unix seconds nor 2008-02-24T18:30Z`);
  return timeUs;
}
