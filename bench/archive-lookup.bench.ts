/**
 * Looking things up in an archive: by prefix, by origin, by five minutes, beside a full scan of the same files and beside
 * the same question put to `bgpdump -m` text.
 * Run: npx tsx bench/archive-lookup.bench.ts ARCHIVE-DIR [--copies 10] [--text FILE]
 * ARCHIVE-DIR: an archive with 23 and 24 February 2008 of route-views2 in it (docs/events.md says how to import them).
 * --copies N: also a copy N times as big (the same elems, moved by two days each time), made beside it and removed.
 * --text FILE: the same days as `bgpdump -m` lines; without it the text column is left out.
 * Every answer (a count and a sum) must be equal in all columns before its times are printed. Times are CPU seconds.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { pruningCondition } from '../relay/archive/conditions.ts';
import type { ArchiveQuery } from '../relay/archive/conditions.ts';
import { Duck, quote, quoteList } from '../relay/archive/duck.ts';
import type { IndexedFile } from '../relay/archive/index-file.ts';
import { loadIndex } from '../relay/archive/index-store.ts';
import { NODE_FS } from '../relay/archive/fs.ts';
import { filesOfWindow } from '../relay/archive/read.ts';

const ROUNDS = 3;
const DAY_US = 86_400e6;
const START_US = Date.UTC(2008, 1, 23) * 1000;
const WHOLE = { fromUs: START_US, toUs: START_US + 2 * DAY_US };
const at = (time: string): number => Date.parse(`2008-02-24T${time}Z`) * 1000;

interface Question {
  readonly name: string;
  readonly query: ArchiveQuery;
  /** The same over bgpdump text, as an awk condition beside the window's; `$6` is the prefix, `$7` the path. */
  readonly awk: string;
}

