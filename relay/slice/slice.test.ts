import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import type { FastifyInstance } from 'fastify';
import etag from '@fastify/etag';
import fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ElemBatch } from '#core/elem/batch.ts';
import { compileFilter, filterBatch } from '#core/elem/filter.ts';
import { elemRows } from '#core/elem/row.ts';
import { FrameLogDecoder } from '#core/wire/log.ts';
import { serveArchive } from '../api/archive.ts';
import { Duck } from '../archive/duck.ts';
import type { ArchiveIndex, IndexedFile } from '../archive/index-file.ts';
import { emptyIndex } from '../archive/index-file.ts';
import { LEVEL, readFacts, stageBatch, writeStaged } from '../archive/parquet.ts';
import { SCHEMA_VERSION } from '../archive/schema.ts';
import { batchOfFrame } from '../hub/encode.ts';
import { openElemFile } from '../source/file.ts';
import { SliceService } from './service.ts';

let dir: string;
let app: FastifyInstance;
let index: ArchiveIndex = emptyIndex(SCHEMA_VERSION);
let slices: SliceService;
/** What was archived, in order. */
let batches: ElemBatch[];

const WINDOW = 'from=2008-02-22&to=2008-02-25';
/** The state of before, and the first minutes of the recording. */
const FRAMES = 4;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'routescope-slice-'));
  const duck = await Duck.open({ memoryMb: 256, threads: 1 }, join(dir, 'tmp'));
  batches = [];
  for await (const batch of openElemFile('static/replays/youtube-pakistan-20080224.rsl').batches) {
    if (batches.push(batch) === FRAMES) break;
  }
  const files: IndexedFile[] = [];
  let seq = 1;
  for (const batch of batches) {
    for (const partition of (await stageBatch(duck, batch, seq)).partitions) {
      const path = `elems/${partition}/${seq}.parquet`;
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeStaged(duck, partition, join(dir, path), LEVEL.fresh);
      const facts = await readFacts(duck, join(dir, path));
      files.push({
        ...facts,
        kind: 'elems',
        path,
        partition,
        bytes: 1,
        sha256: '',
        writtenMs: 0,
        isCompacted: false,
      });
    }
    seq += batch.length;
  }
  duck.close();
  await writeFile(join(dir, 'secret.parquet'), 'not in the index');
  index = { ...emptyIndex(SCHEMA_VERSION), files };
  const view = { dir, index: () => index };
  slices = new SliceService(view, 'test');
  app = fastify();
  await app.register(etag);
  await serveArchive(app, view, slices);
});

afterAll(async () => {
  await app.close();
  await rm(dir, { recursive: true });
});

const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers });
const problem = (body: string): string => (JSON.parse(body) as { detail: string }).detail;

/** Rows of the archived elems that a filter lets through, in time order. */
function expected(
  filter: Parameters<typeof compileFilter>[0],
): { timeUs: number; prefix: string | undefined }[] {
  const matcher = compileFilter(filter);
  return batches
    .flatMap((batch) => elemRows(filterBatch(batch, matcher) ?? { ...batch, length: 0 }))
    .map(({ timeUs, prefix }) => ({ timeUs, prefix }));
}

const inOrder = <T extends { timeUs: number; prefix: string | undefined }>(rows: T[]): string[] =>
  rows.map(({ timeUs, prefix }) => `${timeUs} ${prefix}`).sort();

