import { expect, test } from 'vitest';
import type { FrameHeader } from '#core/wire/frame.ts';
import { Backoff } from './backoff.ts';
import type { Inbound } from './inbound.ts';
import { InboundQueue } from './inbound.ts';

const frame = (seq: number, bytes = 10): Inbound => ({
  type: 'frame',
  header: { seq, prev: seq - 1, elems: 5 } as FrameHeader,
  body: new Uint8Array(bytes),
});
const drain = (queue: InboundQueue): (string | number)[] => {
  const items: (string | number)[] = [];
  for (let item = queue.shift(); item; item = queue.shift())
    items.push(item.type === 'frame' ? item.header.seq : item.type);
  return items;
};

test('hands out in order', () => {
  const queue = new InboundQueue({ frames: 10, bytes: 1000 }, () => expect.unreachable());
  for (const seq of [1, 2, 3]) queue.push(frame(seq));
  queue.push({ type: 'reset' });
  queue.push(frame(4));
  expect([queue.frames, queue.bytes]).toEqual([4, 40]);
  expect(drain(queue)).toEqual([1, 2, 3, 'reset', 4]);
  expect([queue.frames, queue.bytes, queue.isEmpty]).toEqual([0, 0, true]);
});

test.each([
  ['frames', { frames: 3, bytes: 1000 }],
  ['bytes', { frames: 100, bytes: 30 }],
])('over the limit in %s the oldest go, and leave one mark', (_what, limits) => {
  const dropped: [number, boolean][] = [];
  const queue = new InboundQueue(limits, ({ seq }, isMore) => dropped.push([seq, isMore]));
  for (let seq = 1; seq <= 7; seq++) queue.push(frame(seq));
  expect(dropped).toEqual([
    [1, false],
    [2, true],
    [3, true],
    [4, true],
  ]);
  expect(queue.dropped).toBe(4);
  expect(drain(queue)).toEqual(['gap', 5, 6, 7]);
});

test('resets survive, and drops on both sides of one are two gaps', () => {
  const dropped: [number, boolean][] = [];
  const queue = new InboundQueue({ frames: 2, bytes: 1000 }, ({ seq }, isMore) =>
    dropped.push([seq, isMore]),
  );
  queue.push(frame(1));
  queue.push({ type: 'reset' });
  for (const seq of [3, 4, 5]) queue.push(frame(seq));
  expect(drain(queue)).toEqual(['gap', 'reset', 'gap', 4, 5]);
  expect(dropped).toEqual([
    [1, false],
    [3, false],
  ]);
});

test('a frame larger than the limit is still handed out', () => {
  const queue = new InboundQueue({ frames: 10, bytes: 5 }, () => undefined);
  queue.push(frame(1));
  expect(drain(queue)).toEqual([1]);
});

test('marks side by side become one: a stream of nothing but marks does not grow', () => {
  const queue = new InboundQueue({ frames: 10, bytes: 5 }, () => undefined);
  for (let i = 0; i < 100; i++) queue.push({ type: 'gap' });
  expect(drain(queue)).toEqual(['gap']);
});

test('keeps its order through ten thousand frames', () => {
  const queue = new InboundQueue({ frames: 100, bytes: 1e9 }, () => expect.unreachable());
  const seen: (string | number)[] = [];
  for (let seq = 1; seq <= 10_000; seq++) {
    queue.push(frame(seq));
    if (seq % 50 === 0) seen.push(...drain(queue));
  }
  expect(seen).toEqual(Array.from({ length: 10_000 }, (_, i) => i + 1));
});

test('waits double up to 15 s, in their upper half, and begin anew', () => {
  const backoff = new Backoff(() => 1);
  expect([1, 2, 3, 4, 5, 6, 7, 8].map(() => backoff.nextMs())).toEqual([
    500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000,
  ]);
  backoff.reset();
  expect(backoff.nextMs()).toBe(500);
  const least = new Backoff(() => 0);
  expect([least.nextMs(), least.nextMs()]).toEqual([250, 500]);
});
