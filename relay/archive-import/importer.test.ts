import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Archive } from '../archive/archive.ts';
import { SILENT } from '../log.ts';
import type { FileOutcome, ImportProgress } from './importer.ts';
import { Importer } from './importer.ts';
import { FETCH_LIMITS, PARALLEL } from './limits.ts';
import type { Mirror } from './mirror.fixture.ts';
import { folderFiles, startMirror } from './mirror.fixture.ts';
import type { ImportItem, WindowWish } from './plan.ts';
import { namedItem, planWindow } from './plan.ts';

const DATA = process.env['ROUTESCOPE_DATA'] ?? new URL('../../../shared/data', import.meta.url).pathname;
const FOLDER = join(DATA, 'mrt/youtube-pakistan-20080224');
const UPDATES = '/bgpdata/2008.02/UPDATES/';
const limits = { ...FETCH_LIMITS, headersMs: 2000, stallMs: 1000, firstWaitMs: 5, attempts: 3 };

let dir: string;
let archive: Archive;
let abort: AbortController;
const outcomes: FileOutcome[] = [];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'import-'));
  archive = await Archive.open({ dir: join(dir, 'archive'), log: SILENT });
  abort = new AbortController();
  outcomes.length = 0;
});
afterEach(async () => {
  await archive.close();
  rmSync(dir, { recursive: true, force: true });
});

async function run(
  items: readonly ImportItem[],
  more: { takesPartial?: boolean; onProgress?: (progress: ImportProgress) => void } = {},
): Promise<ImportProgress> {
  const importer = new Importer({
    archive,
    downloadDir: join(dir, 'import'),
    limits,
    signal: abort.signal,
    isKept: false,
    takesPartial: false,
    onProgress: () => undefined,
    onOutcome: (outcome) => void outcomes.push(outcome),
    onRetry: () => undefined,
    ...more,
  });
  return importer.run(items);
}

const rows = (): number => archive.index.files.reduce((sum, file) => sum + file.rows, 0);
const line = (ts: number, prefix: string): string =>
  JSON.stringify({ ts, type: 'A', collector: 'rrc00', peer: '192.0.2.1', prefix, path: '3333 64496' });
const jsonl = (lines: readonly string[]): Buffer => gzipSync(`${lines.join('\n')}\n`);

function file(name: string, bytes: Uint8Array): ImportItem {
  const path = join(dir, name);
  writeFileSync(path, bytes);
  return namedItem(path, null);
}

describe('any file', () => {
  test('is imported once, by name or by content', async () => {
    const bytes = jsonl([line(1e9, '192.0.2.0/24'), line(1e9 + 1, '198.51.100.0/24')]);
    expect(await run([file('a.jsonl.gz', bytes)])).toMatchObject({ imported: 1, elems: 2 });
    expect(await run([file('b.jsonl.gz', bytes)])).toMatchObject({ imported: 0, known: 1, elems: 0 });
    expect(rows()).toBe(2);
  });

  test('with damaged lines is imported without them, and they are told by code', async () => {
    await run([file('a.jsonl', Buffer.from(`${line(1e9, '192.0.2.0/24')}\n{"ts":"x"}\nnonsense\n`))]);
    expect(outcomes).toMatchObject([{ result: 'imported', elems: 1, damagedByCode: { JSONL_BAD_LINE: 2 } }]);
  });

  test('that ends early is not imported at all, unless that is wished', async () => {
    const lines = Array.from({ length: 30_000 }, (_, i) => line(1e9 + i, `10.${i >> 8}.${i & 255}.0/24`));
    const cut = jsonl(lines).subarray(0, 60_000);
    expect(await run([file('a.jsonl.gz', cut)])).toMatchObject({ failed: 1, elems: 0 });
    expect(outcomes).toMatchObject([{ result: 'failed', code: 'FILE_DAMAGED' }]);
    expect(rows()).toBe(0);
    const partly = await run([file('a.jsonl.gz', cut)], { takesPartial: true });
    expect(partly.elems).toBeGreaterThan(1000);
    expect(rows()).toBe(partly.elems);
    expect(outcomes[1]).toMatchObject({ result: 'imported', code: 'FILE_DAMAGED' });
  });

  test('that unpacks to far more than it is, is refused', async () => {
    const bomb = gzipSync(Buffer.concat([Buffer.from('{"ts":1e9}\n'), Buffer.alloc(80 * 1024 * 1024, 32)]));
    await run([file('bomb.jsonl.gz', bomb)]);
    expect(outcomes).toMatchObject([{ result: 'failed', code: 'FILE_TOO_LARGE' }]);
    expect(rows()).toBe(0);
  });

  test('that is none, or not there, fails alone', async () => {
    const good = file('good.jsonl.gz', jsonl([line(1e9, '192.0.2.0/24')]));
    const total = await run([
      namedItem(join(dir, 'absent.bz2'), null),
      file('x', Buffer.from('MZ\u0000\u0000hello, world')),
      good,
    ]);
    expect(total).toMatchObject({ done: 3, failed: 2, imported: 1, elems: 1 });
    expect(outcomes.map(({ code }) => code)).toEqual(['FILE_UNREADABLE', 'FILE_UNKNOWN_FORMAT', null]);
  });
});

