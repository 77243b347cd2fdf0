import { appendFile, cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { append, FaultyFs, numbered, numbersOf, openArchive } from '../../tests/fixtures/archive.ts';
import type { Archive } from './archive.ts';
import { Duck } from './duck.ts';
import type { VerifyReport } from './verify.ts';
import { verifyArchive } from './verify.ts';

let dir: string;
let archive: Archive | null = null;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'routescope-archive-'));
});

afterEach(async () => {
  await archive?.close();
  archive = null;
  await rm(dir, { recursive: true });
});

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

async function verify(folder = dir): Promise<VerifyReport> {
  const duck = await Duck.open({ memoryMb: 128, threads: 1 });
  try {
    return await verifyArchive(folder, duck);
  } finally {
    duck.close();
  }
}

/** Open a copy of the folder as it is on the disk now, as after a power cut, and archive what its spool holds. */
async function afterCrash(): Promise<{ numbers: number[]; report: VerifyReport; before: VerifyReport }> {
  const copy = `${dir}-crashed`;
  await cp(dir, copy, { recursive: true });
  await rm(join(copy, 'lock'), { force: true });
  try {
    const before = await verify(copy);
    const crashed = await openArchive(copy);
    expect(await crashed.convert()).toBe(true);
    const numbers = await numbersOf(crashed);
    await crashed.close();
    return { numbers, before, report: await verify(copy) };
  } finally {
    await rm(copy, { recursive: true });
  }
}

test('elems are acknowledged by the spool, archived by a file, and verified', async () => {
  archive = await openArchive(dir);
  append(archive, numbered(0, 100));
  expect(archive.status()).toMatchObject({ ackedSeq: 0, waitingElems: 100 });
  await archive.flush();
  expect(archive.status()).toMatchObject({
    ackedSeq: 100,
    archivedSeq: 0,
    waitingElems: 0,
    spoolSegments: 1,
  });
  expect(await verify()).toMatchObject({ rows: 0, spooledElems: 100, lastSeq: 100, problems: [] });
  append(archive, numbered(100, 50));
  expect(await archive.seal()).toBe(true);
  expect(archive.status()).toMatchObject({ archivedSeq: 150, rows: 150, spoolSegments: 0, spoolBytes: 0 });
  expect(await numbersOf(archive)).toEqual(range(0, 150));
  expect(await verify()).toMatchObject({ rows: 150, spooledElems: 0, lastSeq: 150, problems: [] });
  expect(await readdir(join(dir, 'spool'))).toEqual([]);
});

test('files are named by date and hour of the data, and hold nothing of another', async () => {
  archive = await openArchive(dir);
  append(archive, numbered(0, 3));
  append(archive, numbered(1000, 3));
  await archive.seal();
  expect(archive.index.files.map(({ path }) => path.replace(/[0-9a-f]{12}/, 'HASH'))).toEqual([
    'elems/date=2008-02-24/hour=18/1-3-HASH.parquet',
    'elems/date=2008-02-24/hour=19/4-6-HASH.parquet',
  ]);
});

test('seqs go on where they were', async () => {
  archive = await openArchive(dir);
  append(archive, numbered(0, 10));
  await archive.seal();
  append(archive, numbered(10, 10));
  await archive.close();
  archive = await openArchive(dir);
  append(archive, numbered(20, 10));
  await archive.seal();
  expect(await numbersOf(archive)).toEqual(range(0, 30));
  expect(await verify()).toMatchObject({ rows: 30, lastSeq: 30, problems: [] });
});

