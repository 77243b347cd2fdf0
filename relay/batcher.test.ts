import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ElemBatch } from '#core/elem/batch.ts';
import { elemRows } from '#core/elem/row.ts';
import { batchOf, manyElems } from '../tests/fixtures/batches.ts';
import { Batcher } from './batcher.ts';

const OPTIONS = { maxElems: 10, idleMs: 5000, heardMs: 250 };

describe('Batcher', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const start = (): { batcher: Batcher; out: ElemBatch[]; sizes: () => number[] } => {
    const out: ElemBatch[] = [];
    const batcher = new Batcher((batch) => out.push(batch), OPTIONS);
    return { batcher, out, sizes: () => out.map(({ length }) => length) };
  };

  test('joins small batches and cuts large ones; every elem comes out once, in order', () => {
    const { batcher, out, sizes } = start();
    const batches = [manyElems(3), manyElems(4, 3), manyElems(25, 7), manyElems(1, 32)];
    for (const batch of batches) batcher.add(batch);
    batcher.flush();
    expect(sizes()).toEqual([10, 10, 10, 3]);
    expect(out.flatMap(elemRows)).toEqual(batches.flatMap(elemRows));
  });

  test('closes after 5 s when nobody listens, after 250 ms when somebody does', () => {
    const { batcher, sizes } = start();
    batcher.add(manyElems(1));
    vi.advanceTimersByTime(4999);
    expect(sizes()).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(sizes()).toEqual([1]);
    batcher.setHeard(true);
    batcher.add(manyElems(2));
    vi.advanceTimersByTime(249);
    batcher.add(manyElems(2));
    expect(sizes()).toEqual([1]);
    vi.advanceTimersByTime(1);
    expect(sizes()).toEqual([1, 4]);
  });

  test('a listener who arrives does not wait for elems that wait already', () => {
    const { batcher, sizes } = start();
    batcher.add(manyElems(1));
    vi.advanceTimersByTime(3000);
    batcher.setHeard(true);
    vi.advanceTimersByTime(0);
    expect(sizes()).toEqual([1]);
  });

  test('keeps a message whole, unless it alone is too large', () => {
    const { batcher, sizes, out } = start();
    const message = (size: number) =>
      batchOf(Array.from({ length: size }, (_, i) => ({ timeUs: 1e15, prefix: i, isSameMessage: i > 0 })));
    batcher.add(message(6));
    batcher.add(message(6));
    expect(sizes()).toEqual([6]);
    batcher.add(message(23));
    batcher.flush();
    expect(sizes()).toEqual([6, 6, 10, 10, 3]);
    expect(out.map(({ flags }) => flags[0])).toEqual([1, 1, 1, 0, 0]);
  });

  test('passes nearly full batches on without copying', () => {
    const { batcher, out } = start();
    const batch = manyElems(9);
    batcher.add(batch);
    expect(out[0]).toBe(batch);
  });
});
