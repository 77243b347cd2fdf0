import { parseArgs } from 'node:util';
import type { ElemBatch } from '#core/elem/batch.ts';
import { BgpdumpLines } from '#core/elem/bgpdump.ts';
import type { ElemMatcher } from '#core/elem/filter.ts';
import { compileFilter } from '#core/elem/filter.ts';
import { formatJsonl } from '#core/elem/jsonl.ts';
import { elemRow } from '#core/elem/row.ts';
import { BgpError } from '#core/error.ts';
import { parseAsn } from '#core/elem/asn.ts';
import type { ElemFile } from '../source/file.ts';
import { openElemFile } from '../source/file.ts';
import { EXIT } from './exit.ts';
import { LineOutput } from './output.ts';
import { ProgressBar } from './progress.ts';
import { parseTimeUs } from './time.ts';

const HELP = `routescope decode FILE... [OPTIONS]

Print the elems of files: MRT (RIS, RouteViews, daemons), RIS Live JSON lines, elem JSONL, frame logs; plain, gzip or
bzip2, recognised by their content. - is standard input.

  --format bgpdump|jsonl   lines as "bgpdump -m" prints them (default), or elem JSONL
  --collector NAME         who recorded it (default: as the file's name says)
  --from TIME, --to TIME   only elems from TIME on, and before TIME: Unix seconds or 2008-02-24T18:30Z (UTC)
  --prefix P               only this prefix and what lies inside it; may be repeated
  --asn N                  only elems with this AS on the path or as the peer; may be repeated
  --json stats             no elems: one JSON object per file with what is in it
  --help
`;

interface DecodeOptions {
  readonly files: readonly string[];
  readonly format: 'bgpdump' | 'jsonl' | 'stats';
  readonly collector: string | undefined;
  readonly fromUs: number;
  readonly toUs: number;
  readonly matcher: ElemMatcher | null;
}

type LineOf = (batch: ElemBatch, i: number) => string;

/** Elems per batch: bigger than on the wire, since nobody waits for them. */
const BATCH_ELEMS = 4000;

