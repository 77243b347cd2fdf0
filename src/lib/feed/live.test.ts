import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { elemBatch } from '../../../tests/fixtures/elem-batch.ts';
import type { StreamConnection } from '../../../tests/fixtures/stream-server.ts';
import {
  batchFrame,
  resetFrame,
  SOURCE,
  STREAM,
  StreamServer,
} from '../../../tests/fixtures/stream-server.ts';
import type { ElemBatch } from '#core/elem/batch.ts';
import { elemRows } from '#core/elem/row.ts';
import { COMPRESSION } from '#core/wire/frame.ts';
import type { SocketConstructor } from './connection.ts';
import { feedContract } from './feed.contract.ts';
import type { FeedEvent } from './feed.ts';
import type { LiveFeedOptions } from './live.ts';
import { LiveFeed } from './live.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function serve(
  onConnect: (connection: StreamConnection, count: number) => void,
): Promise<StreamServer> {
  const server = await StreamServer.open(onConnect);
  open.push(server);
  return server;
}

function feedOf(server: { url: string }, options: Partial<LiveFeedOptions> = {}): LiveFeed {
  const feed = new LiveFeed({
    url: server.url,
    WebSocket: WebSocket as unknown as SocketConstructor,
    nowMs: () => Date.now(),
    random: () => 0,
    ...options,
  });
  open.push(feed);
  return feed;
}

const batchNo = (n: number): ElemBatch =>
  elemBatch([{ kind: 'A', atS: n, prefix: `10.${n >> 8}.${n & 255}.0/24` }]);

/** What the feed says until `isDone`: `10.0.n.0` of each batch as n, resets as text; status left out. */
async function read(
  feed: LiveFeed,
  isDone: (seen: (number | string)[]) => boolean,
): Promise<(number | string)[]> {
  const seen: (number | string)[] = [];
  for await (const event of feed) {
    const told = tell(event);
    if (told !== null) seen.push(told);
    if (isDone(seen)) break;
  }
  return seen;
}

function tell(event: FeedEvent): number | string | null {
  if (event.type === 'status') return null;
  if (event.type === 'reset') return 'reset';
  const n = Number(elemRows(event.batch)[0]!.prefix!.split('.')[2]);
  return event.isAfterGap ? `after gap ${n}` : n;
}

const count = (wanted: number) => (seen: unknown[]) => seen.length === wanted;

feedContract('the relay', async () => {
  const server = await StreamServer.open((connection) => {
    connection.hello();
    for (const seq of [1, 2, 3]) connection.frame(batchFrame(batchNo(seq), seq));
  });
  return { feed: feedOf(server), done: () => server.close() };
});

test('decodes what was sent, in order, and counts it', async () => {
  const server = await serve((connection) => {
    connection.hello();
    for (let seq = 1; seq <= 200; seq++) {
      const compression = seq % 3 === 0 ? COMPRESSION.none : COMPRESSION.deflateRaw;
      connection.frame(batchFrame(batchNo(seq), seq, { compression }));
    }
  });
  const feed = feedOf(server);
  expect(await read(feed, count(200))).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
  expect(feed.health()).toMatchObject({
    connection: 'open',
    stream: STREAM,
    seq: 200,
    frames: 200,
    gapCount: 0,
    badFrames: 0,
  });
  expect(feed.health().bytes).toBeGreaterThan(200 * 56);
  expect(feed.decodeMs).toBeGreaterThan(0);
});

test('asks for the past at first, and after a break for what it has not seen', async () => {
  const server = await serve((connection, earlier) => {
    connection.hello();
    if (earlier === 0) {
      connection.frame(batchFrame(batchNo(1), 1));
      connection.frame(batchFrame(batchNo(2), 2));
      setTimeout(() => connection.socket.terminate(), 20);
    } else connection.frame(batchFrame(batchNo(3), 3));
  });
  const feed = feedOf(server, { backfill: 50 });
  expect(await read(feed, count(3))).toEqual([1, 2, 3]);
  expect(server.connections.map(({ query }) => Object.fromEntries(query))).toEqual([
    { backfill: '50' },
    { backfill: '50', after: '2', stream: String(STREAM) },
  ]);
  expect(feed.health()).toMatchObject({ reconnects: 1, gapCount: 0, reason: '' });
});

