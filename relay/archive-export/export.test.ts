import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ElemBatch } from '#core/elem/batch.ts';
import { BgpdumpLines } from '#core/elem/bgpdump.ts';
import { Archive } from '../archive/archive.ts';
import { Duck } from '../archive/duck.ts';
import { archiveExport } from '../command/archive-export.ts';
import { SILENT } from '../log.ts';
import { openElemFile } from '../source/file.ts';

const DATA = process.env['ROUTESCOPE_DATA'] ?? new URL('../../../shared/data', import.meta.url).pathname;
const MRT = join(DATA, 'mrt');

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'export-'));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true, force: true });
});

async function archived(...paths: string[]): Promise<void> {
  const archive = await Archive.open({ dir: join(dir, 'archive'), log: SILENT });
  for (const path of paths) {
    const { batches } = openElemFile(path, { multicast: true, batchElems: 10_000 });
    await archive.import({ key: path, sha256: () => path, batches });
  }
  await archive.close();
}

async function exported(name: string, ...more: string[]): Promise<string> {
  const out = join(dir, name);
  expect(await archiveExport(['--data', dir, '--out', out, ...more])).toBe(0);
  expect(readdirSync(dir).filter((file) => file.endsWith('.tmp'))).toEqual([]);
  return out;
}

const bgpdump = (path: string): string =>
  execFileSync('bgpdump', ['-m', path], {
    maxBuffer: 1 << 29,
    stdio: ['ignore', 'pipe', 'ignore'],
  }).toString();

async function linesOf(path: string): Promise<string[]> {
  const lines = new BgpdumpLines();
  const all: string[] = [];
  for await (const batch of openElemFile(path, { multicast: true }).batches) {
    for (let i = 0; i < batch.length; i++) all.push(lines.line(batch, i));
  }
  return all;
}

describe.skipIf(!existsSync(MRT))('of real files (needs ROUTESCOPE_DATA)', () => {
  test.each([
    'youtube-pakistan-20080224/updates.20080224.1839.bz2',
    'bgpdump/updates.20020722.2238.gz',
    'bgpdump/updates.20071015.1505.gz',
    'bgpdump/updates.20100722.2015.gz',
    'bgpdump/updates.long_withdrawal.gz',
    'parsers/ris.rrc06.updates.1401488100.gz',
    'parsers/updates.20100227.1610.gz',
    'parsers/bird-mrtdump_bgp',
    'parsers/bird6-mrtdump_bgp',
    'parsers/quagga_bgp',
  ])(
    '%s: imported and exported as MRT, bgpdump prints the same lines in the same order',
    async (name) => {
      await archived(join(MRT, name));
      const wanted = bgpdump(join(MRT, name));
      expect(wanted.length).toBeGreaterThan(100);
      expect(bgpdump(await exported('out.mrt'))).toBe(wanted);
    },
    60_000,
  );

  test('a table goes out as a table, the entries of ADD-PATH and those without a next hop among them', async () => {
    const name = join(MRT, 'parsers/bird-mrtdump_rib');
    await archived(name);
    const wanted = await linesOf(name);
    expect(wanted.length).toBeGreaterThan(10);
    expect((await linesOf(await exported('dump.mrt'))).sort()).toEqual([...wanted].sort());
  });

  test('a table goes out as announcements, or not, if that is wished', async () => {
    const name = join(MRT, 'parsers/quagga_rib');
    await archived(name);
    const wanted = await linesOf(name);
    expect(wanted.length).toBeGreaterThan(0);
    const announced = await linesOf(await exported('announced.mrt', '--tables', 'announce'));
    const body = (line: string): string => line.replace(/^TABLE_DUMP2\|(\d+)\|B\|/, 'BGP4MP|$1|A|');
    expect(announced.sort()).toEqual(wanted.map(body).sort());
    expect(readFileSync(await exported('none.mrt', '--tables', 'omit'))).toHaveLength(0);
  });

  test('every other format holds the same elems', async () => {
    const name = join(MRT, 'youtube-pakistan-20080224/updates.20080224.1839.bz2');
    await archived(name);
    const wanted = await linesOf(name);
    expect(await linesOf(await exported('out.rsl', '--format', 'rsl'))).toEqual(wanted);
    expect(await linesOf(await exported('out.jsonl.gz', '--format', 'jsonl'))).toEqual(wanted);
    expect(readFileSync(await exported('out.txt', '--format', 'bgpdump'), 'utf8')).toBe(
      `${wanted.join('\n')}\n`,
    );
    const parquet = await exported('out.parquet', '--format', 'parquet');
    const duck = await Duck.open();
    const [row] = await duck.rows(`SELECT count(*), min(seq), max(seq) FROM read_parquet('${parquet}')`);
    expect(row!.map(Number)).toEqual([wanted.length, 1, wanted.length]);
    duck.close();
  }, 60_000);

  test('a window and a filter are kept to', async () => {
    await archived(join(MRT, 'youtube-pakistan-20080224/updates.20080224.1839.bz2'));
    const options = [
      '--from',
      '2008-02-24T18:47:57Z',
      '--to',
      '2008-02-24T18:50Z',
      '--prefix',
      '208.65.152.0/22',
    ];
    const lines = await linesOf(await exported('out.mrt', ...options));
    const wanted = bgpdump(join(MRT, 'youtube-pakistan-20080224/updates.20080224.1839.bz2'))
      .split('\n')
      .filter((line) => /\|208\.65\.15[2-5]\./.test(line))
      .filter((line) => Number(line.split('|')[1]) < Date.parse('2008-02-24T18:50Z') / 1000);
    expect(lines).toEqual(wanted);
    expect(lines.length).toBeGreaterThan(20);
  }, 60_000);
});

test.each([
  [['--format', 'xml']],
  [['--tables', 'perhaps']],
  [['--from', 'yesterday']],
  [['--asn', 'x']],
  [['--prefix', 'x']],
  [['--format', 'parquet']],
  [['--bogus']],
])('%j is wrong usage', async (argv) => {
  expect(await archiveExport(['--data', dir, ...argv])).toBe(2);
});

test('an archive with nothing in it gives a file with nothing in it', async () => {
  const batches: ElemBatch[] = [];
  const archive = await Archive.open({ dir: join(dir, 'archive'), log: SILENT });
  await archive.import({ key: 'none', sha256: () => '', batches });
  await archive.close();
  expect(readFileSync(await exported('out.mrt'))).toHaveLength(0);
});
