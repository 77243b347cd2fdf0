import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Replay } from './replay.ts';

const RECORDING = readFileSync(resolve(import.meta.dirname, '../../static/replays/pakistan_1.rsl'));

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanup.splice(0)) await clean();
});

/** A relay that answers as told. */
async function relay(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Replay> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  const { port } = server.address() as AddressInfo;
  const replay = new Replay({ app: '0.0.0', model: null, fetch, baseUrl: `http://127.0.0.1:${port}` });
  cleanup.push(() => replay.close());
  return replay;
}

const quiet = (): void => undefined;

test('a recording by its address', async () => {
  const replay = await relay((request, response) => {
    response.writeHead(request.url === '/replays/a.rsl' ? 200 : 404).end(RECORDING);
  });
  expect(await replay.open({ kind: 'url', url: 'replays/a.rsl' }, quiet)).toMatchObject({ ok: true });
  expect(await replay.open({ kind: 'url', url: '/replays/b.rsl' }, quiet)).toMatchObject({
    ok: false,
    code: 'REPLAY_UNREACHABLE',
    reason: expect.stringContaining('status 404') as string,
  });
});

test('a window of the archive: what the relay is asked, and why it refuses', async () => {
  let asked: URL | null = null;
  const replay = await relay((request, response) => {
    asked = new URL(request.url!, 'http://relay/');
    response.writeHead(503, { 'content-type': 'application/problem+json' });
    response.end(JSON.stringify({ title: 'Not available', detail: 'This relay keeps no archive.' }));
  });
  const filter = { prefixes: ['192.0.2.0/24'], asns: [65_001, 65_002], lessSpecific: true };
  const answer = await replay.open({ kind: 'archive', fromUs: 1.2e15, toUs: 1.2e15 + 6e7, filter }, quiet);
  expect(answer).toMatchObject({ ok: false, code: 'REPLAY_UNREACHABLE' });
  expect(!answer.ok && answer.reason).toContain('This relay keeps no archive.');
  expect(asked!.pathname).toBe('/api/historical');
  expect([...asked!.searchParams]).toEqual([
    ['from', '2008-01-10T21:20:00.000Z'],
    ['to', '2008-01-10T21:21:00.000Z'],
    ['format', 'rsl'],
    ['limit', '20000000'],
    ['prefix', '192.0.2.0/24'],
    ['match', 'any'],
    ['asn', '65001'],
    ['asn', '65002'],
  ]);
});

test('an answer that breaks off gives what came', async () => {
  const replay = await relay((_request, response) => {
    response.writeHead(200, { 'content-length': String(RECORDING.length) });
    response.write(RECORDING.subarray(0, RECORDING.length - 100), () => response.destroy());
  });
  let bad: readonly { code: string }[] = [];
  const answer = await replay.open({ kind: 'url', url: '/a.rsl' }, (progress) => (bad = progress.bad));
  expect(answer.ok || answer.code === 'REPLAY_UNREACHABLE').toBe(true);
  if (answer.ok) {
    await replay.verdicts();
    expect(bad).toContainEqual({ code: 'REPLAY_UNREACHABLE', count: 1 });
  }
});

test('nobody there', async () => {
  const replay = new Replay({ app: '0.0.0', model: null, fetch, baseUrl: 'http://127.0.0.1:9' });
  expect(await replay.open({ kind: 'url', url: '/a.rsl' }, quiet)).toMatchObject({
    ok: false,
    code: 'REPLAY_UNREACHABLE',
  });
});

test('opening another recording ends the one being read', async () => {
  const replay = await relay((request, response) => {
    if (request.url === '/fast.rsl') response.writeHead(200).end(RECORDING);
    // The other one never ends.
    else response.writeHead(200).write(RECORDING.subarray(0, 1000));
  });
  const slow = replay.open({ kind: 'url', url: '/slow.rsl' }, quiet);
  await new Promise((wait) => setTimeout(wait, 50));
  const fast = replay.open({ kind: 'url', url: '/fast.rsl' }, quiet);
  expect(await slow).toMatchObject({ ok: false, code: 'REPLAY_REPLACED' });
  expect(await fast).toMatchObject({ ok: true });
});

test('what is asked before anything is open is refused', async () => {
  const replay = new Replay({ app: '0.0.0', model: null, fetch, baseUrl: 'http://127.0.0.1:9' });
  const none = { ok: false, code: 'REPLAY_NONE' };
  expect(await replay.paths({ prefixes: ['192.0.2.0/24'], moreSpecifics: true })).toMatchObject(none);
  expect(await replay.compare(0, 1, null)).toMatchObject(none);
  expect(await replay.exportBundle(0, 1)).toMatchObject(none);
  expect(await replay.rerun({}, quiet)).toMatchObject(none);
  await expect(replay.seek(0)).rejects.toMatchObject({ code: 'REPLAY_NONE' });
  expect(await replay.step('next-update')).toBeNull();
  expect(replay.incident('x')).toBeNull();
});
