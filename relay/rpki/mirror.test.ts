import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { advance, decodeCompact } from '#core/rpki/compact.ts';
import type { RpkiData } from '#core/rpki/data.ts';
import { rpkiDigest } from '#core/rpki/data.ts';
import { eachVrp } from '#core/rpki/vrp-set.ts';
import { SILENT } from '../log.ts';
import { FileUpstream, UrlUpstream } from './document.ts';
import { RpkiMirror } from './mirror.ts';
import { openUpstream } from './open.ts';
import { readNotice, RoutinatorUpstream, versionOfEtag } from './routinator.ts';
import type { Upstream } from './upstream.ts';

const ends: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A Routinator as a mirror sees it: `/json`, `/json-delta`, `/json-delta/notify` and `/api/v1/status`. */
class FakeRoutinator {
  session = 18_446_744_073_709_551_557n;
  serial = 1;
  generatedS = 1_800_000_000;
  doneS = 1_800_000_000;
  vrps = ['AS1 10.0.0.0/8-8'];
  /** By from serial: announced and withdrawn. */
  deltas = new Map<number, { announced: string[]; withdrawn: string[] }>();
  isReady = true;
  hasDeltas = true;
  readonly asked: string[] = [];
  #waiting: (() => void)[] = [];

  change(announced: string[], withdrawn: string[], isRecorded = true): void {
    this.vrps = [...this.vrps.filter((vrp) => !withdrawn.includes(vrp)), ...announced];
    if (isRecorded) this.deltas.set(this.serial, { announced, withdrawn });
    this.serial++;
    this.generatedS += 600;
    this.wake();
  }

  wake(): void {
    for (const go of this.#waiting.splice(0)) go();
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url!, 'http://x');
    this.asked.push(pathname);
    const say = (status: number, text: string, headers = {}): void =>
      void response.writeHead(status, headers).end(text);
    const isCurrent =
      searchParams.get('session') === `${this.session}` && searchParams.get('serial') === `${this.serial}`;
    if (pathname === '/json-delta/notify' && this.hasDeltas) {
      const notice = (): void => say(200, `{\n "session": ${this.session},\n "serial": ${this.serial}\n}`);
      if (isCurrent) this.#waiting.push(notice);
      else notice();
      return;
    }
    if (!this.isReady) return say(503, 'Initial validation ongoing. Please wait.');
    if (pathname === '/json') {
      const etag = `"${this.session.toString(16)}-${this.serial}"`;
      if (request.headers['if-none-match'] === etag) return say(304, '', { etag });
      return say(200, this.#json(), { etag, 'content-type': 'application/json' });
    }
    if (pathname === '/api/v1/status') {
      return say(200, JSON.stringify({ lastUpdateDone: new Date(this.doneS * 1000).toISOString() }));
    }
    if (pathname === '/json-delta' && this.hasDeltas) return say(200, this.#delta(searchParams));
    say(404, 'resource not found');
  }

  #json(): string {
    const roas = this.vrps.map((vrp) => ({ ...row(vrp), ta: 'ripe' }));
    return JSON.stringify({ metadata: { generated: this.generatedS }, roas });
  }

  #delta(query: URLSearchParams): string {
    const from = Number(query.get('serial'));
    const steps = [];
    for (let at = from; at < this.serial; at++) steps.push(this.deltas.get(at));
    const isReset = query.get('session') !== `${this.session}` || steps.includes(undefined);
    const head = {
      reset: isReset,
      session: `${this.session}`,
      serial: this.serial,
      generated: this.generatedS,
    };
    const typed = (vrps: string[]): unknown[] => vrps.map((vrp) => ({ type: 'routeOrigin', ...row(vrp) }));
    if (isReset) return JSON.stringify({ ...head, announced: typed(this.vrps) });
    const announced = typed(steps.flatMap((step) => step!.announced));
    return JSON.stringify({
      ...head,
      fromSerial: from,
      announced,
      withdrawn: typed(steps.flatMap((s) => s!.withdrawn)),
    });
  }
}

function row(vrp: string): { asn: string; prefix: string; maxLength: number } {
  const [asn, prefix, maxLength] = vrp.split(/[ -]/) as [string, string, string];
  return { asn, prefix, maxLength: Number(maxLength) };
}

async function listen(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  port = 0,
): Promise<Server> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function mirrorOf(fake: FakeRoutinator, waits = {}): Promise<RpkiMirror> {
  const port = portOf(await listen((request, response) => fake.answer(request, response)));
  return start(new RoutinatorUpstream(new URL(`http://127.0.0.1:${port}/`), { leastMs: 1, ...waits }));
}

