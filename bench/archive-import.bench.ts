/**
 * Two days of a collector into the archive: `npx tsx bench/archive-import.bench.ts [--files N] [--no-compact]`.
 *
 * Imports the update files of RouteViews route-views2 of 23 and 24 February 2008 (189 bz2 files; `--files N` takes the first N)
 * into an archive in a temporary folder, one transaction a file, as `routescope archive import` does: bzip2, MRT, Parquet and
 * hashes are all in the time; reading alone (bzip2, MRT) is told before. Then merges the small files. Checks its own answer: as many elems as `bgpdump -m` prints lines,
 * every file known when imported again, and `archive verify`'s proof. Prints JSON lines: elems, wall and CPU seconds (all
 * threads), elems per second of each, bytes on disk, bytes per elem, and the ratio to the bz2 files. Input:
 * mrt/youtube-pakistan-20080224 of the data folder (ROUTESCOPE_DATA).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Archive } from '../relay/archive/archive.ts';
import { Duck } from '../relay/archive/duck.ts';
import { verifyArchive } from '../relay/archive/verify.ts';
import { Importer } from '../relay/archive-import/importer.ts';
import { FETCH_LIMITS } from '../relay/archive-import/limits.ts';
import { namedItem } from '../relay/archive-import/plan.ts';
import { SILENT } from '../relay/log.ts';
import { openElemFile } from '../relay/source/file.ts';

const DATA = process.env['ROUTESCOPE_DATA'] ?? new URL('../../shared/data', import.meta.url).pathname;
const FOLDER = join(DATA, 'mrt/youtube-pakistan-20080224');
const at = process.argv.indexOf('--files');
const count = at === -1 ? Infinity : Number(process.argv[at + 1]);
const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.bz2'))
  .sort()
  .slice(0, count);
const paths = names.map((name) => join(FOLDER, name));
const bz2Bytes = paths.reduce((sum, path) => sum + statSync(path).size, 0);

const dir = mkdtempSync(join(tmpdir(), 'bench-import-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
const archive = await Archive.open({ dir, log: SILENT });
const items = paths.map((path) => namedItem(path, 'route-views2'));
const importer = (): Importer =>
  new Importer({
    ...{
      archive,
      downloadDir: join(dir, 'import'),
      limits: FETCH_LIMITS,
      isKept: false,
      takesPartial: false,
    },
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onOutcome: () => undefined,
    onRetry: () => undefined,
  });

async function timed<T>(phase: string, job: () => Promise<T>): Promise<T> {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  const result = await job();
  const wallS = (performance.now() - wall) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const cpuS = (user + system) / 1e6;
  const files = archive.index.files.filter(({ kind }) => kind === 'elems');
  const elems = files.reduce((sum, { rows }) => sum + rows, 0);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  say({
    ...{ phase, elems, wallS, cpuS, elemsPerS: elems / wallS, elemsPerCpuS: elems / cpuS },
    ...{ files: files.length, bytes, bytesPerElem: bytes / elems, ofBz2: bytes / bz2Bytes },
  });
  return result;
}

function say(facts: Readonly<Record<string, string | number>>): void {
  const rounded = Object.entries(facts).map(([name, value]) => {
    return [name, typeof value === 'number' ? Number(value.toPrecision(value > 1000 ? 9 : 3)) : value];
  });
  console.log(JSON.stringify(Object.fromEntries(rounded)));
}

function check(what: string, is: unknown, wanted: unknown): void {
  if (is !== wanted) throw new Error(`${what}: ${String(is)}, not ${String(wanted)}`);
}

say({ phase: 'input', files: names.length, bz2Bytes });
// Reading alone, so that what writing costs can be told.
const readFrom = process.cpuUsage();
let read = 0;
for (const path of paths) {
  const { batches } = openElemFile(path, { collector: 'route-views2', multicast: true, batchElems: 10_000 });
  for await (const batch of batches) read += batch.length;
}
const readCpu = process.cpuUsage(readFrom);
say({ phase: 'read', elems: read, cpuS: (readCpu.user + readCpu.system) / 1e6 });
const first = await timed('import', () => importer().run(items));
let lines = 0;
for (const path of paths) {
  const printed = execFileSync('bgpdump', ['-m', path], {
    maxBuffer: 1 << 30,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  for (let i = printed.indexOf(10); i !== -1; i = printed.indexOf(10, i + 1)) lines++;
}
check('elems imported', first.elems, lines);
const again = await importer().run(items);
check('known files', again.known, names.length);
check('elems imported again', again.elems, 0);
if (!process.argv.includes('--no-compact')) await timed('compact', () => archive.compact(true));
await archive.close();
const duck = await Duck.open();
const proof = await verifyArchive(dir, duck);
duck.close();
check('problems', proof.problems.length, 0);
check('elems in the files', proof.rows, lines);
say({ phase: 'verified', elems: lines });