test('a torn last write is left out, all that was acknowledged is there', async () => {
  archive = await openArchive(dir);
  append(archive, numbered(0, 10));
  await archive.flush();
  append(archive, numbered(10, 10));
  await archive.flush();
  const [name] = await readdir(join(dir, 'spool'));
  const bytes = await readFile(join(dir, 'spool', name!));
  for (const cut of [1, 20, 24, 100, bytes.length / 2 - 1]) {
    await truncate(join(dir, 'spool', name!), bytes.length - cut);
    expect((await afterCrash()).numbers).toEqual(range(0, 10));
    await writeFile(join(dir, 'spool', name!), bytes);
  }
  await appendFile(join(dir, 'spool', name!), bytes.subarray(0, 200));
  const { numbers, report } = await afterCrash();
  expect(numbers).toEqual(range(0, 20));
  expect(report.problems).toEqual([]);
});

test('a segment a crash left empty does not void the one that is written in its place', async () => {
  archive = await openArchive(dir);
  append(archive, numbered(0, 10));
  await archive.close();
  const [name] = await readdir(join(dir, 'spool'));
  await writeFile(join(dir, 'spool', '0000000000000011-00000003.spool'), '');
  archive = await openArchive(dir);
  append(archive, numbered(10, 10));
  await archive.flush();
  expect((await readdir(join(dir, 'spool'))).slice(0, 2)).toEqual([name, '0000000000000011-00000003.spool']);
  const { numbers, before } = await afterCrash();
  expect(before).toMatchObject({ spooledElems: 20, lastSeq: 20, problems: [] });
  expect(numbers).toEqual(range(0, 20));
});

test('damage in the middle of a segment costs the elems it hit, and is told', async () => {
  archive = await openArchive(dir);
  for (let i = 0; i < 3; i++) {
    append(archive, numbered(i * 10, 10));
    await archive.flush();
  }
  const [name] = await readdir(join(dir, 'spool'));
  const path = join(dir, 'spool', name!);
  const bytes = await readFile(path);
  bytes[Math.floor(bytes.length / 2)]! ^= 0xff;
  await writeFile(path, bytes);
  const { numbers, report } = await afterCrash();
  expect(numbers).toEqual([...range(0, 10), ...range(20, 30)]);
  expect(report).toMatchObject({ lostElems: 10, voidSeqs: 10, problems: [] });
});

test('at every step between spool and index a crash loses and doubles nothing', async () => {
  let acked = 0;
  const found: unknown[] = [];
  const fs = new FaultyFs();
  fs.onStep = async () => {
    if (acked === 0) return;
    const { numbers, report, before } = await afterCrash();
    found.push({ numbers: numbers.length, problems: [...before.problems, ...report.problems] });
    expect(numbers).toEqual(range(0, acked));
  };
  archive = await openArchive(dir, { fs });
  for (const [from, to] of [
    [0, 20],
    [20, 25],
  ] as const) {
    acked = 0;
    append(archive, numbered(from, to - from));
    await archive.flush();
    acked = to;
    expect(await archive.seal()).toBe(true);
  }
  expect(await archive.compact(true)).toBe(1);
  acked = 0;
  expect(found.length).toBeGreaterThan(20);
  expect(found).toEqual(found.map((_, i) => ({ numbers: i < found.length / 3 ? 20 : 25, problems: [] })));
}, 300_000);

test('a full disk: nothing is lost while there is room to wait, and it goes on by itself', async () => {
  const fs = new FaultyFs();
  archive = await openArchive(dir, { fs });
  append(archive, numbered(0, 10));
  await archive.flush();
  fs.quotaBytes = 100;
  append(archive, numbered(10, 10));
  expect(await archive.flush()).toBe(false);
  expect(archive.status()).toMatchObject({
    state: 'failing',
    ackedSeq: 10,
    error: { code: 'ARCHIVE_NO_SPACE' },
  });
  append(archive, numbered(20, 10));
  expect(await archive.flush()).toBe(false);
  expect(await archive.convert()).toBe(false);
  expect((await afterCrash()).numbers).toEqual(range(0, 10));
  fs.quotaBytes = Infinity;
  expect(await archive.seal()).toBe(true);
  expect(archive.status()).toMatchObject({ state: 'running', error: null, lostElems: 0, archivedSeq: 30 });
  expect(await numbersOf(archive)).toEqual(range(0, 30));
  expect(await verify()).toMatchObject({ problems: [], rows: 30 });
});

