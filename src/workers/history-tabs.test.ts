import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DeskState } from './history-desk.ts';
import { Tabs } from './history-tabs.ts';

/** Web Locks as far as needed: who holds it, who waits. */
class FakeLocks {
  #queue: (() => void)[] = [];
  #isHeld = false;

  request(_name: string, callback: () => Promise<never>): Promise<never> {
    if (this.#isHeld) this.#queue.push(() => void callback());
    else {
      this.#isHeld = true;
      queueMicrotask(() => void callback());
    }
    return new Promise(() => undefined);
  }

  /** The holder's worker has ended. */
  release(): void {
    this.#isHeld = false;
    const next = this.#queue.shift();
    if (!next) return;
    this.#isHeld = true;
    next();
  }
}

/** BroadcastChannel that can be closed from outside, as a worker's end does. */
class FakeChannel {
  static all = new Set<FakeChannel>();
  onmessage: ((event: { data: unknown }) => void) | null = null;
  isDead = false;

  constructor() {
    FakeChannel.all.add(this);
  }

  postMessage(data: unknown): void {
    for (const other of FakeChannel.all) {
      if (other !== this && !this.isDead) {
        queueMicrotask(() => {
          if (!other.isDead) other.onmessage?.({ data: structuredClone(data) });
        });
      }
    }
  }
}

let locks: FakeLocks;
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

beforeEach(() => {
  locks = new FakeLocks();
  FakeChannel.all.clear();
  vi.stubGlobal('BroadcastChannel', FakeChannel);
  vi.stubGlobal('navigator', { locks });
});
afterEach(() => void vi.unstubAllGlobals());

function tab(answer: (method: string, args: readonly unknown[]) => Promise<unknown>) {
  const seen: unknown[] = [];
  let owned = 0;
  const tabs = new Tabs({
    onOwner: () => owned++,
    onState: (state) => seen.push(state),
    state: () => ({ reason: 'mine' }) as unknown as DeskState,
    answer: async (method, args, onProgress) => {
      onProgress('half');
      return answer(method, args);
    },
  });
  return { tabs, seen, owned: () => owned };
}

test('the first owns, the second asks it and gets its answer, progress and state', async () => {
  const first = tab((method, args) => Promise.resolve(`${method} ${String(args[0])}`));
  await settle();
  const second = tab(() => Promise.reject(new Error('not mine')));
  await settle();
  expect([first.owned(), second.owned()]).toEqual([1, 0]);
  expect(second.seen).toEqual([{ reason: 'mine' }]);
  const progress: unknown[] = [];
  expect(await second.tabs.call('query', ['x'], (value: unknown) => progress.push(value))).toBe('query x');
  expect(progress).toEqual(['half']);
  expect(await first.tabs.call('query', ['y'])).toBe('query y');
});

test('what the owner throws reaches who asked', async () => {
  tab(() => Promise.reject(new Error('no such thing')));
  await settle();
  const second = tab(() => Promise.resolve(null));
  await expect(second.tabs.call('query', [])).rejects.toThrow('no such thing');
});

test('when the owner is gone the next owns, and answers what it had asked itself', async () => {
  const first = tab(() => new Promise(() => undefined));
  await settle();
  const second = tab((method) => Promise.resolve(`${method} by the second`));
  const third = tab(() => Promise.resolve('third'));
  const asked = second.tabs.call('query', []);
  await settle();
  for (const channel of FakeChannel.all) {
    channel.isDead = true;
    break;
  }
  locks.release();
  expect(await asked).toBe('query by the second');
  expect([first.owned(), second.owned(), third.owned()]).toEqual([1, 1, 0]);
  expect(await third.tabs.call('query', [])).toBe('query by the second');
});

test('without locks (an insecure page) every tab is on its own', async () => {
  vi.stubGlobal('navigator', {});
  const first = tab(() => Promise.resolve('a'));
  const second = tab(() => Promise.resolve('b'));
  await settle();
  expect([first.owned(), second.owned()]).toEqual([1, 1]);
  expect(await second.tabs.call('query', [])).toBe('b');
});
