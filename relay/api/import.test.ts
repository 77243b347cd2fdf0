import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ImportStatus } from '#core/event/import-status.ts';
import { NO_IMPORT } from '#core/event/import-status.ts';
import { Archive } from '../archive/archive.ts';
import { ImportJob } from '../archive-import/job.ts';
import { FETCH_LIMITS } from '../archive-import/limits.ts';
import type { Mirror } from '../archive-import/mirror.fixture.ts';
import { folderFiles, startMirror } from '../archive-import/mirror.fixture.ts';
import { SILENT } from '../log.ts';
import { serveImport } from './import.ts';

const DATA = process.env['ROUTESCOPE_DATA'] ?? new URL('../../../shared/data', import.meta.url).pathname;
const FOLDER = join(DATA, 'mrt/youtube-pakistan-20080224');
const UPDATES = '/bgpdata/2008.02/UPDATES/';
const EVENT = 'youtube-pakistan-20080224';

let dir: string;
let archive: Archive;
let mirror: Mirror;
let job: ImportJob;
let app: FastifyInstance;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'api-import-'));
  archive = await Archive.open({ dir: join(dir, 'archive'), log: SILENT });
  const isShort = (name: string): boolean => /^updates\.20080224\.18(24|39)/.test(name);
  mirror = await startMirror(existsSync(FOLDER) ? folderFiles(FOLDER, UPDATES, isShort) : {});
  const limits = { ...FETCH_LIMITS, firstWaitMs: 5, attempts: 2 };
  const bases = { ris: mirror.url, routeviews: mirror.url };
  job = new ImportJob({ archive, dataDir: dir, bases, log: SILENT, limits });
  app = fastify();
  serveImport(app, job);
});
afterEach(async () => {
  await job.cancel();
  await app.close();
  await archive.close();
  await mirror.close();
  rmSync(dir, { recursive: true, force: true });
});

const post = (event: unknown, headers: Record<string, string> = {}) =>
  app.inject({ method: 'POST', url: '/api/import', payload: { event }, headers });
const status = async (): Promise<ImportStatus> => (await app.inject('/api/import')).json();
const ended = () =>
  vi.waitFor(async () => expect((await status()).endedMs).not.toBeNull(), { timeout: 20_000, interval: 20 });

test('at first there is none', async () => {
  expect(await status()).toEqual(NO_IMPORT);
});

test('an event the archives have nothing of fails with a reason, and another may begin', async () => {
  expect((await post('rogers-20220708')).statusCode).toBe(202);
  await ended();
  expect(await status()).toMatchObject({
    state: 'failed',
    code: 'IMPORT_NOT_FOUND',
    event: 'rogers-20220708',
  });
  expect((await status()).missing.map(({ collector }) => collector)).toEqual(['route-views2', 'rrc00']);
  expect((await post('rogers-20220708')).statusCode).toBe(202);
});

test('without Internet it says so', async () => {
  await mirror.close();
  await post(EVENT);
  await ended();
  expect(await status()).toMatchObject({ state: 'failed', code: 'IMPORT_UNREACHABLE' });
  mirror = await startMirror({});
});

test.each([
  ['no event', undefined, {}, 400],
  ['an unknown event', 'nothing', {}, 404],
  ['a path', '../../package', {}, 404],
  ['a page of another origin', EVENT, { origin: 'https://evil.example' }, 403],
  ['a page of another site', EVENT, { 'sec-fetch-site': 'cross-site' }, 403],
])('%s is refused', async (_name, event, headers, code) => {
  const response = await post(event, headers);
  expect(response.statusCode).toBe(code);
  expect(response.headers['content-type']).toContain('application/problem+json');
  expect((await status()).state).toBe('idle');
});

test('our own page may, and another import has to wait', async () => {
  mirror.fault(UPDATES, { kind: 'status', status: 503, retryAfter: '1' });
  const own = { origin: 'http://localhost:8080', host: 'localhost:8080', 'sec-fetch-site': 'same-origin' };
  expect((await post(EVENT, own)).statusCode).toBe(202);
  expect((await post('rogers-20220708')).statusCode).toBe(409);
  const ending = await app.inject({ method: 'DELETE', url: '/api/import' });
  expect(ending.json()).toMatchObject({ state: 'cancelled', event: EVENT });
});

test('without an archive it is not available', async () => {
  const bare = fastify();
  serveImport(bare, null);
  expect((await bare.inject('/api/import')).statusCode).toBe(503);
  await bare.close();
});

describe.skipIf(!existsSync(FOLDER))('with the files of the event (needs ROUTESCOPE_DATA)', () => {
  test('an event is imported, once, and its window told', async () => {
    await post(EVENT);
    await ended();
    const first = await status();
    expect(first).toMatchObject({
      state: 'done',
      ...{ files: 2, imported: 2, failed: 0, from: '2008-02-24T18:30:00Z', to: '2008-02-24T21:15:00Z' },
    });
    expect(first.elems).toBe(archive.index.files.reduce((sum, { rows }) => sum + rows, 0));
    await post(EVENT);
    await ended();
    expect(await status()).toMatchObject({ state: 'done', imported: 0, known: 2, elems: 0 });
  }, 30_000);
});
