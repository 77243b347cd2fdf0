import { afterEach, describe, expect, test } from 'vitest';
import type { ElemBatch } from '#core/elem/batch.ts';
import type { FeatureFrame } from '#core/feature/window.ts';
import { MASK } from '#core/feature/window.ts';
import { Rib } from '#core/rib/rib.ts';
import { batchOf } from '../../tests/fixtures/batches.ts';
import type { FeatureMessage } from './api-features.ts';
import { FeatureStream } from './features.ts';

const T0_US = 1_203_878_880e6;
const rib = (): Rib => new Rib({ trackPaths: true });
const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

/** A batch of one announcement of each of two peers in each of `minutes` minutes from minute `first` on. */
function minutes(first: number, count: number): ElemBatch {
  return batchOf(
    Array.from({ length: count * 2 }, (_, i) => ({
      timeUs: T0_US + (first + (i >> 1)) * 60e6 + 1e6,
      prefix: i,
      peerAsn: 65_000 + (i & 1),
    })),
  );
}

/** Connect and gather what comes; `isAcking` false: a receiver that never takes anything. */
function listen(stream: FeatureStream, isAcking = true): FeatureMessage[] {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  const got: FeatureMessage[] = [];
  port2.onmessage = ({ data }: MessageEvent<FeatureMessage>) => {
    got.push(data);
    if (isAcking && data.type === 'frame') port2.postMessage({ type: 'ack', alarms: [], scored: 0 });
  };
  stream.connect(port1);
  return got;
}

const framesOf = (got: readonly FeatureMessage[]): FeatureFrame[] =>
  got.flatMap((message) => (message.type === 'frame' ? [message.frame] : []));

describe('the feature stream of a worker', () => {
  test('hands over all windows of a boundary at once, in order, as they end', async () => {
    const state = rib();
    const stream = new FeatureStream(state);
    const got = listen(stream);
    const batch = minutes(0, 12);
    stream.step(batch, state.step(batch), false);
    await expect.poll(() => framesOf(got).length).toBe(11 + 2);
    expect(got[0]).toEqual({ type: 'reset' });
    const frames = framesOf(got);
    expect(frames.map(({ widthS }) => widthS).filter((width) => width === 60)).toHaveLength(11);
    expect(frames.map(({ startUs, widthS }) => startUs + widthS * 1e6)).toEqual(
      frames.map(({ startUs, widthS }) => startUs + widthS * 1e6).sort((a, b) => a - b),
    );
    expect(frames[1]!.streams).toEqual(['all', 'rrc00 192.0.2.1 65000', 'rrc00 192.0.2.1 65001']);
  });

  test('keeps a day of all vantages together for who connects later', async () => {
    const state = rib();
    const stream = new FeatureStream(state);
    for (let hour = 0; hour < 30; hour++) {
      const batch = minutes(hour * 60, 60);
      stream.step(batch, state.step(batch), false);
    }
    // The first leaves again; what it was given is kept for the next all the same.
    const before = listen(stream);
    await expect.poll(() => framesOf(before).length).toBeGreaterThan(0);
    const messages = listen(stream);
    await expect.poll(() => framesOf(messages).length, { timeout: 20_000 }).toBe(1440 + 288);
    const got = framesOf(messages);
    expect(got.every(({ streams }) => streams.length === 1)).toBe(true);
    expect(got.filter(({ widthS }) => widthS === 60)).toHaveLength(1440);
    expect(got.filter(({ widthS }) => widthS === 300)).toHaveLength(288);
  });

  test('sends only so much to a receiver that takes nothing, and goes on', async () => {
    const state = rib();
    const stream = new FeatureStream(state);
    const got = listen(stream, false);
    const batch = minutes(0, 60);
    stream.step(batch, state.step(batch), false);
    await expect.poll(() => framesOf(got).length).toBe(8);
    expect(stream.health().waiting).toBe(59 + 12 - 8);
    expect(stream.health().dropped).toBe(0);
  });

  test('a gap of the feed masks the window it is in, and a new stream begins anew', async () => {
    const state = rib();
    const stream = new FeatureStream(state);
    const got = listen(stream);
    for (const [i, first] of [0, 3, 6].entries()) {
      const batch = minutes(first, 3);
      stream.step(batch, state.step(batch), i === 1);
    }
    await expect.poll(() => framesOf(got).filter(({ widthS }) => widthS === 60).length).toBe(8);
    const masks = framesOf(got)
      .filter(({ widthS }) => widthS === 60)
      .map(({ masks: one }) => one[0]);
    expect(masks).toEqual([
      MASK.partial,
      MASK.none,
      MASK.gap,
      MASK.gap,
      MASK.none,
      MASK.none,
      MASK.none,
      MASK.none,
    ]);
    state.clear();
    stream.clear();
    await expect.poll(() => got.at(-1)).toEqual({ type: 'reset' });
    expect(stream.health().vantages).toBe(0);
  });
});
