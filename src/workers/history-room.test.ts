import { expect, test } from 'vitest';
import { elemRows } from '#core/elem/row.ts';
import { elemBatch } from '../../tests/fixtures/elem-batch.ts';
import { listDataSets, recordingStock } from '../lib/store/history/data-sets.ts';
import { insertRows, nodeEngine } from '../lib/store/history/node-engine.fixture.ts';
import { Reserve } from '../lib/store/history/reserve.ts';
import { Room } from './history-room.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 8, 1);
const SETTINGS = { isRecording: true, quotaBytes: 500e6, keepDays: 30 };
const [row] = elemRows(elemBatch([{ kind: 'A', atS: 0, prefix: '10.0.0.0/8', path: [65_001, 1] }]));

/** A history with elems of some time apart, on a clock that can be set, in a browser that gives room as told. */
async function setUp(elems: number, stepMs = DAY_MS) {
  const engine = await nodeEngine();
  for (let i = 0; i < elems; i++) {
    await insertRows(engine, 'recording_elems', [row!], START_MS + i * stepMs);
  }
  const world = { nowMs: START_MS + elems * stepMs, hasRoom: true, fileBytes: 40e6, made: 0 };
  const reserve = new Reserve((bytes) =>
    bytes === 0 || world.hasRoom
      ? Promise.resolve()
      : Promise.reject(new DOMException('', 'QuotaExceededError')),
  );
  await reserve.open();
  const stock = async () => ({
    recording: await recordingStock(engine),
    dataSets: await listDataSets(engine),
  });
  const room: Room = new Room({
    engine: () => engine,
    isOnDevice: () => true,
    nowMs: () => world.nowMs,
    reserve,
    makeRoom: async () => {
      world.made++;
      await room.expire(await stock(), SETTINGS);
    },
    measure: () => Promise.resolve({ fileBytes: world.fileBytes, browser: null }),
  });
  const expire = async (keepDays = 30) => room.expire(await stock(), { ...SETTINGS, keepDays });
  const left = async () => (await recordingStock(engine)).elems;
  return { engine, room, world, expire, left };
}

test('as days go by what is older than the limit goes, and it is remembered when and what', async () => {
  const { room, world, expire, left } = await setUp(10);
  expect(await expire()).toBe(false);
  world.nowMs = START_MS + 35 * DAY_MS;
  expect(await expire()).toBe(true);
  expect(await left()).toBe(5);
  expect(room.removals).toEqual([
    { atMs: world.nowMs, why: 'age', elems: 5, fromMs: START_MS, toMs: START_MS + 4 * DAY_MS, dataSets: [] },
  ]);
  expect(await expire(29)).toBe(true);
  expect(room.removals).toHaveLength(2);
  expect(room.expiredElems).toBe(6);
  world.nowMs += 100 * DAY_MS;
  await expire();
  expect(await left()).toBe(0);
  expect(await expire()).toBe(false);
});

test('without room a recording lets the oldest go first and is written; what is loaded is refused', async () => {
  const { engine, room, world, left } = await setUp(100, 60_000);
  await room.measure();
  // Nothing in the file is free.
  world.fileBytes = room.usedBytes;
  world.hasRoom = false;
  await expect(room.write('load', () => Promise.resolve())).rejects.toMatchObject({ code: 'HISTORY_FULL' });
  let isWritten = false;
  await room.write('record', () => Promise.resolve(void (isWritten = true)));
  expect({ isWritten, made: world.made, isTight: room.isTight }).toEqual({
    isWritten: true,
    made: 1,
    isTight: true,
  });
  expect(await left()).toBe(90);
  expect(room.removals[0]).toMatchObject({ why: 'browser', elems: 10, fromMs: START_MS });
  // With enough of the file free again nothing more has to go.
  world.fileBytes = room.usedBytes + 20e6;
  await room.write('record', () => Promise.resolve());
  expect(await left()).toBe(90);
  world.hasRoom = true;
  await room.write('record', () => Promise.resolve());
  expect(room.isTight).toBe(false);
  expect(await engine.rows('SELECT count(*)::INTEGER AS n FROM removals')).toEqual([{ n: 1 }]);
});

test('refusals in a row take ever more; a loss for other reasons takes nothing', async () => {
  const { room, world, expire, left } = await setUp(100, 60_000);
  await room.measure();
  world.fileBytes = room.usedBytes;
  expect(await room.noteLoss(false)).toBe(false);
  expect(await expire()).toBe(false);
  const after: number[] = [];
  for (let n = 0; n < 4; n++) {
    expect(await room.noteLoss(true)).toBe(true);
    await expire();
    after.push(await left());
  }
  expect(after).toEqual([90, 67, 33, 0]);
  room.noteSuccess();
  expect(room.isTight).toBe(true);
  // After a while it is tried again whether the file may grow.
  world.nowMs += 3_600_000;
  room.noteSuccess();
  expect(room.isTight).toBe(false);
});