describe.skipIf(!existsSync(FOLDER))('a window of the public archives (needs ROUTESCOPE_DATA)', () => {
  let mirror: Mirror;
  const wish: WindowWish = {
    fromMs: Date.parse('2008-02-24T18:47Z'),
    toMs: Date.parse('2008-02-24T19:10Z'),
    collectors: ['route-views2'],
    hasTables: false,
  };
  const names = ['1839', '1854', '1909'].map((time) => `updates.20080224.${time}.bz2`);
  const bgpdump = (name: string): number =>
    execFileSync('bgpdump', ['-m', join(FOLDER, name)], {
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .toString()
      .split('\n').length - 1;

  beforeEach(async () => {
    mirror = await startMirror(folderFiles(FOLDER, UPDATES, (name) => name.startsWith('updates.20080224.1')));
  });
  afterEach(() => mirror.close());

  const plan = (more: Partial<WindowWish> = {}) =>
    planWindow(
      { ...wish, ...more },
      { ris: mirror.url, routeviews: mirror.url },
      { limits, signal: abort.signal },
    );

  test('is what the listing says, imported to the elem as bgpdump counts, and not a second time', async () => {
    const { items } = await plan();
    expect(items.map(({ name }) => name)).toEqual(names);
    const total = await run(items);
    const expected = names.reduce((sum, name) => sum + bgpdump(name), 0);
    expect(total).toMatchObject({ imported: 3, elems: expected });
    expect(rows()).toBe(expected);
    expect(archive.index.imports.map(({ key }) => key)).toEqual(names.map((name) => `route-views2/${name}`));
    expect(readdirSync(join(dir, 'import'))).toEqual([]);
    const before = mirror.requests.length;
    expect(await run(items)).toMatchObject({ known: 3, elems: 0 });
    expect(mirror.requests).toHaveLength(before);
  }, 60_000);

  test('comes through 503s, cuts and silence; a file that is gone is told and the others come', async () => {
    mirror.fault(UPDATES, { kind: 'status', status: 503, retryAfter: '0' });
    mirror.fault(UPDATES + names[0]!, { kind: 'cut', bytes: 90_000 }, { kind: 'status', status: 500 });
    mirror.fault(UPDATES + names[1]!, { kind: 'status', status: 404 });
    mirror.fault(UPDATES + names[2]!, { kind: 'stall', bytes: 5000 });
    const { items } = await plan();
    expect(await run(items)).toMatchObject({ imported: 2, failed: 1 });
    expect(outcomes.map(({ code }) => code)).toEqual([null, 'IMPORT_NOT_FOUND', null]);
    expect(rows()).toBe(bgpdump(names[0]!) + bgpdump(names[2]!));
    // Run again, it fetches only what is missing.
    expect(await run((await plan()).items)).toMatchObject({ imported: 1, known: 2 });
  }, 60_000);

  test('never asks for more than two files at a time', async () => {
    const { items } = await plan({ fromMs: Date.parse('2008-02-24T15:00Z') });
    expect(items.length).toBeGreaterThan(10);
    await run(items.slice(0, 6));
    expect(mirror.peak()).toBeLessThanOrEqual(PARALLEL);
  }, 60_000);

  test('collectors without files of that time, and months without a folder, are told', async () => {
    expect(await plan({ collectors: ['rrc00', 'route-views.sg', 'nobody'] })).toEqual({
      items: [],
      missing: [
        { collector: 'rrc00', detail: 'the archive has no files of that time' },
        { collector: 'route-views.sg', detail: 'the archive has no files of that time' },
        { collector: 'nobody', detail: 'no such collector' },
      ],
    });
  });

  test('a window of a year is refused unasked', async () => {
    const year = plan({ fromMs: Date.parse('2007-02-24T18:47Z') });
    await expect(year).rejects.toMatchObject({ code: 'IMPORT_TOO_LARGE' });
    expect(mirror.requests).toEqual([]);
  });

  test('ended in the middle, the file under way leaves nothing; the next run takes it whole', async () => {
    const { items } = await plan();
    const stopping = run(items, {
      onProgress: ({ done, share, current }) => {
        if (done === 1 && current === names[1] && (share ?? 0) > 0.5) abort.abort(new Error('enough'));
      },
    });
    await expect(stopping).rejects.toThrow('enough');
    expect(rows()).toBe(bgpdump(names[0]!));
    abort = new AbortController();
    expect(await run(items)).toMatchObject({ known: 1, imported: 2 });
    expect(rows()).toBe(names.reduce((sum, name) => sum + bgpdump(name), 0));
  }, 60_000);
});