describe('gaps', () => {
  test('told by the relay: counted once, and seen by the batch after it', async () => {
    const server = await serve((connection) => {
      connection.hello();
      connection.frame(batchFrame(batchNo(1), 1));
      connection.send({ type: 'gap', reason: 'slow', from: 2, to: 5, frames: 4, elems: 40 });
      connection.frame(batchFrame(batchNo(6), 6));
      connection.frame(batchFrame(batchNo(7), 7));
    });
    const feed = feedOf(server);
    expect(await read(feed, count(3))).toEqual([1, 'after gap 6', 7]);
    expect(feed.health()).toMatchObject({ gapCount: 1, lostFrames: 4, lostElems: 40 });
    expect(feed.health().gaps[0]).toMatchObject({ reason: 'slow', from: 2, atUs: batchNo(1).timeUs[0] });
  });

  test('seen in the numbers only: counted too', async () => {
    const server = await serve((connection) => {
      connection.hello();
      connection.frame(batchFrame(batchNo(1), 1));
      connection.frame(batchFrame(batchNo(4), 4));
    });
    const feed = feedOf(server);
    expect(await read(feed, count(2))).toEqual([1, 'after gap 4']);
    expect(feed.health()).toMatchObject({ gapCount: 1, lostFrames: 2, lostElems: 0 });
    expect(feed.health().gaps[0]).toMatchObject({ reason: 'unexplained', from: 2, to: 3, elems: null });
  });

  test('a relay that was restarted: the live stream goes on, a replay starts over', async () => {
    for (const kind of ['ris-live', 'replay'] as const) {
      const server = await serve((connection, earlier) => {
        connection.hello({ stream: STREAM + earlier, source: { kind } });
        if (earlier === 0) {
          connection.frame(batchFrame(batchNo(8), 8));
          setTimeout(() => connection.socket.close(1001), 20);
          return;
        }
        connection.send({
          type: 'gap',
          reason: 'restarted',
          from: null,
          to: null,
          frames: null,
          elems: null,
        });
        connection.frame(batchFrame(batchNo(1), 1, { stream: STREAM + 1 }));
      });
      const feed = feedOf(server);
      const wanted = kind === 'replay' ? [8, 'reset', 'after gap 1'] : [8, 'after gap 1'];
      expect(await read(feed, count(wanted.length))).toEqual(wanted);
      expect(feed.health()).toMatchObject({ gapCount: 1, lostFrames: 0, stream: STREAM + 1, seq: 1 });
    }
  });

  test('a page that was reloaded knows what it missed meanwhile', async () => {
    const server = await serve((connection) => {
      connection.hello();
      connection.frame(batchFrame(batchNo(20), 20));
    });
    const feed = feedOf(server, { resume: { stream: STREAM, seq: 11 } });
    await read(feed, count(1));
    expect(feed.health().gaps).toMatchObject([{ reason: 'evicted', from: 12, to: 19, frames: 8 }]);
    expect(server.connections[0]!.query.has('after')).toBe(false);
  });

  test('a full queue drops the oldest, and says so', async () => {
    const server = await serve((connection) => {
      connection.hello();
      for (let seq = 1; seq <= 100; seq++) connection.frame(batchFrame(batchNo(seq), seq));
    });
    const feed = feedOf(server, { limits: { frames: 10, bytes: 1e9 } });
    while (feed.health().frames < 100) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(feed.queue()).toEqual({ frames: 10, limit: 10, dropped: 90 });
    expect(await read(feed, count(10))).toEqual(['after gap 91', 92, 93, 94, 95, 96, 97, 98, 99, 100]);
    expect(feed.health()).toMatchObject({ gapCount: 1, lostFrames: 90, lostElems: 90 });
    expect(feed.health().gaps[0]).toMatchObject({ reason: 'slow', from: 1, to: 90, frames: 90, elems: 90 });
  });
});

