import { describe, expect, test } from 'vitest';
import { prefixText } from '#core/elem/row.ts';
import type { ServerMessage } from '#core/wire/control.ts';
import { decodeFrame, FRAME_KIND } from '#core/wire/frame.ts';
import { manyElems } from '../tests/fixtures/batches.ts';
import { Hub } from './hub.ts';
import type { ClientSocket } from './hub/client.ts';
import { REPLAY_STATUS } from '../tests/fixtures/source-status.ts';
import { batchOfFrame } from './hub/encode.ts';

/** A socket that takes everything at once, or nothing until told. */
class FakeSocket implements ClientSocket {
  bufferedAmount = 0;
  isStuck = false;
  readonly got: (
    ServerMessage | { type: 'frame'; seq: number; prev: number; elems: number; bytes: Uint8Array }
  )[] = [];
  closed: { code: number; reason: string } | null = null;
  readonly #sent: (() => void)[] = [];

  sendText(text: string): void {
    this.got.push(JSON.parse(text) as ServerMessage);
  }
  sendFrame(bytes: Uint8Array, sent: (() => void) | undefined): void {
    const { seq, prev, elems } = decodeFrame(bytes).header;
    this.got.push({ type: 'frame', seq, prev, elems, bytes });
    if (!this.isStuck) return;
    this.bufferedAmount += bytes.length;
    if (sent) this.#sent.push(sent);
  }
  close(code: number, reason: string): void {
    this.closed = { code, reason };
  }
  /** The kernel takes everything that waits. */
  drain(): void {
    this.isStuck = false;
    this.bufferedAmount = 0;
    for (const sent of this.#sent.splice(0)) sent();
  }
  get seqs(): number[] {
    return this.got.flatMap((message) => (message.type === 'frame' ? [message.seq] : []));
  }
  get gaps() {
    return this.got.filter((message) => message.type === 'gap');
  }
  get elems(): number {
    return this.got.reduce((sum, message) => sum + (message.type === 'frame' ? message.elems : 0), 0);
  }
}

function hubOf(maxFrames = 100, highWaterBytes = 1024): Hub {
  return new Hub({
    stream: 7,
    ring: { maxBytes: 1 << 24, maxFrames },
    client: { highWaterBytes, maxGaps: 3, stallMs: 1000, turnMs: Infinity },
  });
}

const FRESH = { resume: null, backfill: 0, filter: null };
const publish = (hub: Hub, frames: number, elems = 10): void => {
  for (let i = 0; i < frames; i++) hub.publish(manyElems(elems, i * elems));
};

describe('resuming', () => {
  test('a client that comes back gets what it missed and no gap', () => {
    const hub = hubOf();
    publish(hub, 10);
    const socket = new FakeSocket();
    hub.join(socket, { resume: { stream: 7, after: 4 }, backfill: 0, filter: null }, REPLAY_STATUS);
    publish(hub, 2);
    expect(socket.got[0]).toMatchObject({ type: 'hello', stream: 7, seq: 10, oldest: 1, version: 1 });
    expect(socket.seqs).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
    expect(socket.gaps).toEqual([]);
  });

  test('what the ring has let go is announced with its frames and elems', () => {
    const hub = hubOf(10);
    publish(hub, 30);
    const socket = new FakeSocket();
    hub.join(socket, { resume: { stream: 7, after: 12 }, backfill: 0, filter: null }, REPLAY_STATUS);
    expect(socket.got[1]).toEqual({ type: 'gap', reason: 'evicted', from: 13, to: 20, frames: 8, elems: 80 });
    expect(socket.seqs).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
    expect(hub.stats()).toMatchObject({
      gaps: 1,
      lostFrames: 8,
      lostElems: 80,
      ringFrames: 10,
      evictedFrames: 20,
    });
  });

  test('the ring is bounded by bytes too', () => {
    const hub = new Hub({ stream: 7, ring: { maxBytes: 2000, maxFrames: 1000 } });
    publish(hub, 50);
    expect(hub.stats().ringBytes).toBeLessThanOrEqual(2000);
    expect(hub.stats().evictedFrames).toBe(50 - hub.stats().ringFrames);
  });

  test('a client of another run is told that it cannot know what it missed, and starts with the backfill', () => {
    const hub = hubOf();
    publish(hub, 10);
    const socket = new FakeSocket();
    hub.join(socket, { resume: { stream: 8, after: 99 }, backfill: 3, filter: null }, REPLAY_STATUS);
    expect(socket.got[1]).toEqual({
      type: 'gap',
      reason: 'restarted',
      from: null,
      to: null,
      frames: null,
      elems: null,
    });
    expect(socket.seqs).toEqual([8, 9, 10]);
  });

  test('a fresh client is not given what came before a reset', () => {
    const hub = hubOf();
    publish(hub, 5);
    hub.reset();
    publish(hub, 2);
    const socket = new FakeSocket();
    hub.join(socket, { ...FRESH, backfill: 100 }, REPLAY_STATUS);
    expect(socket.seqs).toEqual([7, 8]);
    const resumed = new FakeSocket();
    hub.join(resumed, { resume: { stream: 7, after: 5 }, backfill: 0, filter: null }, REPLAY_STATUS);
    expect(resumed.seqs).toEqual([6, 7, 8]);
    const [, reset] = resumed.got;
    expect(reset?.type === 'frame' && decodeFrame(reset.bytes).header.kind).toBe(FRAME_KIND.reset);
  });
});

describe('a slow client', () => {
  test('is told exactly what it lost, in its place: received + announced = sent', () => {
    const hub = hubOf(10);
    const socket = new FakeSocket();
    socket.isStuck = true;
    const client = hub.join(socket, FRESH, REPLAY_STATUS)!;
    publish(hub, 60, 17);
    const seqsWhileStuck = socket.seqs.length;
    expect(seqsWhileStuck).toBeLessThan(60);
    socket.drain();
    publish(hub, 1, 17);
    expect(socket.gaps).toHaveLength(1);
    const gap = socket.gaps[0]!;
    expect(gap).toMatchObject({ reason: 'slow', from: seqsWhileStuck + 1, to: 50 });
    expect(socket.elems + (gap.type === 'gap' ? gap.elems! : 0)).toBe(61 * 17);
    expect(socket.seqs.length + (gap.type === 'gap' ? gap.frames! : 0)).toBe(61);
    // The gap stands between the last frame before it and the first after it.
    const at = socket.got.indexOf(gap);
    expect(socket.got[at - 1]).toMatchObject({ seq: seqsWhileStuck });
    expect(socket.got[at + 1]).toMatchObject({ seq: 51, prev: 50 });
    expect(client).toMatchObject({ lostFrames: 50 - seqsWhileStuck, lostElems: (50 - seqsWhileStuck) * 17 });
  });

  test('costs the others nothing', () => {
    const hub = hubOf(10);
    const slow = new FakeSocket();
    slow.isStuck = true;
    const fast = new FakeSocket();
    hub.join(slow, FRESH, REPLAY_STATUS);
    hub.join(fast, FRESH, REPLAY_STATUS);
    publish(hub, 60);
    expect(fast.seqs).toHaveLength(60);
    expect(fast.gaps).toEqual([]);
  });

  test('is closed with 1013 when it loses again and again without ever catching up', () => {
    const hub = hubOf(10);
    const socket = new FakeSocket();
    hub.join(socket, FRESH, REPLAY_STATUS);
    for (let round = 0; round < 6 && !socket.closed; round++) {
      publish(hub, 1);
      socket.isStuck = true;
      publish(hub, 60);
      socket.bufferedAmount = 0;
      hub.tick(REPLAY_STATUS);
      socket.bufferedAmount = 1 << 20;
    }
    expect(socket.closed).toMatchObject({ code: 1013 });
  });

  test('is closed with 1013 when its socket takes nothing', () => {
    const hub = hubOf();
    const socket = new FakeSocket();
    const client = hub.join(socket, FRESH, REPLAY_STATUS)!;
    socket.bufferedAmount = 5000;
    client.checkStall(performance.now() + 900);
    expect(socket.closed).toBeNull();
    client.checkStall(performance.now() + 1100);
    expect(socket.closed).toMatchObject({ code: 1013 });
  });
});

describe('filters', () => {
  const filter = { prefixes: ['10.0.3.0/24', '10.0.25.0/24'] };

  test('are encoded once for all clients that share one', () => {
    const hub = hubOf();
    const sockets = Array.from({ length: 20 }, () => new FakeSocket());
    for (const [i, socket] of sockets.entries()) {
      hub.join(socket, { ...FRESH, filter: i < 10 ? filter : null }, REPLAY_STATUS);
    }
    publish(hub, 5);
    // Five frames for all, and the two in which the filter finds something.
    expect(hub.stats()).toMatchObject({ encodes: 7, groups: 1, clients: 20, sentFrames: 10 * 5 + 10 * 2 });
    expect(sockets[0]!.seqs).toEqual([1, 3]);
    const frame = sockets[0]!.got[1]!;
    const batch = frame.type === 'frame' ? batchOfFrame(frame.bytes) : null;
    expect(batch && [...batch.prefix].map((index) => prefixText(batch, index))).toEqual(['10.0.3.0/24']);
    const [first, second] = [sockets[0]!.got[1]!, sockets[9]!.got[1]!];
    expect(first.type === 'frame' && second.type === 'frame' && first.bytes === second.bytes).toBe(true);
  });

  test('chain each frame to the one the client got before, also after resuming', () => {
    const hub = hubOf();
    publish(hub, 5);
    const socket = new FakeSocket();
    hub.join(socket, { resume: { stream: 7, after: 1 }, backfill: 0, filter }, REPLAY_STATUS);
    publish(hub, 5);
    expect(socket.got.slice(1)).toMatchObject([
      { seq: 3, prev: 1 },
      { seq: 6, prev: 3 },
      { seq: 8, prev: 6 },
    ]);
  });

  test('a loss is counted in what the filter would have let through', () => {
    const hub = hubOf(10, 0);
    const socket = new FakeSocket();
    hub.join(socket, { ...FRESH, filter }, REPLAY_STATUS);
    socket.bufferedAmount = 1;
    publish(hub, 30);
    socket.bufferedAmount = 0;
    hub.tick(REPLAY_STATUS);
    expect(socket.gaps).toEqual([{ type: 'gap', reason: 'slow', from: 1, to: 20, frames: 2, elems: 2 }]);
  });

  test('a loss of nothing the filter wanted is no loss', () => {
    const hub = hubOf(10, 0);
    const socket = new FakeSocket();
    hub.join(socket, { ...FRESH, filter: { prefixes: ['10.0.250.0/24'] } }, REPLAY_STATUS);
    socket.bufferedAmount = 1;
    publish(hub, 30);
    socket.bufferedAmount = 0;
    hub.tick(REPLAY_STATUS);
    expect(socket.gaps).toEqual([]);
  });

  test('can be changed on the way; the frames chain on', () => {
    const hub = hubOf();
    const socket = new FakeSocket();
    const client = hub.join(socket, FRESH, REPLAY_STATUS)!;
    publish(hub, 2);
    expect(hub.refilter(client, filter)).toBe(true);
    publish(hub, 3);
    expect(hub.refilter(client, null)).toBe(true);
    publish(hub, 1);
    expect(socket.got.slice(1)).toMatchObject([
      { seq: 1, prev: 0, elems: 10 },
      { seq: 2, prev: 1, elems: 10 },
      { seq: 3, prev: 2, elems: 1 },
      { seq: 5, prev: 3, elems: 1 },
      { seq: 6, prev: 5, elems: 10 },
    ]);
    expect(hub.stats().groups).toBe(0);
  });

  test('there are only so many different ones', () => {
    const hub = new Hub({ stream: 7, ring: { maxBytes: 1e6, maxFrames: 10 }, maxGroups: 1 });
    expect(hub.join(new FakeSocket(), { ...FRESH, filter }, REPLAY_STATUS)).not.toBeNull();
    expect(hub.join(new FakeSocket(), { ...FRESH, filter: { asns: [1] } }, REPLAY_STATUS)).toBeNull();
    expect(hub.join(new FakeSocket(), { ...FRESH, filter }, REPLAY_STATUS)).not.toBeNull();
  });
});
