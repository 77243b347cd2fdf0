import { expect, test } from 'vitest';
import type { RecentRow } from '../../workers/api.ts';
import { MAX_ROWS, Recent } from './recent.svelte.ts';
import { rowsFixture, viewFixture } from './view.fixture.ts';

/** A worker that has kept ids 1.. and answers like `PipelineApi.older`. */
const older = (beforeId: number, count: number): Promise<RecentRow[]> =>
  Promise.resolve(rowsFixture(beforeId - 1, count));
const ids = (recent: Recent): number[] => recent.rows.map((row) => row.id);

test('following shows the newest', () => {
  const recent = new Recent(older);
  recent.accept(viewFixture(5, 3));
  recent.accept(viewFixture(9, 3));
  expect(ids(recent)).toEqual([9, 8, 7]);
});

test('a pause holds the rows and counts what came', () => {
  const recent = new Recent(older);
  recent.accept(viewFixture(5, 3));
  recent.togglePause();
  recent.accept(viewFixture(45, 3));
  expect(ids(recent)).toEqual([5, 4, 3]);
  expect(recent.newCount).toBe(40);
  recent.togglePause();
  expect(ids(recent)).toEqual([45, 44, 43]);
  expect(recent.newCount).toBe(0);
});

test('another filter replaces held rows: they would not belong', () => {
  const recent = new Recent(older);
  recent.accept(viewFixture(5, 3));
  recent.togglePause();
  recent.accept(viewFixture(9, 2, { asns: [64500] }));
  expect(ids(recent)).toEqual([9, 8]);
  expect(recent.mode).toBe('paused');
});

test('selecting a row stops the list, moving stays inside it', () => {
  const recent = new Recent(older);
  recent.accept(viewFixture(5, 3));
  expect(recent.move(1)).toBe(0);
  expect(recent.move(1)).toBe(1);
  expect(recent.move(9)).toBe(2);
  expect(recent.selectedId).toBe(3);
  recent.accept(viewFixture(50, 3));
  expect(ids(recent)).toEqual([5, 4, 3]);
  recent.deselect(true);
  expect(ids(recent)).toEqual([50, 49, 48]);
});

test('scrolling back joins on without a hole or a double, down to the oldest', async () => {
  const recent = new Recent(older);
  recent.accept(viewFixture(250, 100));
  recent.hold('reading');
  while (!recent.atEnd) await recent.more();
  expect(ids(recent)).toEqual(Array.from({ length: 250 }, (_, i) => 250 - i));
});

test('while following nothing older is fetched', async () => {
  const recent = new Recent(older);
  recent.accept(viewFixture(250, 100));
  await recent.more();
  expect(recent.rows).toHaveLength(100);
});

test('an answer that comes after the list was replaced is dropped', async () => {
  let answer: (rows: RecentRow[]) => void = () => undefined;
  const recent = new Recent(() => new Promise((resolve) => (answer = resolve)));
  recent.accept(viewFixture(250, 100));
  recent.hold('reading');
  const waiting = recent.more();
  recent.follow();
  answer(rowsFixture(150, 100));
  await waiting;
  expect(recent.rows).toHaveLength(100);
});

test('the list is bounded', async () => {
  const recent = new Recent(older);
  recent.accept(viewFixture(50_000, 100));
  recent.hold('reading');
  for (let i = 0; i < 100; i++) await recent.more();
  expect(recent.rows).toHaveLength(MAX_ROWS);
});