/** `routescope decode`. @returns the exit code. */
export async function decode(argv: string[]): Promise<number> {
  let options: DecodeOptions | null;
  try {
    options = readOptions(argv);
  } catch (error) {
    process.stderr.write(`routescope decode: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.usage;
  }
  if (!options) {
    process.stdout.write(HELP);
    return EXIT.fine;
  }
  const output = new LineOutput(process.stdout);
  let code: number = EXIT.fine;
  for (const path of options.files) {
    if (!(await decodeFile(path, options, output))) code = EXIT.failed;
    if (output.isClosed) break;
  }
  await output.flush();
  return code;
}

function readOptions(argv: string[]): DecodeOptions | null {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      format: { type: 'string', default: 'bgpdump' },
      collector: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      prefix: { type: 'string', multiple: true, default: [] },
      asn: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  if (positionals.length === 0) throw new Error('no FILE given; see --help');
  const { format, json, prefix } = values;
  if (format !== 'bgpdump' && format !== 'jsonl') throw new Error(`--format ${format}: bgpdump or jsonl`);
  if (json !== undefined && json !== 'stats') throw new Error(`--json ${json}: only stats`);
  const asns = values.asn.map((text) => parseAsn(text));
  const hasFilter = prefix.length > 0 || asns.length > 0;
  return {
    files: positionals,
    format: json ?? format,
    collector: values.collector,
    fromUs: timeOption('--from', values.from, -Infinity),
    toUs: timeOption('--to', values.to, Infinity),
    matcher: hasFilter ? compileFilter({ prefixes: prefix, asns }) : null,
  };
}

function timeOption(name: string, text: string | undefined, absent: number): number {
  if (text === undefined) return absent;
  const timeUs = parseTimeUs(text);
  if (timeUs === null) throw new Error(`${name} ${text}: neither Unix seconds nor 2008-02-24T18:30Z`);
  return timeUs;
}

/** @returns whether the file could be read to its end. */
async function decodeFile(path: string, options: DecodeOptions, output: LineOutput): Promise<boolean> {
  const progress = new ProgressBar(path);
  const { collector } = options;
  const file = openElemFile(path, {
    batchElems: BATCH_ELEMS,
    // bgpdump prints multicast routes like any other.
    multicast: options.format === 'bgpdump',
    onProgress: (bytesRead, bytesTotal) => progress.show(bytesRead, bytesTotal),
    ...(collector === undefined ? {} : { collector }),
  });
  const counts = new Counts();
  let failure: BgpError | null = null;
  try {
    await printBatches(file, options, counts, output);
  } catch (error) {
    if (!(error instanceof BgpError)) throw error;
    failure = error;
  } finally {
    progress.clear();
  }
  if (options.format === 'stats') output.add(JSON.stringify(counts.summary(path, file, failure)));
  await output.flush();
  if (!output.isClosed) reportDamage(path, file, failure);
  return failure === null;
}

async function printBatches(
  file: ElemFile,
  options: DecodeOptions,
  counts: Counts,
  output: LineOutput,
): Promise<void> {
  const lineOf = options.format === 'stats' ? null : lineFormat(options.format);
  const { fromUs, toUs, matcher } = options;
  for await (const batch of file.batches) {
    for (let i = 0; i < batch.length; i++) {
      const timeUs = batch.timeUs[i]!;
      if (timeUs < fromUs || timeUs >= toUs || (matcher && !matcher.matches(batch, i))) continue;
      counts.add(batch, i);
      if (lineOf) output.add(lineOf(batch, i));
    }
    await output.settle();
    if (output.isClosed) return;
  }
}

function lineFormat(format: 'bgpdump' | 'jsonl'): LineOf {
  if (format === 'jsonl') return (batch, i) => formatJsonl(elemRow(batch, i));
  const lines = new BgpdumpLines();
  return (batch, i) => lines.line(batch, i);
}

/** What was printed, by kind. */
class Counts {
  readonly #byKind = [0, 0, 0, 0];
  #firstUs = Infinity;
  #lastUs = -Infinity;

  add(batch: ElemBatch, i: number): void {
    this.#byKind[batch.kind[i]!]!++;
    const timeUs = batch.timeUs[i]!;
    if (timeUs < this.#firstUs) this.#firstUs = timeUs;
    if (timeUs > this.#lastUs) this.#lastUs = timeUs;
  }

  summary(path: string, file: ElemFile, failure: BgpError | null): Record<string, unknown> {
    const [announcements, withdrawals, stateChanges, tableEntries] = this.#byKind;
    const { stats } = file;
    const isEmpty = this.#firstUs === Infinity;
    return {
      file: path,
      format: stats.format,
      compression: stats.compression,
      bytes: stats.bytesRead,
      records: stats.messages,
      elems: this.#byKind.reduce((sum, count) => sum + count, 0),
      announcements,
      withdrawals,
      stateChanges,
      tableEntries,
      first: isEmpty ? null : new Date(this.#firstUs / 1000).toISOString(),
      last: isEmpty ? null : new Date(this.#lastUs / 1000).toISOString(),
      damaged: Object.fromEntries(stats.damage.countByCode),
      unsupported: stats.unsupported,
      error: failure && { code: failure.code, detail: failure.message },
    };
  }
}

function reportDamage(path: string, file: ElemFile, failure: BgpError | null): void {
  const { damage, format, unsupported } = file.stats;
  const place = format === 'mrt' ? 'byte' : format === 'frame-log' ? 'frame' : 'line';
  const lines = damage.first.map(({ at, detail }) => `${path}: ${place} ${at}: ${detail}`);
  if (damage.total > 0) {
    const counts = [...damage.countByCode].map(([code, count]) => `${count} ${code}`).join(', ');
    lines.push(`${path}: ${damage.total} damaged and left out: ${counts}`);
  }
  const kinds = Object.entries(unsupported).map(([kind, count]) => `${kind} (${count})`);
  if (kinds.length > 0) lines.push(`${path}: not decoded: ${kinds.join(', ')}`);
  if (failure) lines.push(`${path}: ${failure.message}`);
  if (lines.length > 0) process.stderr.write(`${lines.join('\n')}\n`);
}
