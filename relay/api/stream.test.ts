import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { decodeFrame } from '#core/wire/frame.ts';
import { batchOf, manyElems } from '../../tests/fixtures/batches.ts';
import type { RunningRelay } from '../../tests/fixtures/relay.ts';
import { ManualSource, startRelay, TestClient, until } from '../../tests/fixtures/relay.ts';
import { batchOfFrame } from '../hub/encode.ts';
import { SILENT } from '../log.ts';
import { fileRecording } from '../source/recording.ts';
import { ReplaySource } from '../source/replay.ts';

const DATA = process.env['ROUTESCOPE_DATA'] ?? '../shared/data';
const FILE = join(DATA, 'mrt/parsers/updates.20100227.1600.gz');

let running: RunningRelay | null = null;
const clients: TestClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.terminate();
  await running?.close();
  running = null;
});

function connect(query = '', headers: Record<string, string> = {}): TestClient {
  const client = new TestClient(`ws://127.0.0.1:${running!.port}/stream${query}`, headers);
  clients.push(client);
  return client;
}

const elemsOf = (client: TestClient): number =>
  client.frames.reduce((sum, frame) => sum + decodeFrame(frame).header.elems, 0);
const seqsOf = (client: TestClient): number[] => client.frames.map((frame) => decodeFrame(frame).header.seq);

/** Elems that do not compress well. */
function scattered(i: number) {
  const mixed = Math.imul(i + 1, 0x9e37_79b1) >>> 0;
  return { timeUs: 1e15 + (mixed % 1_000_003), prefix: mixed >>> 16, peerAsn: 1 + (mixed % 60_000) };
}

