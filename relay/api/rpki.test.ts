import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { gunzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { parsePrefix } from '#core/prefix/prefix.ts';
import { NO_ASPAS } from '#core/rpki/aspa-set.ts';
import { advance, decodeCompact } from '#core/rpki/compact.ts';
import type { RpkiData } from '#core/rpki/data.ts';
import { rpkiDigest } from '#core/rpki/data.ts';
import { VrpBuilder, vrpCount } from '#core/rpki/vrp-set.ts';
import { SILENT } from '../log.ts';
import { RpkiMirror } from '../rpki/mirror.ts';
import type { Update, Upstream } from '../rpki/upstream.ts';
import { serveRpki } from './rpki.ts';

/** An upstream that says what it is told to. */
class Told implements Upstream {
  readonly kind = 'json-file';
  readonly label = 'told';
  readonly validityBase: URL | null;
  #waiting: ((update: Update) => void) | null = null;
  constructor(validityBase: URL | null = null) {
    this.validityBase = validityBase;
  }
  restart(): void {}
  next(signal: AbortSignal): Promise<Update> {
    return new Promise((resolve, reject) => {
      this.#waiting = resolve;
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  }
  async say(asns: readonly number[], generatedS: number): Promise<void> {
    const builder = new VrpBuilder();
    for (const asn of asns) builder.add(parsePrefix('192.0.2.0/24'), 24, asn);
    const data = { vrps: builder.build(), aspas: NO_ASPAS };
    this.#waiting!({ kind: 'snapshot', data, generatedS, session: null, serial: null, badRows: 0, bytes: 0 });
    await new Promise(setImmediate);
  }
}

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

function serve(upstream: Upstream | null): FastifyInstance {
  const app = fastify();
  const mirror = upstream && new RpkiMirror(upstream, { log: SILENT, session: '42', nowMs: () => 1000_000 });
  mirror?.start();
  serveRpki(app, mirror);
  ends.push(async () => {
    await mirror?.close();
    await app.close();
  });
  return app;
}

function snapshotOf(bytes: Buffer): RpkiData {
  const compact = decodeCompact(bytes);
  if (compact.kind !== 'snapshot') throw new Error(compact.kind);
  return compact.data;
}

test('the snapshot: gzip, ETag, and immutable under its version', async () => {
  const told = new Told();
  const app = serve(told);
  expect((await app.inject('/rpki/snapshot')).statusCode).toBe(503);
  await told.say([1, 2], 500);
  const zipped = await app.inject({ url: '/rpki/snapshot', headers: { 'accept-encoding': 'gzip, br' } });
  expect(zipped.headers).toMatchObject({
    etag: '"42-1"',
    'content-encoding': 'gzip',
    'cache-control': 'no-cache',
  });
  const data = snapshotOf(gunzipSync(zipped.rawPayload));
  expect(vrpCount(data.vrps)).toBe(2);
  expect(data.version).toEqual({ session: '42', serial: 1, generatedS: 500 });
  const plain = await app.inject('/rpki/snapshot?v=42-1');
  expect(plain.headers['cache-control']).toContain('immutable');
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(snapshotOf(plain.rawPayload).version.serial).toBe(1);
  const again = await app.inject({ url: '/rpki/snapshot', headers: { 'if-none-match': 'W/"42-1", "x"' } });
  expect(again.statusCode).toBe(304);
  expect((await app.inject('/rpki/snapshot?v=42-9')).statusCode).toBe(404);
});

test('deltas lead from any version we gave to the current one', async () => {
  const told = new Told();
  const app = serve(told);
  await told.say([1], 500);
  const start = snapshotOf((await app.inject('/rpki/snapshot')).rawPayload);
  await told.say([1, 2], 600);
  await told.say([2, 3], 700);
  const { rawPayload } = await app.inject('/rpki/delta?from=42-1');
  let data = start;
  for (let at = 0; at < rawPayload.length;) {
    const length = rawPayload.readUInt32BE(at);
    const delta = decodeCompact(rawPayload.subarray(at + 4, at + 4 + length));
    if (delta.kind !== 'delta') throw new Error(delta.kind);
    data = advance(data, delta).data;
    at += 4 + length;
  }
  const now = snapshotOf((await app.inject('/rpki/snapshot')).rawPayload);
  expect(data.version).toEqual({ session: '42', serial: 3, generatedS: 700 });
  expect(rpkiDigest(data)).toBe(rpkiDigest(now));
  expect((await app.inject('/rpki/delta?from=42-3')).statusCode).toBe(204);
  expect((await app.inject('/rpki/delta?from=41-1')).statusCode).toBe(410);
  for (const from of ['', '?from=', '?from=x', '?from=1-2-3', '?from=42-1&from=42-2']) {
    expect((await app.inject(`/rpki/delta${from}`)).statusCode).toBe(400);
  }
});

test('validity: path, query and list, and errors as Routinator words them', async () => {
  const told = new Told();
  const app = serve(told);
  await told.say([65001], 500);
  const state = (text: string): unknown =>
    (JSON.parse(text) as { validated_route: { validity: { state: string } } }).validated_route.validity.state;
  for (const url of [
    '/api/v1/validity/AS65001/192.0.2.0/24',
    '/api/v1/validity/65001/192.0.2.0%2F24',
    '/validity?asn=AS65001&prefix=192.0.2.0/24',
  ]) {
    const answer = await app.inject(url);
    expect(state(answer.body), url).toBe('valid');
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
  }
  const errors: [string, string][] = [
    ['/api/v1/validity/ASx/192.0.2.0/24', 'invalid ASN'],
    ['/api/v1/validity/1', 'missing prefix in path'],
    ['/api/v1/validity/1/192.0.2.0', 'invalid prefix'],
    ['/validity?asn=1', "missing 'prefix' argument in query"],
    ['/validity?prefix=1', "missing 'asn' argument in query"],
    ['/validity?asn=1&prefix=1&x=1', "unexpected argument 'x' in query"],
  ];
  for (const [url, error] of errors) {
    const answer = await app.inject(url);
    expect([answer.statusCode, answer.json()], url).toEqual([400, { error }]);
  }
  const post = (payload: unknown) =>
    app.inject({ method: 'POST', url: '/api/v1/validity', payload: payload as object });
  const list = await post({
    routes: [
      { asn: 'AS65001', prefix: '192.0.2.0/24' },
      { asn: 7, prefix: '192.0.2.0/24' },
    ],
  });
  const { validated_routes } = list.json<{ validated_routes: { validity: { state: string } }[] }>();
  expect(validated_routes.map(({ validity }) => validity.state)).toEqual(['valid', 'invalid']);
  for (const bad of [
    {},
    { routes: 1 },
    { routes: [null] },
    { routes: [{ asn: 'x', prefix: '1.0.0.0/8' }] },
    { routes: Array(10_001).fill({ asn: 1, prefix: '1.0.0.0/8' }) },
  ]) {
    expect((await post(bad)).statusCode).toBe(400);
  }
});

test('without a validator, and before the first set, the answer is 503', async () => {
  for (const app of [serve(null), serve(new Told())]) {
    expect((await app.inject('/api/v1/validity/1/1.0.0.0/8')).statusCode).toBe(503);
    expect((await app.inject({ method: 'POST', url: '/validity', payload: { routes: [] } })).statusCode).toBe(
      503,
    );
    expect((await app.inject('/rpki/delta?from=1-1')).statusCode).toBe(503);
  }
  expect((await serve(null).inject('/rpki/status')).json()).toEqual({ configured: false });
});

test('before the first set a Routinator is asked itself, once per route', async () => {
  let asked = 0;
  const routinator = fastify();
  routinator.get('/api/v1/validity/*', (request) => {
    asked++;
    return { path: (request.params as { '*': string })['*'] };
  });
  await routinator.listen({ host: '127.0.0.1', port: 0 });
  ends.push(() => routinator.close());
  const { port } = routinator.server.address() as { port: number };
  const app = serve(new Told(new URL(`http://127.0.0.1:${port}/api/v1/validity/`)));
  for (const url of ['/api/v1/validity/as1/10.1.2.3/8', '/api/v1/validity/1/10.0.0.0/8']) {
    expect((await app.inject(url)).json()).toEqual({ path: 'AS1/10.0.0.0/8' });
  }
  expect(asked).toBe(1);
});
