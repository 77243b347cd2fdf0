import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { projectVersion } from '../version.ts';
import { download } from './download.ts';
import { FETCH_LIMITS } from './limits.ts';
import type { Mirror } from './mirror.fixture.ts';
import { startMirror } from './mirror.fixture.ts';
import type { FetchFailure } from './request.ts';
import { retryAfterMs } from './request.ts';

const PATH = '/rrc00/2008.02/updates.20080224.1845.gz';
const body = randomBytes(200_000);
const hash = createHash('sha256').update(body).digest('hex');
const limits = { ...FETCH_LIMITS, headersMs: 500, stallMs: 150, firstWaitMs: 5, attempts: 4 };

let mirror: Mirror;
let target: string;
beforeEach(async () => {
  mirror = await startMirror({ [PATH]: body });
  target = join(mkdtempSync(join(tmpdir(), 'download-')), 'updates.20080224.1845.gz');
});
afterEach(() => mirror.close());

const signal = new AbortController().signal;
const waits: number[] = [];
const get = (url = mirror.url + PATH, more: Partial<typeof limits> = {}) =>
  download(url, target, {
    limits: { ...limits, ...more },
    signal,
    onRetry: (_failure, waitMs) => waits.push(waitMs),
  });

test('a file comes whole, with its hash, once; we say who we are', async () => {
  expect(await get()).toEqual({ path: target, bytes: body.length, sha256: hash, resumedBytes: 0 });
  expect(readFileSync(target).equals(body)).toBe(true);
  expect(existsSync(`${target}.part`) || existsSync(`${target}.part.tag`)).toBe(false);
  expect([...mirror.agents][0]).toContain(`routescope/${projectVersion()}`);
  await get();
  expect(mirror.requests).toHaveLength(1);
});

test('a cut connection is gone on from where it was cut', async () => {
  mirror.fault(PATH, { kind: 'cut', bytes: 70_000 }, { kind: 'cut', bytes: 50_000 });
  expect((await get()).sha256).toBe(hash);
  expect(mirror.requests).toHaveLength(3);
  expect(mirror.requests[1]).toMatch(/bytes=\d+-$/);
});

test('another process goes on where the first one stopped', async () => {
  mirror.fault(PATH, { kind: 'cut', bytes: 70_000 });
  await expect(get(undefined, { attempts: 1 })).rejects.toMatchObject({ code: 'IMPORT_UNREACHABLE' });
  const kept = statSync(`${target}.part`).size;
  expect(kept).toBeGreaterThan(0);
  expect(await get()).toMatchObject({ sha256: hash, resumedBytes: kept });
});

test('a part whose last byte had come already is whole', async () => {
  mirror.fault(PATH, { kind: 'cut', bytes: 100 });
  await expect(get(undefined, { attempts: 1 })).rejects.toThrow();
  writeFileSync(`${target}.part`, body);
  expect((await get()).sha256).toBe(hash);
});

test('if the file changed meanwhile it is fetched anew, not glued together', async () => {
  mirror.fault(PATH, { kind: 'cut', bytes: 70_000 }, { kind: 'changed' });
  await get();
  expect(readFileSync(target).equals(Buffer.from([...body].reverse()))).toBe(true);
});

test('a server without Range gives it from the start', async () => {
  mirror.fault(PATH, { kind: 'cut', bytes: 70_000 }, { kind: 'no-range' });
  expect((await get()).sha256).toBe(hash);
});

test('503 with Retry-After is waited for at least that long', async () => {
  waits.length = 0;
  mirror.fault(PATH, { kind: 'status', status: 503, retryAfter: '1' }, { kind: 'status', status: 429 });
  expect((await get()).sha256).toBe(hash);
  expect(waits[0]).toBeGreaterThanOrEqual(1000);
  expect(waits).toHaveLength(2);
});

test('a server that says "come back tomorrow" is not waited for', async () => {
  mirror.fault(PATH, { kind: 'status', status: 503, retryAfter: '86400' });
  await expect(get()).rejects.toMatchObject({ code: 'IMPORT_REFUSED' });
  expect(mirror.requests).toHaveLength(1);
});

test.each([
  [404, 'IMPORT_NOT_FOUND'],
  [403, 'IMPORT_REFUSED'],
] as const)('%i is final', async (status, code) => {
  mirror.fault(PATH, { kind: 'status', status });
  await expect(get()).rejects.toMatchObject({ code, isFinal: true } satisfies Partial<FetchFailure>);
  expect(mirror.requests).toHaveLength(1);
});

test('silence is noticed, and what came before it kept', async () => {
  mirror.fault(PATH, { kind: 'stall', bytes: 30_000 });
  expect((await get()).sha256).toBe(hash);
  expect(mirror.requests[1]).toMatch(/bytes=\d+-$/);
});

test('a body shorter than promised is asked after: the server says that this was all', async () => {
  mirror.fault(PATH, { kind: 'length', promised: 300_000 });
  expect((await get()).sha256).toBe(hash);
  expect(mirror.requests[1]).toBe(`GET ${PATH} bytes=200000-`);
});

test('bytes that do not come are no file', async () => {
  mirror.fault(PATH, ...Array.from({ length: 4 }, () => ({ kind: 'stall', bytes: 0 }) as const));
  await expect(get()).rejects.toMatchObject({ code: 'IMPORT_UNREACHABLE' });
  expect(existsSync(target)).toBe(false);
});

test('a file over the bound is not begun', async () => {
  await expect(get(undefined, { maxFileBytes: 1000 })).rejects.toMatchObject({ code: 'IMPORT_TOO_LARGE' });
  expect(existsSync(target)).toBe(false);
});

test('redirects are followed, but not for ever, and not elsewhere than the web', async () => {
  mirror.fault('/moved', { kind: 'redirect', to: PATH });
  expect((await get(`${mirror.url}/moved`)).sha256).toBe(hash);
  target += '2';
  mirror.fault('/loop', ...Array.from({ length: 9 }, () => ({ kind: 'redirect', to: '/loop' }) as const));
  await expect(get(`${mirror.url}/loop`)).rejects.toMatchObject({ code: 'IMPORT_REFUSED' });
  mirror.fault('/file', { kind: 'redirect', to: 'file:///etc/passwd' });
  await expect(get(`${mirror.url}/file`)).rejects.toMatchObject({ code: 'IMPORT_REFUSED' });
});

test('aborting ends it at once and keeps the part', async () => {
  mirror.fault(PATH, { kind: 'stall', bytes: 30_000 });
  const abort = new AbortController();
  const run = download(mirror.url + PATH, target, {
    limits: { ...limits, stallMs: 60_000 },
    signal: abort.signal,
    onProgress: () => abort.abort(new Error('enough')),
  });
  await expect(run).rejects.toThrow('enough');
  expect(statSync(`${target}.part`).size).toBeGreaterThan(0);
});

test.each([
  ['120', 120_000],
  ['Sun, 24 Feb 2008 18:00:10 GMT', 10_000],
  ['Sun, 24 Feb 2008 17:00:00 GMT', 0],
  ['soon', null],
  [null, null],
])('Retry-After %s', (text, ms) => {
  expect(retryAfterMs(text, Date.parse('2008-02-24T18:00:00Z'))).toBe(ms);
});