test('what does not fit while the disk is full is a gap that everybody can see', async () => {
  const fs = new FaultyFs();
  const spool = { segmentElems: 1e6, segmentBytes: 1e9, segmentMs: 1e9, heldBytes: 1500 };
  archive = await openArchive(dir, { fs, spool, nowMs: () => 7000 });
  append(archive, numbered(0, 10));
  await archive.flush();
  fs.fault = 'EROFS';
  for (let i = 1; i < 20; i++) {
    append(archive, numbered(i * 10, 10));
    expect(await archive.flush()).toBe(false);
  }
  expect(archive.failure?.code).toBe('ARCHIVE_READ_ONLY');
  const { lostElems, waitingElems } = archive.status();
  expect(lostElems).toBeGreaterThan(50);
  expect(lostElems + waitingElems).toBe(190);
  fs.fault = null;
  expect(await archive.seal()).toBe(true);
  expect(archive.status()).toMatchObject({
    lostElems,
    gaps: [{ elems: lostElems, code: 'ARCHIVE_READ_ONLY', fromMs: 7000, toMs: 7000 }],
  });
  expect(await numbersOf(archive)).toEqual([...range(0, 10), ...range(10 + lostElems, 200)]);
  expect(await verify()).toMatchObject({ lostElems, problems: [], rows: 200 - lostElems });
});

test('one process writes a folder', async () => {
  archive = await openArchive(dir);
  await expect(openArchive(dir)).rejects.toMatchObject({ code: 'ARCHIVE_LOCKED' });
  await archive.close();
  archive = await openArchive(dir);
  await writeFile(join(dir, 'lock'), '999999999 1');
  const other = await openArchive(dir);
  await other.close();
});

test('without an index nothing is written or removed', async () => {
  archive = await openArchive(dir);
  append(archive, numbered(0, 10));
  await archive.seal();
  const { path } = archive.index.files[0]!;
  await archive.close();
  archive = null;
  for (const damage of [null, '{', '{"version":1,"schema":99}', '{"version":1,"schema":1,"archivedSeq":0}']) {
    if (damage === null) await rm(join(dir, 'index.json'));
    else await writeFile(join(dir, 'index.json'), damage);
    await expect(openArchive(dir)).rejects.toMatchObject({ code: 'ARCHIVE_BAD_INDEX' });
    expect((await readFile(join(dir, path))).length).toBeGreaterThan(0);
  }
});

test('verify finds a changed byte, a file that is gone and one that was doubled', async () => {
  archive = await openArchive(dir);
  append(archive, numbered(0, 10));
  append(archive, numbered(1000, 10));
  await archive.seal();
  const { files } = archive.index;
  await archive.keeper.change((index) => ({ ...index, files: [files[0]!, files[0]!, files[1]!] }));
  expect((await verify()).problems).toMatchObject([
    { code: 'ARCHIVE_BAD_FILE', detail: '10 elems are archived twice' },
  ]);
  await archive.keeper.change((index) => ({ ...index, files: [files[0]!] }));
  expect((await verify()).problems).toMatchObject([{ code: 'ARCHIVE_BAD_INDEX' }]);
  await archive.keeper.change((index) => ({ ...index, files }));
  const bytes = await readFile(join(dir, files[0]!.path));
  bytes[40]! ^= 1;
  await writeFile(join(dir, files[0]!.path), bytes);
  await rm(join(dir, files[1]!.path));
  expect((await verify()).problems.map(({ where }) => where)).toEqual(
    expect.arrayContaining([files[0]!.path, files[1]!.path]),
  );
});