describe('/stream', () => {
  test.skipIf(!existsSync(FILE))('a real file replayed as fast as possible arrives whole', async () => {
    const recording = await fileRecording(FILE, '', SILENT);
    const source = new ReplaySource(recording, { speed: 0, isLooping: false });
    running = await startRelay(source);
    const client = connect('?backfill=100000');
    await until(() => source.status().state === 'ended' && elemsOf(client) === source.status().elems);
    expect(source.status().elems).toBeGreaterThan(10_000);
    expect(seqsOf(client)).toEqual(Array.from(client.frames, (_, i) => i + 1));
    const largest = Math.max(...client.frames.map((frame) => batchOfFrame(frame).length));
    expect(largest).toBeLessThanOrEqual(1000);
    expect(client.texts.filter(({ type }) => type === 'gap')).toEqual([]);
  });

  test('hello first, then frames, and a status every second', async () => {
    const source = new ManualSource();
    running = await startRelay(source);
    const client = connect();
    await client.opened;
    source.push({ type: 'batch', batch: manyElems(30) }, { type: 'reset', reason: 'test' });
    await until(() => client.frames.length === 2 && client.texts.length >= 2);
    expect(client.texts[0]).toMatchObject({ type: 'hello', version: 1, stream: 77, seq: 0, oldest: 0 });
    expect(client.texts[1]).toMatchObject({
      type: 'status',
      seq: 2,
      source: { kind: 'replay', state: 'running' },
    });
    expect(decodeFrame(client.frames[0]!).header).toMatchObject({
      seq: 1,
      prev: 0,
      elems: 30,
      messages: 30,
      kind: 0,
    });
    expect(decodeFrame(client.frames[1]!).header).toMatchObject({ seq: 2, prev: 1, elems: 0, kind: 1 });
  });

  test('coming back after a lost connection misses nothing', async () => {
    const source = new ManualSource();
    running = await startRelay(source);
    const first = connect();
    await first.opened;
    for (let i = 0; i < 5; i++) source.push({ type: 'batch', batch: manyElems(900, i) });
    await until(() => first.frames.length === 5);
    first.socket.terminate();
    for (let i = 0; i < 5; i++) source.push({ type: 'batch', batch: manyElems(900, i) });
    await until(() => running!.hub.stats().seq === 10);
    const second = connect('?stream=77&after=5');
    await until(() => second.frames.length === 5);
    expect(seqsOf(second)).toEqual([6, 7, 8, 9, 10]);
    expect(decodeFrame(second.frames[0]!).header.prev).toBe(5);
  });

  test('a real slow client: received + announced = sent', async () => {
    const source = new ManualSource();
    running = await startRelay(source, { ring: { maxBytes: 1 << 25, maxFrames: 50 } });
    const client = connect();
    await client.opened;
    // Stop reading: the kernel's buffers fill, then ours, then frames pass by.
    (client.socket as unknown as { _socket: { pause(): void; resume(): void } })._socket.pause();
    const batch = batchOf(Array.from({ length: 1000 }, (_, i) => scattered(i)));
    let sent = 0;
    for (let left = 200; left > 0;) {
      source.push({ type: 'batch', batch });
      sent++;
      if (sent % 50 === 0) await until(() => running!.hub.stats().seq === sent);
      if (running.hub.stats().bufferedBytes > 1024 * 1024) left--;
    }
    await until(() => running!.hub.stats().seq === sent);
    (client.socket as unknown as { _socket: { resume(): void } })._socket.resume();
    await until(() => seqsOf(client).at(-1) === sent);
    const gaps = client.texts.filter(({ type }) => type === 'gap') as { frames: number; elems: number }[];
    expect(gaps.length).toBeGreaterThan(0);
    expect(client.frames.length + gaps.reduce((sum, { frames }) => sum + frames, 0)).toBe(sent);
    expect(elemsOf(client) + gaps.reduce((sum, { elems }) => sum + elems, 0)).toBe(sent * 1000);
  });

  test('a filter in the query and one by message', async () => {
    const source = new ManualSource();
    running = await startRelay(source);
    const filter = encodeURIComponent('{"prefixes":["10.0.7.0/24"]}');
    const client = connect(`?filter=${filter}`);
    await client.opened;
    source.push({ type: 'batch', batch: manyElems(900) });
    await until(() => client.frames.length === 1);
    expect(elemsOf(client)).toBe(1);
    client.send({ type: 'filter', filter: null });
    await until(() => running!.hub.stats().groups === 0);
    source.push({ type: 'batch', batch: manyElems(900) });
    await until(() => client.frames.length === 2);
    expect(elemsOf(client)).toBe(901);
  });

  test.each([
    ['?filter=%7B', 'FILTER_BAD'],
    ['?filter=%7B%22what%22%3A1%7D', 'FILTER_BAD'],
    ['?filter=%7B%22prefixes%22%3A%5B%22x%22%5D%7D', 'FILTER_BAD'],
    ['?after=5', 'STREAM_BAD_QUERY'],
    ['?after=-1&stream=77', 'STREAM_BAD_QUERY'],
    ['?backfill=1e9', 'STREAM_BAD_QUERY'],
  ])('%s is refused with %s and 1008', async (query, code) => {
    running = await startRelay(new ManualSource());
    const client = connect(query);
    await until(() => client.closed !== null);
    expect(client.texts).toMatchObject([{ type: 'error', code }]);
    expect(client.closed).toEqual({ code: 1008, reason: code });
  });

  test.each([
    ['not JSON', 'STREAM_BAD_MESSAGE'],
    ['{"type":"what"}', 'STREAM_BAD_MESSAGE'],
    ['{"type":"filter","filter":{"asns":["x"]}}', 'FILTER_BAD'],
  ])('the message %s is refused with %s', async (message, code) => {
    running = await startRelay(new ManualSource());
    const client = connect();
    await client.opened;
    client.send(message);
    await until(() => client.closed !== null);
    expect(client.texts.at(-1)).toMatchObject({ type: 'error', code });
    expect(client.closed?.code).toBe(1008);
  });

  test('a message too large closes the connection, the relay goes on', async () => {
    running = await startRelay(new ManualSource());
    const client = connect();
    await client.opened;
    client.send(`"${'x'.repeat(2_000_000)}"`);
    await until(() => client.closed !== null);
    const next = connect();
    await until(() => next.texts.length > 0);
  });

  test('a page of another origin is refused, our own and clients without one are not', async () => {
    running = await startRelay(new ManualSource(), { flags: ['--allow-origin', 'http://localhost:5173'] });
    const own = `http://127.0.0.1:${running.port}`;
    const stranger = connect('', { origin: 'https://example.net' });
    await until(() => stranger.refused !== null);
    expect(stranger.refused).toBe(403);
    for (const origin of [own, 'http://localhost:5173']) {
      const client = connect('', { origin });
      await until(() => client.texts.length > 0);
    }
  });

  test('there are only so many clients, and only known paths', async () => {
    running = await startRelay(new ManualSource(), { flags: ['--max-clients', '1'] });
    await connect().opened;
    const second = connect();
    await until(() => second.refused !== null);
    expect(second.refused).toBe(503);
    const lost = new TestClient(`ws://127.0.0.1:${running.port}/nothing`);
    await until(() => lost.refused !== null);
    expect(lost.refused).toBe(404);
  });

  test('stopping sends what is left, then closes with 1001', async () => {
    const source = new ManualSource();
    running = await startRelay(source);
    const client = connect();
    await client.opened;
    source.push({ type: 'batch', batch: manyElems(7) });
    await until(() => running!.relay.waitingElems === 7);
    await running.close();
    running = null;
    await until(() => client.closed !== null);
    expect(elemsOf(client)).toBe(7);
    expect(client.closed).toMatchObject({ code: 1001 });
    expect(client.socket.readyState).toBe(WebSocket.CLOSED);
  });
});
