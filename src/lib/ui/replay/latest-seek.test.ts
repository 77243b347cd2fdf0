import { expect, test } from 'vitest';
import { LatestSeek } from './latest-seek.ts';

test('of many wishes the one under way and the newest are asked; those between get nothing', async () => {
  const asked: number[] = [];
  const open: ((answer: string) => void)[] = [];
  const seek = new LatestSeek(
    (timeUs) =>
      new Promise<string>((resolve) => {
        asked.push(timeUs);
        open.push(resolve);
      }),
  );
  const answers = [1, 2, 3].map((timeUs) => seek.to(timeUs));
  open[0]!('one');
  expect(await answers[0]).toBe('one');
  expect(await answers[1]).toBeNull();
  expect(asked).toEqual([1, 3]);
  open[1]!('three');
  expect(await answers[2]).toBe('three');
});

test('a seek that fails does not block the next', async () => {
  let isFirst = true;
  const seek = new LatestSeek((timeUs) => {
    if (!isFirst) return Promise.resolve(timeUs);
    isFirst = false;
    return Promise.reject(new Error('gone'));
  });
  await expect(seek.to(1)).rejects.toThrow('gone');
  expect(await seek.to(2)).toBe(2);
});
