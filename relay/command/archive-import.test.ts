import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { folderFiles, startMirror } from '../archive-import/mirror.fixture.ts';
import { archiveImport } from './archive-import.ts';

const DATA = process.env['ROUTESCOPE_DATA'] ?? new URL('../../../shared/data', import.meta.url).pathname;
const FOLDER = join(DATA, 'mrt/youtube-pakistan-20080224');

let dir: string;
let out: string;
let errors: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'archive-import-'));
  out = errors = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((errors += String(text)), true));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true, force: true });
});

const run = (...argv: string[]): Promise<number> => archiveImport([...argv, '--data', dir]);

test.each([
  [[]],
  [['--event', 'rogers-20220708', 'file.mrt']],
  [['--from', '2008-02-24', '--to', '2008-02-25']],
  [['--from', '2008-02-25', '--to', '2008-02-24', '--collector', 'rrc00']],
  [['--from', '2008-02-24', '--collector', 'rrc00']],
  [['--event', 'rogers-20220708', '--collector', '../rrc00']],
  [['--event', 'nothing-of-that-name']],
  [['a.mrt', '--collector', 'rrc00,rrc01']],
  [['a.mrt', '--retries', '0']],
  [['--event', 'rogers-20220708', '--ris-url', 'file:///etc']],
  [['--bogus']],
])('%j is wrong usage', async (argv) => {
  expect(await run(...argv)).toBe(2);
  expect(errors).toMatch(/^routescope archive import: /);
  expect(existsSync(join(dir, 'archive'))).toBe(false);
});

test('--help goes to standard output', async () => {
  expect(await run('--help')).toBe(0);
  expect(out).toContain('--event ID');
});

test('a folder is imported whole; with --json each file and the sum are a line', async () => {
  const line =
    '{"ts":1,"type":"A","collector":"rrc00","peer":"192.0.2.1","prefix":"10.0.0.0/8","path":"1 2"}\n';
  const folder = mkdtempSync(join(dir, 'files-'));
  writeFileSync(join(folder, 'a.jsonl'), line);
  writeFileSync(join(folder, 'b.jsonl'), `${line}${line}`);
  writeFileSync(join(folder, 'c.txt'), 'MZ this is no such file at all');
  expect(await run(folder, '--json')).toBe(1);
  const lines = out
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as Record<string, unknown>);
  expect(lines).toMatchObject([
    { name: 'a.jsonl', result: 'imported', elems: 1 },
    { name: 'b.jsonl', result: 'imported', elems: 2 },
    { name: 'c.txt', result: 'failed', code: 'FILE_UNKNOWN_FORMAT' },
    { total: { files: 3, imported: 2, known: 0, failed: 1, elems: 3 } },
  ]);
  expect(errors).toContain('c.txt: failed: FILE_UNKNOWN_FORMAT');
});

test('without Internet it says so and exits 1', async () => {
  const mirror = await startMirror({});
  await mirror.close();
  const where = ['--ris-url', mirror.url, '--routeviews-url', mirror.url, '--retries', '1'];
  expect(await run('--event', 'rogers-20220708', ...where)).toBe(1);
  expect(errors).toContain('IMPORT_UNREACHABLE');
});

describe.skipIf(!existsSync(FOLDER))('over a mirror (needs ROUTESCOPE_DATA)', () => {
  test('--dry-run names the files of an event and fetches none', async () => {
    const isDay = (name: string): boolean => name.startsWith('updates.20080224.');
    const mirror = await startMirror(folderFiles(FOLDER, '/bgpdata/2008.02/UPDATES/', isDay));
    const where = ['--ris-url', mirror.url, '--routeviews-url', mirror.url];
    expect(await run('--event', 'youtube-pakistan-20080224', '--dry-run', ...where)).toBe(0);
    await mirror.close();
    const names = out.trim().split('\n');
    expect(names).toHaveLength(12);
    expect(names[0]).toBe(`${mirror.url}/bgpdata/2008.02/UPDATES/updates.20080224.1824.bz2`);
    expect(mirror.requests).toEqual(['GET /bgpdata/2008.02/UPDATES/']);
  });
});
