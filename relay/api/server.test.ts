import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { manyElems } from '../../tests/fixtures/batches.ts';
import type { RunningRelay } from '../../tests/fixtures/relay.ts';
import { ManualSource, startRelay, TestClient, until } from '../../tests/fixtures/relay.ts';

const INLINE = '\n  { start(); }\n';
const HTML = `<!doctype html><script src="/theme.js"></script><script>${INLINE}</script><p>the page</p>`;

let dir: string;
let running: RunningRelay;
let source: ManualSource;
const at = (path: string): string => `http://127.0.0.1:${running.port}${path}`;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'routescope-page-'));
  mkdirSync(join(dir, '_app/immutable'), { recursive: true });
  writeFileSync(join(dir, 'index.html'), HTML);
  writeFileSync(join(dir, 'favicon.svg'), '<svg/>');
  writeFileSync(join(dir, '_app/immutable/worker.abc.js'), 'postMessage(1)');
  writeFileSync(join(dir, '_app/immutable/worker.abc.js.gz'), gzipSync('postMessage(1)'));
  source = new ManualSource();
  running = await startRelay(source, { pageDir: dir });
});
afterAll(async () => {
  await running.close();
  rmSync(dir, { recursive: true });
});

describe('the page', () => {
  test.each(['/', '/status', '/prefix/192.0.2.0/24', '/as/3333?x=1'])('%s is index.html', async (path) => {
    const response = await fetch(at(path));
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(HTML);
    expect(response.headers.get('cache-control')).toBe('no-cache');
  });

  test('its policy lets its own inline script run and no other', async () => {
    const policy = (await fetch(at('/'))).headers.get('content-security-policy')!;
    const hash = createHash('sha256').update(INLINE).digest('base64');
    expect(policy).toContain(`script-src 'self' 'wasm-unsafe-eval' 'sha256-${hash}';`);
    expect(policy).toContain("frame-ancestors 'none'");
  });

  test('hashed files may be kept for ever, come compressed, and workers may connect', async () => {
    const response = await fetch(at('/_app/immutable/worker.abc.js'), {
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(await response.text()).toBe('postMessage(1)');
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('content-security-policy')).toContain("connect-src 'self'");
  });

  test('what has not changed is not sent again', async () => {
    const etag = (await fetch(at('/favicon.svg'))).headers.get('etag')!;
    expect((await fetch(at('/favicon.svg'), { headers: { 'if-none-match': etag } })).status).toBe(304);
  });
});

describe('errors are problem+json', () => {
  test.each([
    ['GET', '/api/nothing', 404],
    ['GET', '/_app/immutable/gone.js', 404],
    ['GET', '/v1/nothing', 404],
    ['GET', '/stream', 404],
    ['POST', '/', 405],
    ['POST', '/api/status', 404],
    ['GET', '/%c0%af', 400],
  ])('%s %s: %i', async (method, path, status) => {
    const response = await fetch(at(path), { method });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ type: 'about:blank', status });
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'none'; frame-ancestors 'none'",
    );
  });

  test('files outside the page are not served', async () => {
    for (const path of ['/../package.json', '/..%2f..%2fetc/passwd', '/%2e%2e/%2e%2e/etc/passwd']) {
      const text = await (await fetch(at(path))).text();
      expect(text === HTML || text.includes('"status":')).toBe(true);
    }
  });

  test('a client that asks too often is told so', async () => {
    const statuses = new Set<number>();
    for (let i = 0; i < 620; i += 20) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(at('/api/status'))));
      for (const answer of answers) {
        statuses.add(answer.status);
        if (answer.status === 429)
          expect(await answer.json()).toMatchObject({ title: 'Too many requests', status: 429 });
        else await answer.arrayBuffer();
      }
    }
    expect([...statuses].sort()).toEqual([200, 429]);
    expect((await fetch(at('/healthz'))).status).toBe(200);
  });
});

describe('health and numbers', () => {
  test('/healthz and /readyz', async () => {
    expect(await (await fetch(at('/healthz'))).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(at('/readyz'))).json()).toEqual({ status: 'ready', missing: [] });
    const bare = await startRelay(new ManualSource());
    const ready = await fetch(`http://127.0.0.1:${bare.port}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({ status: 'not ready', missing: ['the page is not built'] });
    expect((await fetch(`http://127.0.0.1:${bare.port}/`)).status).toBe(503);
    await bare.close();
  });

  test('/metrics counts what was sent', async () => {
    const client = new TestClient(`ws://127.0.0.1:${running.port}/stream`);
    await until(() => client.texts.length > 0);
    source.push({ type: 'batch', batch: manyElems(900) });
    await until(() => client.frames.length === 1);
    const metrics = await (await fetch(at('/metrics'))).text();
    const valueOf = (name: string): number =>
      Number(new RegExp(`^routescope_${name} (.+)$`, 'm').exec(metrics)?.[1]);
    expect(valueOf('frames_total')).toBe(1);
    expect(valueOf('elems_total')).toBe(900);
    expect(valueOf('sent_frames_total')).toBe(1);
    expect(valueOf('sent_bytes_total')).toBe(client.frames[0]!.length);
    expect(valueOf('clients')).toBe(1);
    expect(valueOf('ring_frames')).toBe(1);
    expect(metrics).toMatch(/^routescope_process_resident_memory_bytes /m);
    client.socket.terminate();
  });
});

test('a client that does not answer pings is let go', async () => {
  const other = await startRelay(new ManualSource(), { heartbeatMs: 50 });
  const alive = new TestClient(`ws://127.0.0.1:${other.port}/stream`);
  const dead = new TestClient(`ws://127.0.0.1:${other.port}/stream`);
  await Promise.all([alive.opened, dead.opened]);
  (dead.socket as unknown as { _socket: { pause(): void } })._socket.pause();
  await until(() => other.hub.stats().clients === 1, 'the dead client leaves');
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(alive.closed).toBeNull();
  dead.socket.terminate();
  alive.socket.terminate();
  await other.close();
});