describe('/api/historical', () => {
  test.each([
    ['a prefix and what is inside it', 'prefix=208.65.152.0/22', { prefixes: ['208.65.152.0/22'] }],
    [
      'an address alone',
      'prefix=208.65.153.1&match=less',
      { prefixes: ['208.65.153.1/32'], moreSpecific: false, lessSpecific: true },
    ],
    ['an AS on the path', 'asn=AS17557', { asns: [17557] }],
    [
      'one peer, withdrawals',
      'kind=withdraw&peer=12.0.1.63',
      { kinds: ['withdraw' as const], peers: ['12.0.1.63'] },
    ],
  ])('%s: NDJSON, Arrow and frames have the same elems as a scan', async (_name, query, filter) => {
    const want = inOrder(expected(filter));
    expect(want.length).toBeGreaterThan(0);

    const lines = (await get(`/api/historical?${WINDOW}&${query}&limit=20000000`)).body
      .trim()
      .split('\n')
      .filter(Boolean);
    const rows = lines.map((line) => JSON.parse(line) as { ts: number; prefix?: string });
    expect(rows.length).toBe(want.length);
    expect(rows.map(({ ts }) => ts)).toEqual(rows.map(({ ts }) => ts).sort((a, b) => a - b));

    const arrow = await get(`/api/historical?${WINDOW}&${query}&format=arrow`);
    const table = tableFromIPC(arrow.rawPayload);
    expect(table.schema.metadata.get('limit')).toBe('1000000');
    const times = table.getChild('time')!.data.flatMap(({ values }) => [...(values as BigInt64Array)]);
    const prefixes = [...table.getChild('prefix')!] as (string | null)[];
    expect(times.map((timeUs, i) => `${timeUs} ${prefixes[i] ?? undefined}`).sort()).toEqual(want);

    const decoded: ElemBatch[] = [];
    let manifest: unknown = null;
    const log = new FrameLogDecoder({
      onManifest: (read) => (manifest = read),
      onFrame: (frame) => decoded.push(batchOfFrame(frame)),
    });
    log.push((await get(`/api/historical?${WINDOW}&${query}&format=rsl`)).rawPayload);
    log.end();
    expect(
      inOrder(decoded.flatMap((batch) => elemRows(batch)).map(({ timeUs, prefix }) => ({ timeUs, prefix }))),
    ).toEqual(want);
    expect(manifest).toMatchObject({ from: '2008-02-22T00:00:00.000Z', limit: 1_000_000 });
  });

  test('a limit cuts, in time order, and is said', async () => {
    const response = await get(`/api/historical?${WINDOW}&limit=7`);
    expect(response.headers['x-routescope-limit']).toBe('7');
    expect(response.body.trim().split('\n').length).toBe(7);
  });

  test('nothing in the window is an empty answer that still says its columns', async () => {
    const empty = 'from=2001-01-01&to=2001-01-02';
    expect((await get(`/api/historical?${empty}`)).body).toBe('');
    const table = tableFromIPC((await get(`/api/historical?${empty}&format=arrow`)).rawPayload);
    expect([table.numRows, table.schema.fields[0]!.name]).toEqual([0, 'time']);
  });

  test.each([
    ['no window', '', /from must be a time.*to must be a time/],
    ['backwards', 'from=2008-02-25&to=2008-02-24', /to must be after from/],
    ['years', 'from=2000-01-01&to=2008-02-24', /longer than 400 days/],
    ['not a prefix', `${WINDOW}&prefix=300.1.1.1/8`, /FILTER_BAD/],
    ['not an ASN', `${WINDOW}&asn=ASx`, /no AS number/],
    ['an unknown key', `${WINDOW}&drop=table`, /unknown key "drop"/],
    ['SQL', `${WINDOW}&collector=%27;drop%20table%20x`, null],
    ['a limit of nothing', `${WINDOW}&limit=0`, /limit/],
    ['an unknown format', `${WINDOW}&format=xml`, /format must be one of/],
    ['two mistakes at once', `${WINDOW}&limit=x&match=y`, /match.*limit/],
  ])('%s', async (_name, query, detail) => {
    const response = await get(`/api/historical?${query}`);
    if (detail === null) expect([response.statusCode, response.body]).toEqual([200, '']);
    else {
      expect(response.statusCode).toBe(400);
      expect(problem(response.body)).toMatch(detail);
    }
  });

  test('a client that goes away ends its query, and others get their turn', async () => {
    const { query } = {
      query: { fromUs: 0, toUs: 2e15, filter: {}, format: 'ndjson' as const, limit: 20_000_000 },
    };
    for (let round = 0; round < 5; round++) {
      const stream = slices.answer(query)!;
      await new Promise((resolve) => stream.once('data', resolve));
      stream.destroy();
    }
    expect((await get(`/api/historical?${WINDOW}&limit=1`)).statusCode).toBe(200);
    await expect
      .poll(() => slices.stats())
      .toMatchObject({ running: 0, waiting: 0, cancelled: 5, failed: 0 });
  });
});

describe('/archive', () => {
  test('the index names files that can be had in parts, and never change', async () => {
    const response = await get('/archive/index.json');
    const { files } = JSON.parse(response.body) as ArchiveIndex;
    expect(files.length).toBe(index.files.length);
    const again = await get('/archive/index.json', { 'if-none-match': response.headers.etag as string });
    expect(again.statusCode).toBe(304);

    const part = await get(`/archive/${files[0]!.path}`, { range: 'bytes=0-3' });
    expect([part.statusCode, part.body]).toEqual([206, 'PAR1']);
    expect(part.headers['cache-control']).toContain('immutable');
    expect(part.headers.etag).toBeDefined();
  });

  test.each([
    'secret.parquet',
    '../package.json',
    '%2e%2e/package.json',
    'elems',
    'index.json.tmp',
    'spool/1',
  ])('%s is not given away', async (path) => {
    expect((await get(`/archive/${path}`)).statusCode).toBe(404);
  });
});
