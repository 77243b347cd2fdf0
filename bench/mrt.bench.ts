/**
 * MRT decoding against `bgpdump -m` and, where it can be found, bgpkit-parser, in one run on the same files.
 * Run: npx tsx bench/mrt.bench.ts [--files 48]
 * Needs ROUTESCOPE_DATA (default ../shared/data) and bgpdump; bgpkit-parser on the PATH or named by BGPKIT_PARSER.
 *
 * Input: RouteViews route-views2, 23 and 24 February 2008, as one plain file and as the .bz2 files themselves. CPU-seconds
 * are user + system: of the whole process for the others, and for ours both of the whole process and of reading and
 * decoding alone (what Node and the TypeScript loader take to start is no decoding). Elem counts must agree.
 */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Bzip2Decoder } from '../src/lib/core/bzip2/decoder.ts';
import { MrtDecoder } from '../src/lib/core/mrt/decoder.ts';
import { DATA, HAS_DATA } from '../tests/data.ts';

const FOLDER = 'mrt/youtube-pakistan-20080224';
const CHUNK_BYTES = 1 << 20;
const BATCH_ELEMS = [1000, 4000, 16_000];

interface Result {
  readonly name: string;
  readonly elems: number;
  readonly records: number;
  readonly cpuS: number;
  readonly note: string;
}

/** What the child process prints. */
interface ChildReport {
  readonly elems: number;
  readonly records: number;
  readonly cutElems: number;
  readonly decodeCpuS: number;
  readonly processCpuS: number;
  readonly rssMb: number;
}

const cpuSeconds = (since?: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
};

/** Our decoder over files in this process, chunk by chunk. */
function decodeFiles(files: readonly string[], batchElems: number): ChildReport {
  const start = process.cpuUsage();
  let elems = 0;
  let records = 0;
  let cutElems = 0;
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (const file of files) {
    const mrt = new MrtDecoder(
      { collector: 'route-views2', batchElems, multicast: true },
      (batch) => (elems += batch.length),
    );
    const bzip2 = file.endsWith('.bz2') ? new Bzip2Decoder((bytes) => mrt.push(bytes)) : null;
    const descriptor = openSync(file, 'r');
    for (let count; (count = readSync(descriptor, chunk)) > 0;) {
      if (bzip2) bzip2.push(chunk.subarray(0, count));
      else mrt.push(chunk.subarray(0, count));
    }
    closeSync(descriptor);
    bzip2?.end();
    mrt.end();
    if (mrt.stats.damaged > 0) throw new Error(`${mrt.stats.damaged} damaged records in ${file}`);
    records += mrt.stats.records;
    cutElems += mrt.stats.update.cutElems;
  }
  const decodeCpuS = cpuSeconds(start);
  return {
    elems,
    records,
    cutElems,
    decodeCpuS,
    processCpuS: cpuSeconds(),
    rssMb: process.resourceUsage().maxRSS / 1024,
  };
}

function ours(files: readonly string[], batchElems: number): ChildReport {
  const script = fileURLToPath(import.meta.url);
  const args = ['--import', 'tsx', script, '--child', String(batchElems), ...files];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as ChildReport;
}

/** User + system seconds of a program over every file, by bash's `time`; its output goes nowhere. */
function cpuOf(command: readonly string[], files: readonly string[]): number {
  const script =
    'TIMEFORMAT="%U %S"; { time for f in "${@:N}"; do "${@:1:N-1}" "$f" >/dev/null 2>&1; done; } 2>&1';
  const text = execFileSync(
    'bash',
    ['-c', script.replace(/N/g, String(command.length + 1)), 'bash', ...command, ...files],
    {
      encoding: 'utf8',
    },
  );
  const [user, system] = text.trim().split(' ').map(Number);
  return user! + system!;
}

/** Lines the command prints over all files. */
function linesOf(command: readonly string[], files: readonly string[]): number {
  const script = `for f in "\${@:${command.length + 1}}"; do "\${@:1:${command.length}}" "$f" 2>/dev/null; done | wc -l`;
  return Number(execFileSync('bash', ['-c', script, 'bash', ...command, ...files], { encoding: 'utf8' }));
}