const QUESTIONS: readonly Question[] = [
  {
    name: 'prefix 208.65.153.0/24, two days',
    query: { ...WHOLE, filter: { prefixes: ['208.65.153.0/24'], moreSpecific: false } },
    awk: '$6=="208.65.153.0/24"',
  },
  {
    name: 'prefix of a busy AS, 12.0.0.0/8 exact',
    query: { ...WHOLE, filter: { prefixes: ['12.0.0.0/8'], moreSpecific: false } },
    awk: '$6=="12.0.0.0/8"',
  },
  {
    name: 'origin AS36561, two days',
    query: { ...WHOLE, origins: [36561] },
    awk: '$3=="A" && $7 ~ /(^| )36561$/',
  },
  {
    name: 'origin AS17557, two days',
    query: { ...WHOLE, origins: [17557] },
    awk: '$3=="A" && $7 ~ /(^| )17557$/',
  },
  {
    name: 'five minutes from 18:45',
    query: { fromUs: at('18:45:00'), toUs: at('18:50:00') },
    awk: '1',
  },
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { copies: { type: 'string', default: '1' }, text: { type: 'string' } },
});
const dir = resolve(positionals[0] ?? 'data/archive');
const duck = await Duck.open({ memoryMb: 1024, threads: 1 });
const index = await loadIndex(NODE_FS, dir);
const files = index.files.filter(({ kind }) => kind === 'elems');
const rows = files.reduce((sum, file) => sum + file.rows, 0);
const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
console.log(
  `${rows} elems in ${files.length} files, ${(bytes / 1e6).toFixed(1)} MB, ${(bytes / rows).toFixed(2)} B an elem`,
);
await table('as it is', dir, files, values.text);
const copies = Number(values.copies);
if (copies > 1) {
  const folder = join(dir, '..', `lookup-copy-${process.pid}`);
  try {
    await table(`${copies} times as big`, folder, await copied(folder, copies), undefined);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
duck.close();

async function table(
  title: string,
  folder: string,
  all: readonly IndexedFile[],
  text?: string,
): Promise<void> {
  console.log(`\n${title}: CPU seconds, best of ${ROUNDS}\n`);
  console.log(
    '| question | elems | lookup | full scan | ratio | bgpdump text | ratio |\n|---|---|---|---|---|---|---|',
  );
  for (const question of QUESTIONS) {
    // These questions need no filter beyond what SQL can say: the pruning condition is the whole of it.
    const condition = pruningCondition(question.query);
    const some = filesOfWindow({ ...index, files: all }, question.query.fromUs, question.query.toUs);
    const lookup = await best(
      `SELECT count(*), sum(peer_asn) FROM ${parquet(folder, some)} WHERE ${condition}`,
    );
    // Counting with a condition inside the aggregate reads every row group.
    const scan = await best(
      `SELECT count(*) FILTER (${condition}), sum(peer_asn) FILTER (${condition}) FROM ${parquet(folder, all)}`,
    );
    if (lookup.answer !== scan.answer)
      throw new Error(`${question.name}: ${lookup.answer} but ${scan.answer}`);
    const lines = text === undefined ? null : awk(question, text);
    if (lines && lines.answer !== lookup.answer)
      throw new Error(`${question.name}: text has ${lines.answer}`);
    const ratio = (other: number): string => `${(other / lookup.cpuS).toFixed(0)}×`;
    const beside = lines ? `${lines.cpuS.toFixed(2)} | ${ratio(lines.cpuS)}` : '– | –';
    const [count] = lookup.answer.split(' ');
    console.log(
      `| ${question.name} | ${count} | ${lookup.cpuS.toFixed(3)} | ${scan.cpuS.toFixed(2)} | ${ratio(scan.cpuS)} | ${beside} |`,
    );
  }
}

function parquet(folder: string, some: readonly IndexedFile[]): string {
  return `read_parquet(${quoteList(some.map(({ path }) => join(folder, path)))}, hive_partitioning = false)`;
}

async function best(sql: string): Promise<{ cpuS: number; answer: string }> {
  let cpuS = Infinity;
  let answer = '';
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    const [row] = await duck.rows(sql);
    const { user, system } = process.cpuUsage(before);
    cpuS = Math.min(cpuS, (user + system) / 1e6);
    answer = row!.map((value) => Number(value ?? 0)).join(' ');
  }
  return { cpuS, answer };
}

/** Count lines and sum their peers' ASNs (`$5`), once. */
function awk({ query, awk }: Question, text: string): { cpuS: number; answer: string } {
  const window = `$2>=${query.fromUs / 1e6} && $2<${query.toUs / 1e6}`;
  const program = `${window} && ${awk} {n++; s+=$5} END {printf "%d %.0f\\n", n, s}`;
  const script = '{ TIMEFORMAT="%U %S"; time LC_ALL=C awk -F"|" "$1" "$2"; } 2>&1';
  const timed = execFileSync('bash', ['-c', script, 'awk', program, text], { encoding: 'utf8' });
  const [answer, times] = timed.trim().split('\n');
  const [user, system] = times!.split(' ').map(Number);
  return { cpuS: user! + system!, answer: answer! };
}

/** The files and N - 1 more of each, two days later every time; the first are the originals. */
async function copied(folder: string, count: number): Promise<IndexedFile[]> {
  const made: IndexedFile[] = [];
  mkdirSync(folder, { recursive: true });
  for (let copy = 0; copy < count; copy++) {
    for (const [n, file] of files.entries()) {
      const path = `${copy}-${n}.parquet`;
      const shiftUs = copy * 2 * DAY_US;
      await duck.connection.run(
        `COPY (SELECT * REPLACE (time + to_microseconds(${shiftUs}) AS time) FROM read_parquet(${quote(join(dir, file.path))}, hive_partitioning = false))
         TO ${quote(join(folder, path))} (FORMAT parquet, PARQUET_VERSION V2, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE 32768)`,
      );
      made.push({ ...file, path, minTimeUs: file.minTimeUs + shiftUs, maxTimeUs: file.maxTimeUs + shiftUs });
    }
    process.stderr.write(`copy ${copy + 1} of ${count}\n`);
  }
  return made;
}