function start(upstream: Upstream): RpkiMirror {
  const mirror = new RpkiMirror(upstream, {
    log: SILENT,
    session: '42',
    random: () => 0,
    nowMs: () => 1_800_000_060_000,
  });
  ends.push(() => mirror.close());
  mirror.start();
  return mirror;
}

/** Wait for a condition that becomes true by itself. */
async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const shown = (data: RpkiData | null): string[] =>
  data ? [...eachVrp(data.vrps)].map((v) => `AS${v.asn} ${v.prefix}-${v.maxLength}`) : [];

describe('a Routinator', () => {
  test('is loaded once and followed by deltas, with a session beyond 2^53', async () => {
    const fake = new FakeRoutinator();
    const mirror = await mirrorOf(fake);
    await until(() => mirror.data !== null);
    fake.change(['AS2 11.0.0.0/8-9', 'AS3 2001:db8::/32-48'], []);
    await until(() => mirror.status().deltas === 1);
    fake.change(['AS4 12.0.0.0/8-8'], ['AS1 10.0.0.0/8-8']);
    await until(() => mirror.status().deltas === 2);
    expect(shown(mirror.data)).toEqual(['AS2 11.0.0.0/8-9', 'AS4 12.0.0.0/8-8', 'AS3 2001:db8::/32-48']);
    expect(fake.asked.filter((path) => path === '/json')).toHaveLength(1);
    expect(mirror.status()).toMatchObject({
      state: 'current',
      upstreamSession: '18446744073709551557',
      upstreamSerial: 3,
      generatedS: fake.generatedS,
      snapshots: 1,
      misfits: 0,
      failures: {},
    });
  });

  test('a new session leads to a new load, and clients still get a delta', async () => {
    const fake = new FakeRoutinator();
    const mirror = await mirrorOf(fake);
    await until(() => mirror.data !== null);
    const before = mirror.data!;
    fake.session = 5n;
    fake.serial = 0;
    fake.change(['AS2 11.0.0.0/8-9'], [], false);
    await until(() => mirror.status().snapshots === 2);
    const deltas = mirror.publication.deltasFrom('42-1')!;
    const after = deltas.reduce((data, bytes) => {
      const delta = decodeCompact(bytes);
      if (delta.kind !== 'delta') throw new Error(delta.kind);
      return advance(data, delta).data;
    }, before);
    expect(shown(after)).toEqual(['AS1 10.0.0.0/8-8', 'AS2 11.0.0.0/8-9']);
    expect(rpkiDigest(after)).toBe(rpkiDigest(mirror.data!));
  });

  test('a reset (we slept longer than its history) leads to a new load', async () => {
    const fake = new FakeRoutinator();
    const mirror = await mirrorOf(fake);
    await until(() => mirror.data !== null);
    fake.change(['AS2 11.0.0.0/8-9'], [], false);
    await until(() => mirror.status().snapshots === 2);
    expect(shown(mirror.data)).toEqual(['AS1 10.0.0.0/8-8', 'AS2 11.0.0.0/8-9']);
    expect([...eachVrp(mirror.data!.vrps)][1]!.trustAnchor).toBe('ripe');
  });

  test('a delta that does not fit is counted and leads to a new load', async () => {
    const fake = new FakeRoutinator();
    const mirror = await mirrorOf(fake);
    await until(() => mirror.data !== null);
    fake.deltas.set(1, { announced: [], withdrawn: ['AS9 99.0.0.0/8-8'] });
    fake.serial = 2;
    fake.vrps = ['AS7 17.0.0.0/8-8'];
    fake.wake();
    await until(() => mirror.status().misfits === 1);
    expect(shown(mirror.data)).toEqual(['AS1 10.0.0.0/8-8']);
    expect(mirror.status().failures).toEqual({ RPKI_BAD_DELTA: 1 });
    await until(() => mirror.status().snapshots === 2);
    expect(shown(mirror.data)).toEqual(['AS7 17.0.0.0/8-8']);
  });

  test('initial validation (503) is waited for', async () => {
    const fake = new FakeRoutinator();
    fake.isReady = false;
    const mirror = await mirrorOf(fake);
    await until(() => mirror.status().failures.validating === 1);
    expect(mirror.status()).toMatchObject({
      state: 'failing',
      version: null,
      reason: expect.stringContaining('503') as string,
    });
    fake.isReady = true;
    await until(() => mirror.data !== null);
    expect(mirror.status()).toMatchObject({ state: 'current', reason: '' });
  });

  test('while it is gone the last good set stays, and its age shows', async () => {
    const fake = new FakeRoutinator();
    const server = await listen((request, response) => fake.answer(request, response));
    const port = portOf(server);
    fake.generatedS = 1_800_000_060 - 7201;
    const mirror = start(new RoutinatorUpstream(new URL(`http://127.0.0.1:${port}/`), { leastMs: 1 }));
    await until(() => mirror.data !== null);
    server.closeAllConnections();
    server.close();
    await until(() => (mirror.status().failures.unreachable ?? 0) > 0);
    expect(shown(mirror.data)).toEqual(['AS1 10.0.0.0/8-8']);
    expect(mirror.status()).toMatchObject({ state: 'stale', ageS: 7201 });
  });

  test('runs that find nothing new keep the set fresh', async () => {
    const fake = new FakeRoutinator();
    const mirror = await mirrorOf(fake, { notifyMs: 20 });
    await until(() => mirror.data !== null);
    fake.doneS += 600;
    await until(() => mirror.data!.version.generatedS === fake.doneS);
    expect(mirror.data!.version.serial).toBe(2);
    expect(mirror.publication.deltasFrom('42-1')).toHaveLength(1);
  });

  test('one that has no deltas is polled by ETag', async () => {
    const fake = new FakeRoutinator();
    fake.hasDeltas = false;
    const mirror = await mirrorOf(fake, { pollMs: 5 });
    await until(() => mirror.status().unchanged > 1);
    fake.change(['AS2 11.0.0.0/8-9'], [], false);
    await until(() => mirror.status().snapshots === 2);
    expect(shown(mirror.data)).toEqual(['AS1 10.0.0.0/8-8', 'AS2 11.0.0.0/8-9']);
  });

  test('a body that is cut, or no JSON, never replaces what there is', async () => {
    let body = '{"metadata":{"generated":5},"roas":[{"asn":1,"prefix":"10.0.0.0/8","maxLength":8}]}';
    const server = await listen((_request, response) => void response.end(body));
    const mirror = start(
      new UrlUpstream(new URL(`http://127.0.0.1:${portOf(server)}/vrps.json`), { intervalMs: 5 }),
    );
    await until(() => mirror.data !== null);
    for (const bad of [body.slice(0, -3), '<html>busy</html>', '{"error":"x"}']) {
      const { RPKI_BAD_JSON: failed = 0 } = mirror.status().failures;
      body = bad;
      await until(() => (mirror.status().failures.RPKI_BAD_JSON ?? 0) > failed);
      expect(shown(mirror.data)).toEqual(['AS1 10.0.0.0/8-8']);
    }
  }, 30_000);
});

