/**
 * The archive on the two days of data/mrt/youtube-pakistan-20080224 (12.68 M elems): rate of writing, bytes per elem beside the
 * bzip2 MRT, and lookups by prefix, by origin and of five minutes as a ratio to reading everything; on the archive itself and on ten
 * copies of it, and beside grep over `bgpdump -m` output of the same files. Answers are checked against one another.
 *
 *   npx tsx bench/archive.bench.ts [--files N] [--copies 10] [--keep DIR]
 *
 * CPU-seconds are the process's (DuckDB's threads included); grep's are its own. Decoding MRT is not counted as writing.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ElemBatch } from '#core/elem/batch.ts';
import { MrtDecoder } from '#core/mrt/decoder.ts';
import { Archive } from '../relay/archive/archive.ts';
import type { ArchiveQuery } from '../relay/archive/conditions.ts';
import { Duck, quote } from '../relay/archive/duck.ts';
import type { ArchiveIndex, IndexedFile } from '../relay/archive/index-file.ts';
import { readElems } from '../relay/archive/read.ts';
import { COLUMN_LIST, partitionOf, partitionStartUs } from '../relay/archive/schema.ts';
import { verifyArchive } from '../relay/archive/verify.ts';
import { SILENT } from '../relay/log.ts';
import { DATA, readData } from '../tests/data.ts';

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '1000' },
    copies: { type: 'string', default: '10' },
    keep: { type: 'string' },
  },
});
const FOLDER = 'mrt/youtube-pakistan-20080224';
const names = readdirSync(`${DATA}/${FOLDER}`)
  .filter((name) => name.startsWith('updates.'))
  .sort()
  .slice(0, Number(values.files));
const bz2Bytes = names.reduce((sum, name) => sum + statSync(`${DATA}/${FOLDER}/${name}`).size, 0);
const root = values.keep ?? mkdtempSync(join(tmpdir(), 'routescope-bench-'));
const dir = join(root, 'archive');

const cpuS = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

function decode(name: string): ElemBatch[] {
  const batches: ElemBatch[] = [];
  const decoder = new MrtDecoder({ collector: 'route-views2' }, (batch) => batches.push(batch));
  decoder.push(readData(`${FOLDER}/${name}`));
  decoder.end();
  return batches;
}

async function write(): Promise<ArchiveIndex> {
  const archive = await Archive.open({ dir, log: SILENT });
  let writeS = 0;
  let elems = 0;
  for (const name of names) {
    const batches = decode(name);
    const beforeS = cpuS();
    const { record } = await archive.import({ key: name, sha256: () => '', batches });
    writeS += cpuS() - beforeS;
    elems += record.rows;
  }
  const fresh = archive.status();
  const beforeS = cpuS();
  await archive.compact(true);
  const mergeS = cpuS() - beforeS;
  const { bytes, files } = archive.status();
  const { index } = archive;
  const per = (total: number): string =>
    `${(total / elems).toFixed(2)} B/elem, ${(total / bz2Bytes).toFixed(2)} x bz2`;
  console.log(
    `${elems} elems of ${names.length} files, bzip2 ${bz2Bytes} bytes (${(bz2Bytes / elems).toFixed(2)} B/elem)`,
  );
  console.log(
    `written: ${Math.round(elems / writeS)} elems per CPU-second; ${fresh.files} files, ${fresh.bytes} bytes (${per(fresh.bytes)})`,
  );
  console.log(
    `merged:  ${Math.round(elems / mergeS)} elems per CPU-second; ${files} files, ${bytes} bytes (${per(bytes)})`,
  );
  await archive.close();
  const duck = await Duck.open();
  const checkS = cpuS();
  const report = await verifyArchive(dir, duck);
  duck.close();
  if (report.problems.length > 0 || report.rows !== elems) throw new Error(JSON.stringify(report));
  console.log(`verified: ${report.rows} elems, ${Math.round(elems / (cpuS() - checkS))} per CPU-second`);
  return index;
}

/** The archive `copies` times, each two days later than the one before, as files of their own. */
async function multiply(index: ArchiveIndex, copies: number): Promise<ArchiveIndex> {
  const duck = await Duck.open();
  const files: IndexedFile[] = [...index.files];
  for (let copy = 1; copy < copies; copy++) {
    const shiftUs = copy * 2 * 86_400_000_000;
    for (const file of index.files) {
      const path = `copy-${copy}-${files.length}.parquet`;
      await duck.connection.run(
        `COPY (SELECT ${COLUMN_LIST} FROM (SELECT * REPLACE (make_timestamp(epoch_us(time) + ${shiftUs}) AS time)
         FROM read_parquet(${quote(join(dir, file.path))}, hive_partitioning = false))) TO ${quote(join(dir, path))}
         (FORMAT parquet, PARQUET_VERSION V2, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE 32768)`,
      );
      files.push({
        ...file,
        path,
        partition: partitionOf(partitionStartUs(file.partition)! + shiftUs),
        minTimeUs: file.minTimeUs + shiftUs,
        maxTimeUs: file.maxTimeUs + shiftUs,
      });
    }
  }
  duck.close();
  return { ...index, files };
}

