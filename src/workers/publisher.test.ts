import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LiveView } from './api.ts';
import { Meter } from './meter.ts';
import { Publisher } from './publisher.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

let made = 0;
const viewNo = (): LiveView => ({ dataTimeUs: ++made }) as LiveView;

test('at most ten a second, and the last change is always shown', async () => {
  made = 0;
  const seen: (number | null)[] = [];
  const publisher = new Publisher(viewNo);
  publisher.subscribe((view) => seen.push(view.dataTimeUs));
  for (let ms = 0; ms < 1000; ms += 5) {
    publisher.changed();
    await vi.advanceTimersByTimeAsync(5);
  }
  expect(seen.length).toBeGreaterThanOrEqual(9);
  expect(seen.length).toBeLessThanOrEqual(11);
  await vi.advanceTimersByTimeAsync(1000);
  const shown = seen.length;
  await vi.advanceTimersByTimeAsync(5000);
  expect(seen).toHaveLength(shown); // nothing changed, nothing said
});

test('waits for the page to take a view before making the next', async () => {
  made = 0;
  let take = (): void => undefined;
  const publisher = new Publisher(viewNo);
  publisher.subscribe(() => new Promise<void>((resolve) => (take = resolve)));
  await vi.advanceTimersByTimeAsync(1);
  for (let i = 0; i < 50; i++) {
    publisher.changed();
    await vi.advanceTimersByTimeAsync(50);
  }
  expect(made).toBe(1);
  take();
  await vi.advanceTimersByTimeAsync(1);
  expect(made).toBe(2);
});

test('a page that fails to take a view gets the next all the same', async () => {
  made = 0;
  const publisher = new Publisher(viewNo);
  publisher.subscribe(() => Promise.reject(new Error('gone')));
  await vi.advanceTimersByTimeAsync(1);
  publisher.changed();
  await vi.advanceTimersByTimeAsync(200);
  expect(made).toBe(2);
  publisher.close();
  publisher.changed();
  await vi.advanceTimersByTimeAsync(200);
  expect(made).toBe(2);
});

test('busy is the share of the last seconds spent working', () => {
  const meter = new Meter();
  expect(meter.read(0)).toEqual({ busy: 0, elemsPerCpuS: 0 });
  for (let ms = 100; ms <= 2000; ms += 100) meter.add(ms, 25, 5000);
  const { busy, elemsPerCpuS } = meter.read(2000);
  expect(busy).toBeCloseTo(0.25, 2);
  expect(elemsPerCpuS).toBeCloseTo(200_000, 0);
  expect(meter.read(60_000)).toEqual({ busy: 0, elemsPerCpuS }); // idle: the last measure stands
});