test('a file is read again when it changes, gzipped or not; new expiry times are no change', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rpki-'));
  ends.push(() => rm(folder, { recursive: true }));
  const path = join(folder, 'vrps.json');
  const text = (vrp: string, expires: number): string =>
    JSON.stringify({
      metadata: { buildtime: '2025-07-20T09:31:33Z' },
      roas: [{ ...row(vrp), ta: 'ripe', expires }],
    });
  await writeFile(path, text('AS1 10.0.0.0/8-8', 1));
  const mirror = start(new FileUpstream(path, { intervalMs: 5 }));
  await until(() => mirror.data !== null);
  await writeFile(path, text('AS1 10.0.0.0/8-8', 12345));
  await until(() => mirror.status().snapshots === 2);
  expect(mirror.data!.version.serial).toBe(1);
  await writeFile(path, gzipSync(text('AS2 10.0.0.0/8-8', 1)));
  await until(() => shown(mirror.data)[0] === 'AS2 10.0.0.0/8-8');
  expect(mirror.data!.version.serial).toBe(2);
});

test.each([
  ['http://127.0.0.1:8323', 'routinator'],
  ['http://127.0.0.1:8323/', 'routinator'],
  ['https://user:secret@rpki.example/routinator/json', 'routinator'],
  ['https://console.rpki-client.org/vrps.json', 'json-url'],
  ['https://rpki.example/json?exclude=aspas', 'json-url'],
  ['vrps.json', 'json-file'],
])('%s is a %s', (source, kind) => {
  const upstream = openUpstream(source);
  expect(upstream.kind).toBe(kind);
  expect(upstream.label).not.toContain('secret');
});

test.each([
  ['"6b0204f0-0"', { session: '1795294448', serial: 0 }],
  ['"ffffffffffffffff-7"', { session: '18446744073709551615', serial: 7 }],
  ['"abc"', null],
  [null, null],
])('ETag %s', (etag, want) => {
  expect(versionOfEtag(etag)).toEqual(want);
});

test('a notice with a session beyond 2^53', () => {
  expect(readNotice('{\n   "session": 18446744073709551615,\n   "serial": 12\n}')).toEqual({
    session: '18446744073709551615',
    serial: 12,
  });
  expect(readNotice('{"error":"x"}')).toBeNull();
});