const HIJACK_US = Date.UTC(2008, 1, 24, 18, 47) * 1000;
const ALL = { fromUs: 0, toUs: 2 ** 52 };
const QUESTIONS: readonly (readonly [string, ArchiveQuery, string | null])[] = [
  [
    'prefix 208.65.153.0/24',
    { ...ALL, filter: { prefixes: ['208.65.153.0/24'], moreSpecific: false } },
    '|208.65.153.0/24|',
  ],
  ['inside 208.65.152.0/22', { ...ALL, filter: { prefixes: ['208.65.152.0/22'] } }, null],
  ['origin AS17557', { ...ALL, origins: [17_557] }, ' 17557|'],
  ['five minutes from 18:47', { fromUs: HIJACK_US, toUs: HIJACK_US + 300e6 }, null],
];

async function ask(
  index: ArchiveIndex,
  query: ArchiveQuery,
): Promise<{ elems: number; s: number; wallS: number }> {
  const duck = await Duck.open();
  const best = { elems: 0, s: Infinity, wallS: Infinity };
  for (let run = 0; run < 3; run++) {
    const beforeS = cpuS();
    const began = performance.now();
    let elems = 0;
    for await (const batch of readElems(dir, index, duck, query, { batchElems: 10_000 }))
      elems += batch.length;
    best.elems = elems;
    best.s = Math.min(best.s, cpuS() - beforeS);
    best.wallS = Math.min(best.wallS, (performance.now() - began) / 1000);
    if (best.s > 10) break;
  }
  duck.close();
  return best;
}

async function lookups(title: string, index: ArchiveIndex, text: string | null): Promise<void> {
  const rows = index.files.reduce((sum, file) => sum + file.rows, 0);
  const duck = await Duck.open();
  const beforeS = cpuS();
  const list = index.files.map(({ path }) => quote(join(dir, path))).join(', ');
  // Every column of every row, without pruning: what answering would cost if nothing were sorted.
  await duck.rows(
    `SELECT ${COLUMN_LIST.split(', ')
      .map((c) => `max(${c})`)
      .join(', ')} FROM read_parquet([${list}], hive_partitioning = false)`,
  );
  const scanS = cpuS() - beforeS;
  duck.close();
  console.log(
    `${title}: ${rows} elems, full scan ${scanS.toFixed(2)} CPU-s (${Math.round(rows / scanS)} elems/s)`,
  );
  for (const [name, query, needle] of QUESTIONS) {
    const { elems, s, wallS } = await ask(index, query);
    const grep = text !== null && needle !== null ? grepS(text, needle) : null;
    if (grep && title === 'archive' && grep.lines !== elems && !name.startsWith('origin'))
      throw new Error(`${name}: ${elems} elems, grep finds ${grep.lines}`);
    console.log(
      `  ${name}: ${elems} elems in ${(s * 1000).toFixed(0)} CPU-ms, ${(wallS * 1000).toFixed(0)} ms, 1/${Math.round(scanS / s)} of a full scan` +
        (grep
          ? `; grep over bgpdump text ${(grep.s * 1000).toFixed(0)} CPU-ms, ${Math.round(grep.s / s)} x`
          : ''),
    );
  }
}

/** CPU time of `grep -cF` over a file in the page cache. */
function grepS(path: string, needle: string): { lines: number; s: number } {
  const { stdout, stderr } = spawnSync(
    'bash',
    ['-c', `TIMEFORMAT='%U %S'; time grep -cF -- "$1" "$2"`, '-', needle, path],
    {
      encoding: 'utf8',
    },
  );
  const [user, system] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number);
  return { lines: Number(stdout), s: user! + system! };
}

/** `bgpdump -m` of every file, one after the other; null without bgpdump. */
function bgpdumpText(): string | null {
  const path = join(root, 'bgpdump.txt');
  const { status } = spawnSync(
    'bash',
    [
      '-c',
      `set -e; : > "$1"; cd "$2"; for f in updates.*; do bgpdump -m "$f" >> "$1" 2>/dev/null; done`,
      '-',
      path,
      `${DATA}/${FOLDER}`,
    ],
    { encoding: 'utf8' },
  );
  return status === 0 && names.length >= 189 ? path : null;
}

const index = await write();
const text = bgpdumpText();
if (text)
  console.log(
    `bgpdump: ${spawnSync('wc', ['-l', text], { encoding: 'utf8' }).stdout.trim().split(' ')[0]} lines, ${statSync(text).size} bytes`,
  );
await lookups('archive', index, text);
const copies = Number(values.copies);
if (copies > 1) await lookups(`${copies} copies`, await multiply(index, copies), null);
if (values.keep === undefined) rmSync(root, { recursive: true });
