import { expect, test } from 'vitest';
import { Reserve } from './reserve.ts';

const MIB = 1024 * 1024;

/** A browser that gives so many bytes for this file and the database together. */
function browser(quota: number) {
  const held = { reserve: 0, database: 0, quota };
  const resize = (bytes: number): Promise<void> => {
    if (bytes > held.reserve && bytes + held.database > held.quota) {
      return Promise.reject(new DOMException('No space available for this operation', 'QuotaExceededError'));
    }
    held.reserve = bytes;
    return Promise.resolve();
  };
  return { held, resize };
}

test('room is held, tried, lent and taken back', async () => {
  const { held, resize } = browser(22 * MIB);
  const reserve = new Reserve(resize);
  await reserve.open();
  expect(held.reserve).toBe(8 * MIB);
  expect(await reserve.hasRoom(14 * MIB)).toBe(true);
  expect(await reserve.hasRoom(15 * MIB)).toBe(false);
  expect(held.reserve).toBe(8 * MIB);
  held.database = 14 * MIB;
  expect(await reserve.hasRoom(1)).toBe(false);
  await reserve.lend(async () => {
    expect(held.reserve).toBe(0);
    await reserve.lend(() => Promise.resolve());
    expect(held.reserve).toBe(0);
    held.database += 4 * MIB;
  });
  // What was used of it is not had again; the rest is.
  expect(held.reserve).toBe(4 * MIB);
});

test('where there are no files nothing is held, and writes are not kept from being tried', async () => {
  const reserve = new Reserve(() => Promise.reject(new DOMException('no', 'SecurityError')));
  await reserve.open();
  expect(await reserve.hasRoom(1e12)).toBe(true);
  expect(await reserve.lend(() => Promise.resolve(7))).toBe(7);
  expect(reserve.bytes).toBe(0);
});
