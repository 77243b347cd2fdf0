import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { elemRows } from '#core/elem/row.ts';
import { BgpError } from '#core/error.ts';
import type { ElemFile, FileOptions } from './file.ts';
import { collectorOf, openElemFile } from './file.ts';

const data = process.env.ROUTESCOPE_DATA ?? '../shared/data';
const folder = mkdtempSync(join(tmpdir(), 'routescope-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function store(bytes: Uint8Array | string): string {
  const path = join(folder, `f${files++}`);
  writeFileSync(path, bytes);
  return path;
}

async function read(
  path: string,
  options: FileOptions = {},
): Promise<{ elems: number; error: string | null; file: ElemFile }> {
  const file = openElemFile(path, options);
  let elems = 0;
  let error: string | null = null;
  try {
    for await (const batch of file.batches) {
      expect(batch.length).toBeGreaterThan(0);
      elems += batch.length;
    }
  } catch (cause) {
    if (!(cause instanceof BgpError)) throw cause;
    error = cause.code;
  }
  expect(file.stats.elems).toBe(elems);
  return { elems, error, file };
}

const elemLine = (i: number): string =>
  JSON.stringify({
    ts: 1e9 + i,
    type: 'A',
    collector: 'c',
    peer: '192.0.2.1',
    prefix: '10.0.0.0/8',
    path: `1 ${i}`,
  });
const jsonl = Array.from({ length: 3000 }, (_, i) => elemLine(i)).join('\n');

describe('what a file is, is told by its content', () => {
  test.each([
    ['elem JSONL', () => jsonl, 'jsonl', 'none', 3000],
    [
      'elem JSONL with a long label first',
      () => `{"event":"x","detail":"${'y'.repeat(200_000)}"}\n${jsonl}`,
      'jsonl',
      'none',
      3000,
    ],
    ['gzipped', () => gzipSync(jsonl), 'jsonl', 'gzip', 3000],
    [
      'two gzip members',
      () => Buffer.concat([gzipSync(`${jsonl}\n`), gzipSync(jsonl)]),
      'jsonl',
      'gzip',
      6000,
    ],
    ['blank lines before it', () => `\n\n${jsonl}\n\n`, 'jsonl', 'none', 3000],
  ] as const)('%s', async (_name, bytes, format, compression, elems) => {
    const result = await read(store(bytes()));
    expect([result.elems, result.error]).toEqual([elems, null]);
    expect(result.file.stats).toMatchObject({ format, compression });
  });

  test.each([
    ['text', 'hello\nworld\n'],
    ['noise', Buffer.alloc(5000, 0xa5)],
    ['one byte', 'x'],
  ])('%s is FILE_UNKNOWN_FORMAT', async (_name, bytes) => {
    expect((await read(store(bytes))).error).toBe('FILE_UNKNOWN_FORMAT');
  });

  test('an empty file holds nothing, and that is fine', async () => {
    expect(await read(store(''))).toMatchObject({ elems: 0, error: null });
    expect(await read(store(gzipSync('')))).toMatchObject({ elems: 0, error: null });
  });

  test('a file that is not there, and a folder, are FILE_UNREADABLE', async () => {
    expect((await read(join(folder, 'nothing'))).error).toBe('FILE_UNREADABLE');
    expect((await read(folder)).error).toBe('FILE_UNREADABLE');
  });
});

describe('damage', () => {
  test('bad lines are counted with their number and left out', async () => {
    const { elems, error, file } = await read(store(`${elemLine(1)}\n{"ts":"x"}\nnot json\n${elemLine(2)}`));
    expect([elems, error]).toEqual([2, null]);
    expect(file.stats.damage.countByCode.get('JSONL_BAD_LINE')).toBe(2);
    expect(file.stats.damage.first.map(({ at }) => at)).toEqual([2, 3]);
  });

  test('what is described of it stays bounded', async () => {
    const { file } = await read(store(`${elemLine(1)}\n${'{}x\n'.repeat(500)}`));
    expect(file.stats.damage.total).toBe(500);
    expect(file.stats.damage.first).toHaveLength(20);
  });

  test('a line over the bound is dropped and counted, the next ones are read', async () => {
    const { elems, file } = await read(
      store(`${elemLine(1)}\n{"x":"${'y'.repeat(5 << 20)}"}\n${elemLine(2)}\n`),
    );
    expect(elems).toBe(2);
    expect(file.stats.damage.first).toEqual([{ code: 'JSONL_BAD_LINE', at: 2, detail: 'line too long' }]);
  });

  test('gzip cut short: every elem that was whole, then FILE_DAMAGED', async () => {
    const whole = gzipSync(jsonl);
    for (const length of [20, 1000, whole.length - 9, whole.length - 1]) {
      const cut = whole.subarray(0, length);
      const { elems, error } = await read(store(cut));
      const text = gunzipSync(cut, { finishFlush: 2 }).toString();
      // The last line may be whole, or not.
      const complete = text.split('\n').filter((line) => line.endsWith('"}')).length;
      expect([elems, error]).toEqual([complete, 'FILE_DAMAGED']);
    }
  });

  test('gzip with a wrong byte is FILE_DAMAGED', async () => {
    const bytes = gzipSync(jsonl);
    bytes[bytes.length - 6]! ^= 0xff;
    const { elems, error } = await read(store(bytes));
    expect(error).toBe('FILE_DAMAGED');
    // zlib keeps back the piece of output in which it noticed.
    expect(elems).toBeGreaterThan(2900);
  });
});

test('the consumer may stop early; progress is told on the way', async () => {
  const progress: [number, number | null][] = [];
  const path = store(jsonl);
  const file = openElemFile(path, {
    batchElems: 10,
    onProgress: (done, total) => progress.push([done, total]),
  });
  for await (const batch of file.batches) {
    expect(batch.length).toBe(10);
    break;
  }
  expect(progress[0]).toEqual([65536, Buffer.byteLength(jsonl)]);
});

test.each([
  ['ris.rrc06.updates.1401488100.gz', 'rrc06'],
  ['/archive/rrc00/2026.09/updates.20260901.0000.gz', 'rrc00'],
  ['routeviews.route-views.jinx.updates.1401493500.bz2', 'route-views.jinx'],
  ['/data/route-views2/updates.20080224.1839.bz2', 'route-views2'],
  ['route-views.updates.gz', 'route-views'],
  ['route-views2.saopaulo/rib.bz2', 'route-views2.saopaulo'],
  ['updates.20080224.1839.bz2', null],
  ['myrrc001x', null],
])('the collector of %s is %s', (path, want) => {
  expect(collectorOf(path)).toBe(want);
});

describe.skipIf(!existsSync(data))('real files (needs ROUTESCOPE_DATA)', () => {
  const mrt = (name: string): string => join(data, 'mrt', name);

  // Elems: lines of `bgpdump -m` (unicast), or of the file itself.
  test.each([
    ['bgpdump/updates.20071015.1505.gz', 'mrt', 'gzip', 10496],
    ['parsers/routeviews.route-views.jinx.updates.1401493500.bz2', 'mrt', 'bzip2', 1354],
    ['parsers/bird-mrtdump_bgp', 'mrt', 'none', 24],
    ['../hijacks/events/pakistan_1.jsonl.gz', 'jsonl', 'gzip', null],
    ['../rislive/ris-live-frames.jsonl', 'ris-live', 'none', 13],
    ['../rislive/libbgpstream_ris-live-stream.2018-old-format.json', 'ris-live', 'none', 100],
  ] as const)('%s', async (name, format, compression, want) => {
    const { elems, error, file } = await read(mrt(name));
    expect(error).toBeNull();
    expect(file.stats).toMatchObject({ format, compression });
    expect(elems).toBe(
      want ??
        gunzipSync(readFileSync(mrt(name)))
          .toString()
          .trim()
          .split('\n').length - 1,
    );
    expect(file.stats.bytesRead).toBe(file.stats.bytesTotal);
  });

  test('two gzip members of different collectors on end', async () => {
    const names = ['bgpdump/updates.20071015.1505.gz', 'bgpdump/updates.20100722.2015.gz'];
    const both = store(Buffer.concat(names.map((name) => readFileSync(mrt(name)))));
    expect((await read(both)).elems).toBe(10496 + 5654);
  });

  test('bzip2 cut short gives the whole blocks before the error', async () => {
    const bytes = readFileSync(mrt('parsers/updates.example.bz2'));
    // As many lines as bgpdump prints for the blocks that are whole.
    const { elems, error } = await read(store(bytes.subarray(0, 300_000)), { multicast: true });
    expect(error).toBe('FILE_DAMAGED');
    expect(elems).toBe(75771);
  });

  test('MRT cut short gives everything before the cut record, then MRT_TRUNCATED', async () => {
    const bytes = gunzipSync(readFileSync(mrt('bgpdump/updates.20071015.1505.gz')));
    const { elems, error } = await read(store(bytes.subarray(0, bytes.length - 1)));
    expect(error).toBe('MRT_TRUNCATED');
    expect(elems).toBeGreaterThan(10_400);
  });

  test('the collector given wins over the name', async () => {
    const file = openElemFile(mrt('parsers/ris.rrc06.updates.1401488100.gz'), { collector: 'mine' });
    for await (const batch of file.batches) expect(elemRows(batch)[0]?.collector).toBe('mine');
  });

  test('standard input', () => {
    const stats = execFileSync(process.execPath, ['bin/routescope.mjs', 'decode', '-', '--json', 'stats'], {
      input: readFileSync(mrt('bgpdump/updates.20071015.1505.gz')),
    });
    expect(JSON.parse(stats.toString())).toMatchObject({
      announcements: 10111,
      withdrawals: 385,
      compression: 'gzip',
    });
  });
});