function findBgpkit(): string | null {
  const name = process.env.BGPKIT_PARSER ?? 'bgpkit-parser';
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return name;
  } catch {
    return null;
  }
}

function print(title: string, results: readonly Result[]): void {
  const base = results[0]!;
  console.log(
    `\n${title}\n| reader | elems | CPU-s | records per CPU-s | of bgpdump | |\n|---|---|---|---|---|---|`,
  );
  for (const { name, elems, records, cpuS, note } of results) {
    const rate = Math.round(records / cpuS);
    const ratio = (base.cpuS / cpuS).toFixed(1);
    console.log(
      `| ${name} | ${elems} | ${cpuS.toFixed(2)} | ${rate.toLocaleString('en')} | ${ratio}x | ${note} |`,
    );
  }
}

/** Run everything over `files`, check that the readers agree, print the table. */
function compare(title: string, files: readonly string[], bgpkit: string | null): void {
  const own = BATCH_ELEMS.map((batchElems) => ({ batchElems, ...ours(files, batchElems) }));
  const { records, elems, cutElems } = own[0]!;
  const lines = linesOf(['bgpdump', '-m'], files);
  if (own.some((report) => report.elems !== lines)) throw new Error(`bgpdump: ${lines} elems, we ${elems}`);
  const results: Result[] = [
    { name: 'bgpdump -m', elems: lines, records, cpuS: cpuOf(['bgpdump', '-m'], files), note: 'prints' },
  ];
  if (bgpkit !== null) {
    const count = linesOf([bgpkit], files);
    // Of records that the collector's buffer cut short it drops some; bgpdump and we keep their whole entries.
    if (count > elems || count < elems - cutElems) {
      throw new Error(`bgpkit-parser has ${count} elems, we ${elems}, ${cutElems} of them cut`);
    }
    results.push({
      name: 'bgpkit-parser',
      elems: count,
      records,
      cpuS: cpuOf([bgpkit], files),
      note: 'prints',
    });
    results.push({
      name: 'bgpkit-parser -e',
      elems: count,
      records,
      cpuS: cpuOf([bgpkit, '-e'], files),
      note: 'counts',
    });
  }
  for (const report of own) {
    const name = `Routescope, batches of ${report.batchElems}`;
    const note = `whole process ${report.processCpuS.toFixed(2)} CPU-s, ${report.rssMb.toFixed(0)} MB`;
    results.push({ name, elems: report.elems, records, cpuS: report.decodeCpuS, note });
  }
  print(`${title}: ${records} records, ${elems} elems`, results);
}

function main(): void {
  const { values } = parseArgs({ options: { files: { type: 'string', default: '48' } } });
  if (!HAS_DATA) throw new Error(`no data at ${DATA}: set ROUTESCOPE_DATA`);
  const names = readdirSync(`${DATA}/${FOLDER}`).filter((name) => name.endsWith('.bz2'));
  const packed = names.slice(0, Number(values.files)).map((name) => `${DATA}/${FOLDER}/${name}`);
  const folder = mkdtempSync(`${tmpdir()}/mrt-bench-`);
  try {
    const plain = `${folder}/updates.mrt`;
    const descriptor = openSync(plain, 'w');
    for (const file of packed) {
      const decoder = new Bzip2Decoder((bytes) => writeSync(descriptor, bytes));
      decoder.push(readFileSync(file));
      decoder.end();
    }
    closeSync(descriptor);
    const bgpkit = findBgpkit();
    console.log(
      `${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.versions.node}, ${packed.length} files`,
    );
    if (bgpkit === null) console.log('bgpkit-parser not found: set BGPKIT_PARSER');
    compare(`Plain, one file of ${(statSync(plain).size / 1e6).toFixed(0)} MB`, [plain], bgpkit);
    compare(`bzip2, ${packed.length} files`, packed, bgpkit);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[2] === '--child') {
  console.log(JSON.stringify(decodeFiles(process.argv.slice(4), Number(process.argv[3]))));
} else {
  main();
}