test('a reset keeps its place among the frames', async () => {
  const server = await serve((connection) => {
    connection.hello();
    connection.frame(batchFrame(batchNo(1), 1));
    connection.frame(resetFrame(2));
    connection.frame(batchFrame(batchNo(3), 3));
  });
  expect(await read(feedOf(server), count(3))).toEqual([1, 'reset', 3]);
});

test('bad input of every sort is counted by code, and the stream goes on', async () => {
  const good = batchFrame(batchNo(2), 2);
  const damagedBody = batchFrame(batchNo(3), 3);
  damagedBody.fill(0xff, 56);
  const server = await serve((connection) => {
    connection.hello();
    connection.send('{ not JSON');
    connection.send('{"type":"status"}');
    connection.send('{"type":"surprise"}');
    connection.frame(Uint8Array.of(1, 2, 3));
    connection.frame(good);
    connection.frame(damagedBody);
    connection.frame(batchFrame(batchNo(4), 4, { rawBytes: 5 }));
    connection.frame(batchFrame(batchNo(5), 5, { rawBytes: 100_000 }));
    connection.frame(batchFrame(batchNo(6), 6, { stream: 99 }));
    connection.frame(batchFrame(batchNo(7), 7));
  });
  const feed = feedOf(server);
  expect(await read(feed, count(2))).toEqual([2, 'after gap 7']);
  expect(Object.fromEntries(feed.badByCode)).toEqual({ WIRE_BAD_MESSAGE: 3, WIRE_BAD_FRAME: 5 });
  expect(feed.health()).toMatchObject({ badFrames: 8, gapCount: 0, connection: 'open' });
});

describe('the connection', () => {
  test('comes back from silence', async () => {
    const server = await serve((connection, earlier) => {
      connection.hello();
      if (earlier === 1) connection.frame(batchFrame(batchNo(1), 1));
    });
    const feed = feedOf(server, { silenceMs: 600 });
    expect(await read(feed, count(1))).toEqual([1]);
    expect(feed.health().reconnects).toBe(1);
  });

  test('says why it waits, and until when', async () => {
    const server = await serve((connection) => connection.socket.close(1013, 'too many clients'));
    const feed = feedOf(server);
    for await (const _event of feed) if (feed.health().connection === 'waiting') break;
    const { reason, retryAtMs } = feed.health();
    expect(reason).toBe('too many clients');
    expect(retryAtMs).toBeGreaterThan(Date.now() - 1000);
  });

  test('nobody listens there', async () => {
    const server = await StreamServer.open(() => undefined);
    await server.close();
    const feed = feedOf(server);
    for await (const _event of feed) if (feed.health().connection === 'waiting') break;
    expect(feed.health().reason).toBe('the relay does not answer');
  });

  test('an address that is none', async () => {
    const feed = feedOf({ url: 'http://[' });
    for await (const _event of feed) if (feed.health().connection === 'waiting') break;
    expect(feed.health().reason).not.toBe('');
  });

  test('a relay of another version is refused with a reason', async () => {
    const server = await serve((connection) => connection.hello({ version: 99 }));
    const feed = feedOf(server);
    for await (const _event of feed) if (feed.health().connection === 'waiting') break;
    expect(feed.health().reason).toContain('version 99');
  });

  test('the source is known from the hello on, and follows the status', async () => {
    const server = await serve((connection) => {
      connection.hello();
      connection.send({ type: 'status', seq: 0, source: { ...SOURCE, state: 'silent', reconnects: 2 } });
    });
    const feed = feedOf(server);
    for await (const _event of feed) if (feed.health().source?.state === 'silent') break;
    expect(feed.health().source).toMatchObject({ label: 'test', reconnects: 2 });
  });
});
