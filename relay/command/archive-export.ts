import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ElemFilter } from '#core/elem/filter.ts';
import { compileFilter } from '#core/elem/filter.ts';
import { parseAsn } from '#core/elem/asn.ts';
import { Duck } from '../archive/duck.ts';
import { NODE_FS } from '../archive/fs.ts';
import { loadIndex } from '../archive/index-store.ts';
import { readElems } from '../archive/read.ts';
import { OutputFile } from '../archive-export/output-file.ts';
import { parquetSink } from '../archive-export/parquet-sink.ts';
import type { ElemSink, TableForm } from '../archive-export/sink.ts';
import {
  bgpdumpEncoding,
  fileSink,
  frameLogEncoding,
  jsonlEncoding,
  mrtEncoding,
} from '../archive-export/sink.ts';
import { EXIT } from './exit.ts';
import { parseTimeUs } from './time.ts';

const FORMATS = ['mrt', 'jsonl', 'bgpdump', 'rsl', 'parquet'] as const;
const TABLES = ['dump', 'announce', 'omit'] as const;
/** Elems of a batch, and so of a frame of a frame log. */
const BATCH_ELEMS = 25_000;
/** 9999-12-31: what the archive has is before. */
const FOREVER_US = 253_402_214_400_000_000;

const HELP = `routescope archive export [--from T] [--to T] [OPTIONS]

Write what the archive has of a window as one file, in order of time.

  --from T, --to T     Unix seconds or 2008-02-24T18:30Z (UTC); from T on, and before T
  --collector LIST     only of these collectors (MRT cannot tell collectors apart: export one at a time)
  --peer ADDR          only of this peer; may be repeated, as the next two
  --prefix P           only this prefix and what lies inside it
  --asn N              only with this AS on the path or as the peer
  --format F           ${FORMATS.join(', ')} [mrt]
  --tables HOW         MRT: table entries as TABLE_DUMP_V2 (dump), as announcements (announce), or not (omit) [dump]
  --out FILE           - is standard output [-]; a name that ends in .gz is compressed
  --data DIR           where the archive is [./data]

MRT comes as BGP4MP messages with four-octet ASNs; BGP4MP_ET where times have microseconds. What the relay has not yet
turned into Parquet files (the last minutes) is not in it.
`;

class UsageError extends Error {}

interface ExportOptions {
  readonly fromUs: number;
  readonly toUs: number;
  readonly filter: ElemFilter;
  readonly format: (typeof FORMATS)[number];
  readonly tables: TableForm;
  readonly out: string;
  readonly dir: string;
}

/** `routescope archive export`. @returns the exit code. */
export async function archiveExport(argv: string[]): Promise<number> {
  try {
    const options = readOptions(argv);
    if (options) return await run(options);
    process.stdout.write(HELP);
    return EXIT.fine;
  } catch (error) {
    const isUsage = error instanceof UsageError || (error instanceof TypeError && 'code' in error);
    process.stderr.write(
      `routescope archive export: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return isUsage ? EXIT.usage : EXIT.failed;
  }
}

function readOptions(argv: string[]): ExportOptions | null {
  const many = { type: 'string', multiple: true, default: [] as string[] } as const;
  const { values } = parseArgs({
    args: argv,
    options: {
      from: { type: 'string' },
      to: { type: 'string' },
      collector: { type: 'string' },
      peer: many,
      prefix: many,
      asn: many,
      format: { type: 'string', default: 'mrt' },
      tables: { type: 'string', default: 'dump' },
      out: { type: 'string', default: '-' },
      data: { type: 'string', default: process.env['ROUTESCOPE_DATA_DIR'] ?? './data' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const format = FORMATS.find((known) => known === values.format);
  const tables = TABLES.find((known) => known === values.tables);
  if (!format) throw new UsageError(`--format ${values.format}: one of ${FORMATS.join(', ')}`);
  if (!tables) throw new UsageError(`--tables ${values.tables}: one of ${TABLES.join(', ')}`);
  if (format === 'parquet' && values.out === '-') throw new UsageError('--format parquet wants --out FILE');
  const filter: ElemFilter = {
    ...(values.collector !== undefined && { collectors: values.collector.split(',') }),
    ...(values.peer.length > 0 && { peers: values.peer }),
    ...(values.prefix.length > 0 && { prefixes: values.prefix }),
    ...(values.asn.length > 0 && { asns: values.asn.map(asnOption) }),
  };
  try {
    compileFilter(filter);
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause));
  }
  const fromUs = timeOption('--from', values.from, 0);
  const toUs = timeOption('--to', values.to, FOREVER_US);
  return { fromUs, toUs, filter, format, tables, out: values.out, dir: join(values.data, 'archive') };
}

function asnOption(text: string): number {
  try {
    return parseAsn(text);
  } catch {
    throw new UsageError(`--asn ${text}: no AS number`);
  }
}

function timeOption(name: string, text: string | undefined, absent: number): number {
  if (text === undefined) return absent;
  const timeUs = parseTimeUs(text);
  if (timeUs === null) throw new UsageError(`${name} ${text}: neither Unix seconds nor 2008-02-24T18:30Z`);
  return timeUs;
}

async function run(options: ExportOptions): Promise<number> {
  const index = await loadIndex(NODE_FS, options.dir);
  const reading = await Duck.open(undefined, tmpdir());
  const writing = options.format === 'parquet' ? await Duck.open(undefined, tmpdir()) : null;
  const sink = sinkOf(options, writing);
  const collectors = new Set<string>();
  let elems = 0;
  try {
    for await (const batch of readElems(options.dir, index, reading, options, { batchElems: BATCH_ELEMS })) {
      elems += batch.length;
      for (const collector of batch.collectors) collectors.add(collector);
      await sink.write(batch);
    }
    await sink.end();
  } catch (cause) {
    await sink.drop();
    // Whoever reads our output has had enough: that is no failure.
    if ((cause as NodeJS.ErrnoException).code !== 'EPIPE') throw cause;
  } finally {
    reading.close();
    writing?.close();
  }
  process.stderr.write(`${elems} elems of ${[...collectors].sort().join(', ') || 'nobody'}\n`);
  if (options.format === 'mrt' && collectors.size > 1)
    process.stderr.write('MRT does not tell whose they are: use --collector to keep collectors apart\n');
  return EXIT.fine;
}

function sinkOf({ format, out, tables, fromUs, toUs, filter }: ExportOptions, duck: Duck | null): ElemSink {
  if (duck) return parquetSink(duck, out);
  const output = new OutputFile(out);
  const iso = (us: number, absent: number): string | null =>
    us === absent ? null : new Date(us / 1000).toISOString();
  switch (format) {
    case 'jsonl':
      return fileSink(output, jsonlEncoding());
    case 'bgpdump':
      return fileSink(output, bgpdumpEncoding());
    case 'rsl': {
      const window = { from: iso(fromUs, 0), to: iso(toUs, FOREVER_US), filter };
      return fileSink(output, frameLogEncoding({ title: 'Export of the archive', ...window }));
    }
    default:
      return fileSink(output, mrtEncoding(tables));
  }
}
