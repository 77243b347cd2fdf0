import { describe, expect, test } from 'vitest';
import type { Feed } from './feed.ts';

/**
 * What every feed promises. Each implementation's test calls this once.
 *
 * @param open a feed with at least two batches of data to come, and the way to clean up after it.
 */
export function feedContract(
  name: string,
  open: () => Promise<{ readonly feed: Feed; readonly done: () => Promise<void> }>,
): void {
  describe(`${name} as a feed`, () => {
    test('yields batches, never an empty one, and ends after close()', async () => {
      const { feed, done } = await open();
      let batches = 0;
      for await (const event of feed) {
        if (event.type !== 'batch') continue;
        expect(event.batch.length).toBeGreaterThan(0);
        if (++batches === 2) feed.close();
        expect(batches).toBeLessThanOrEqual(2);
      }
      expect(batches).toBe(2);
      await done();
    });

    test('close() before the first batch ends it', async () => {
      const { feed, done } = await open();
      feed.close();
      for await (const event of feed) expect(event.type, 'a batch after close()').not.toBe('batch');
      await done();
    });

    test('close() while waiting ends it, and twice does no harm', async () => {
      const { feed, done } = await open();
      const ended = (async () => {
        for await (const event of feed) if (event.type === 'batch') continue;
      })();
      setTimeout(() => feed.close(), 50);
      await ended;
      feed.close();
      expect(feed.health().connection).toBe('stopped');
      await done();
    });

    test('health() can be read at any time', async () => {
      const { feed, done } = await open();
      expect(feed.health()).toMatchObject({
        frames: 0,
        gapCount: 0,
        lostFrames: 0,
        lostElems: 0,
        badFrames: 0,
      });
      feed.close();
      expect(feed.health().connection).toBe('stopped');
      await done();
    });
  });
}