test('compaction: one file per hour, the same elems, the others go later', async () => {
  let nowMs = 1e12;
  archive = await openArchive(dir, { nowMs: () => nowMs });
  for (let i = 0; i < 5; i++) {
    append(archive, numbered(i * 10, 10));
    await archive.seal();
  }
  expect(await archive.compact(false)).toBe(0);
  nowMs += 600_000;
  expect(await archive.compact(false)).toBe(1);
  expect(archive.index.files).toMatchObject([{ rows: 50, minSeq: 1, maxSeq: 50, isCompacted: true }]);
  expect(archive.index.retired.length).toBe(5);
  expect(await numbersOf(archive)).toEqual(range(0, 50));
  await archive.tidy();
  expect(archive.index.retired.length).toBe(5);
  nowMs += 600_000;
  await archive.tidy();
  expect(archive.index.retired).toEqual([]);
  expect(
    (await readdir(join(dir, 'elems'), { recursive: true })).filter((name) => name.endsWith('.parquet')),
  ).toHaveLength(1);
  expect(await archive.compact(true)).toBe(0);
  expect(await verify()).toMatchObject({ rows: 50, problems: [] });
});

test('retention: what is old by when it was archived goes, and verify knows', async () => {
  let nowMs = 1e12;
  archive = await openArchive(dir, { nowMs: () => nowMs });
  append(archive, numbered(0, 10));
  await archive.seal();
  nowMs += 20 * 86_400_000;
  append(archive, numbered(10, 10));
  await archive.seal();
  expect(await archive.tidy()).toBe(0);
  nowMs += 11 * 86_400_000;
  expect(await archive.tidy()).toBe(1);
  expect(await numbersOf(archive)).toEqual(range(10, 20));
  expect(await verify()).toMatchObject({ rows: 10, expiredRows: 10, lastSeq: 20, problems: [] });
});

test('what an import brought may be imported again once it has expired', async () => {
  let nowMs = 1e12;
  archive = await openArchive(dir, { nowMs: () => nowMs });
  const source = { key: 'a.mrt', sha256: () => 'ab', batches: [numbered(100, 10)] };
  await archive.import(source);
  await archive.seal();
  nowMs += 29 * 86_400_000;
  await archive.tidy();
  expect(await archive.import(source)).toMatchObject({ isNew: false });
  nowMs += 2 * 86_400_000;
  expect(await archive.tidy()).toBe(1);
  expect(await archive.import(source)).toMatchObject({ isNew: true, record: { ranges: [[11, 20]] } });
  expect(await numbersOf(archive)).toEqual(range(100, 110));
  expect(await verify()).toMatchObject({ rows: 10, expiredRows: 10, problems: [] });
});

test('an import is archived as a whole or not at all, and once', async () => {
  archive = await openArchive(dir);
  append(archive, numbered(0, 10));
  const source = { key: 'a.mrt', sha256: () => 'ab', batches: [numbered(100, 10), numbered(110, 10)] };
  expect(await archive.import(source)).toMatchObject({
    isNew: true,
    record: { rows: 20, ranges: [[11, 30]] },
  });
  expect(await archive.import(source)).toMatchObject({ isNew: false, record: { rows: 20 } });
  append(archive, numbered(10, 10));
  await archive.flush();
  const { numbers, report } = await afterCrash();
  expect(numbers).toEqual([...range(0, 20), ...range(100, 120)]);
  expect(report).toMatchObject({ problems: [], voidSeqs: 0 });
});

test('an import that fails leaves its seqs to nobody', async () => {
  archive = await openArchive(dir, {});
  async function* broken() {
    yield numbered(0, 300);
    await Promise.resolve();
    throw new Error('connection lost');
  }
  await expect(
    archive.import({ key: 'b', sha256: () => '', batches: broken(), chunkElems: 100 }),
  ).rejects.toThrow('connection lost');
  append(archive, numbered(5, 5));
  await archive.seal();
  expect(await numbersOf(archive)).toEqual(range(5, 10));
  expect(await verify()).toMatchObject({ rows: 5, voidSeqs: 300, problems: [] });
}, 60_000);
