import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { elemRows } from '#core/elem/row.ts';
import { RisLiveServer, risUpdate } from '../../tests/fixtures/ris-live-server.ts';
import type { RisLiveOptions } from './ris-live.ts';
import { RisLiveSource } from './ris-live.ts';
import type { SourceEvent } from './source.ts';

const DATA = process.env['ROUTESCOPE_DATA'] ?? '../shared/data';
const FRAMES = join(DATA, 'rislive/ris-live-frames.jsonl');

let server: RisLiveServer;
let source: RisLiveSource | null = null;

beforeEach(() => {
  server = new RisLiveServer();
});
afterEach(async () => {
  await source?.close();
  source = null;
  await server.close();
});

async function open(options: Partial<RisLiveOptions> = {}): Promise<RisLiveSource> {
  source = new RisLiveSource({
    url: await server.url(),
    client: 'routescope-test',
    collectors: [],
    prefixes: [],
    includeRaw: false,
    openMs: 2000,
    silenceMs: 10_000,
    lagMs: 180_000,
    backoffMs: 20,
    ...options,
  });
  return source;
}

/** Reads until `isDone`, at most for 20 s. */
async function read(from: RisLiveSource, isDone: () => boolean): Promise<SourceEvent[]> {
  const events: SourceEvent[] = [];
  const untilMs = performance.now() + 20_000;
  const reading = (async () => {
    for await (const event of from.batches) events.push(event);
  })();
  while (!isDone()) {
    if (performance.now() > untilMs) throw new Error(`not done: ${JSON.stringify(from.status())}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await from.close();
  await reading;
  return events;
}

const rowsOf = (events: SourceEvent[]) =>
  events.flatMap((event) => (event.type === 'batch' ? elemRows(event.batch) : []));

describe('RisLiveSource', () => {
  test('says who it is, asks for what it wants, one subscription per collector', async () => {
    const live = await open({ collectors: ['rrc00', 'rrc21'], includeRaw: true });
    await read(live, () => server.peers[0]?.subscriptions.length === 2);
    expect(await live.opened).toBe(true);
    expect(server.connections).toBe(1);
    expect(live.status().label).toBe('RIS Live (rrc00, rrc21)');
  });

  test('a subscription to prefixes asks for their more specifics too', async () => {
    const asked: unknown[] = [];
    server.onSubscribe(({ subscriptions, client }) => asked.push(client, ...subscriptions));
    await read(await open({ prefixes: ['192.0.2.0/24'] }), () => asked.length > 0);
    expect(asked).toEqual([
      'routescope-test',
      { prefix: ['192.0.2.0/24'], moreSpecific: true, socketOptions: { includeRaw: false } },
    ]);
  });

  test('nothing is lost of 30,000 messages sent as fast as the socket takes them', async () => {
    const count = 30_000;
    const nowMs = Date.now();
    server.onSubscribe((peer) => {
      for (let n = 0; n < count; n++) peer.socket.send(JSON.stringify(risUpdate(n, nowMs)));
    });
    const live = await open();
    const rows = rowsOf(await read(live, () => live.status().messages >= count));
    expect(live.status()).toMatchObject({ messages: count, elems: count, badMessages: 0, reconnects: 0 });
    expect(live.stats().dropped).toBe(0);
    expect(rows).toHaveLength(count);
    expect(rows.filter(({ kind }) => kind === 'withdraw')).toHaveLength(count / 10);
  });

  test.skipIf(!existsSync(FRAMES))('real frames of every type', async () => {
    const frames = readFileSync(FRAMES, 'utf8').trim().split('\n');
    server.onSubscribe((peer) => frames.forEach((frame) => peer.socket.send(frame)));
    const live = await open({ lagMs: 1e15 });
    const rows = rowsOf(await read(live, () => live.status().messages === frames.length));
    expect(live.status().badMessages).toBe(0);
    expect(rows.find(({ kind }) => kind === 'state')).toMatchObject({
      collector: 'rrc13',
      newState: 'connect',
    });
    expect(rows.find(({ prefix }) => prefix === '2a12:3fc6::/48')).toMatchObject({
      nextHop: '2001:7f8:4::3:2be1:1',
      path: '207841 6939 216211 206069 204211 57330 57330 57330',
    });
  });

  test('bad frames are counted by code and the stream goes on', async () => {
    const nowMs = Date.now();
    const broken = risUpdate(2, nowMs);
    (broken['data'] as Record<string, unknown>)['announcements'] = [
      { next_hop: '192.0.2.1', prefixes: ['10.0.0.0/8', 'no prefix', '10.0.0.0/99'] },
    ];
    server.onSubscribe((peer) => {
      for (const frame of [
        '{',
        'null',
        '{"type":"ris_message"}',
        '{"type":"ris_message","data":{"type":"UPDATE"}}',
        '[]',
      ]) {
        peer.socket.send(frame);
      }
      peer.socket.send(Buffer.from([1, 2, 3]));
      peer.socket.send(JSON.stringify(broken));
      peer.socket.send(JSON.stringify(risUpdate(1, nowMs)));
    });
    const live = await open();
    const rows = rowsOf(await read(live, () => live.status().messages === 2));
    expect(Object.fromEntries(live.stats().badByCode)).toEqual({ RIS_BAD_MESSAGE: 5, PREFIX_BAD: 2 });
    expect(rows).toHaveLength(2);
    expect(live.status()).toMatchObject({ reconnects: 0 });
  });

  test('reconnects when the server hangs up, and goes on', async () => {
    server.onSubscribe((peer) => {
      peer.socket.send(JSON.stringify(risUpdate(server.connections, Date.now())));
      if (server.connections < 3) peer.socket.close(1011, 'bye');
    });
    const live = await open();
    const rows = rowsOf(await read(live, () => live.status().messages === 3));
    expect(rows).toHaveLength(3);
    expect(Object.fromEntries(live.stats().reconnectsByReason)).toEqual({ closed: 2 });
  });

  test('reconnects on silence, though the connection is open', async () => {
    server.onSubscribe((peer) => {
      if (server.connections === 2) peer.socket.send(JSON.stringify(risUpdate(1, Date.now())));
    });
    const live = await open({ silenceMs: 300 });
    await read(live, () => live.status().messages === 1);
    expect(Object.fromEntries(live.stats().reconnectsByReason)).toEqual({ silent: 1 });
  });

  test('a narrow subscription may be silent as long as pings are answered', async () => {
    const live = await open({ prefixes: ['192.0.2.0/24'], silenceMs: 300 });
    await read(live, () => (server.peers[0]?.pings ?? 0) >= 10);
    expect(live.status().reconnects).toBe(0);
  });

  test('reconnects when everything comes late; when that does not help it stays and says so', async () => {
    const timers: NodeJS.Timeout[] = [];
    server.onSubscribe((peer) => {
      timers.push(
        setInterval(() => peer.socket.send(JSON.stringify(risUpdate(1, Date.now() - 3_600_000))), 10),
      );
    });
    const live = await open({ lagWindowMs: 100 });
    await read(live, () => live.status().reason.includes('clock'));
    timers.forEach(clearInterval);
    expect(Object.fromEntries(live.stats().reconnectsByReason)).toEqual({ lagging: 3 });
    expect(live.status().lagMs).toBeGreaterThan(3_599_000);
  });

  test("RIPE's final error is said, and followed by a reconnect", async () => {
    server.onSubscribe((peer) => {
      if (server.connections > 1) return peer.socket.send(JSON.stringify(risUpdate(1, Date.now())));
      peer.socket.send('{"type":"ris_error","data":{"message":"you are too slow"}}');
      peer.socket.close();
    });
    const logged: string[] = [];
    const note = (event: string): void => void logged.push(event);
    const live = await open({ log: { info: note, warn: note, error: note } });
    await read(live, () => live.status().messages === 1);
    expect(Object.fromEntries(live.stats().reconnectsByReason)).toEqual({ error: 1 });
    expect(logged).toEqual(['ris.connected', 'ris.error', 'ris.lost', 'ris.connected']);
    expect(live.status()).toMatchObject({ state: 'ended', reason: '' });
  });

  test('a full queue drops the newest and counts them', async () => {
    const nowMs = Date.now();
    server.onSubscribe((peer) => {
      for (let n = 0; n < 100; n++) peer.socket.send(JSON.stringify(risUpdate(n, nowMs)));
      peer.socket.send('{"type":"pong","data":null}');
    });
    const live = await open({ inbox: { maxMessages: 10, maxBytes: 1e6 } });
    // Nobody reads yet: the queue fills.
    const untilMs = performance.now() + 10_000;
    while (live.stats().dropped < 91 && performance.now() < untilMs)
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect(live.stats()).toMatchObject({ queued: 10, dropped: 91, queueLimit: 10 });
    const rows = rowsOf(await read(live, () => live.status().messages === 10));
    expect(rows).toHaveLength(10);
  });

  test('a server that cannot be reached is found out in bounded time', async () => {
    const gone = new RisLiveServer();
    const url = await gone.url();
    await gone.close();
    const live = await open({ url });
    expect(await live.opened).toBe(false);
    expect(live.status()).toMatchObject({ state: 'connecting' });
    expect(live.status().reason).toContain('ECONNREFUSED');
  });
});
