import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FeatureHistory } from '#core/feature/history.ts';
import { decodeHistory } from '#core/feature/history.ts';
import { MODEL_COLUMNS } from '../../src/lib/ml/columns.ts';
import { batchOf } from '../../tests/fixtures/batches.ts';
import { serveFeatures } from '../api/features.ts';
import { readConfig } from '../config.ts';
import { frameOfBatch } from '../hub/encode.ts';
import type { Log } from '../log.ts';
import { FeatureLink } from './link.ts';
import { FeaturePast } from './past.ts';
import { FeatureService } from './service.ts';

const T0_US = 1_203_878_880e6;
const FIRST_MINUTE = T0_US / 60e6;

/** `perMinute` announcements a minute of two peers, as frames of a minute each. */
function frames(first: number, minutes: number, perMinute = 10): Uint8Array[] {
  return Array.from({ length: minutes }, (_, m) =>
    frameOfBatch(
      batchOf(
        Array.from({ length: perMinute * 2 }, (_one, i) => ({
          timeUs: T0_US + (first + m) * 60e6 + i * 1000,
          prefix: i >> 1,
          peerAsn: 65_000 + (i & 1),
        })),
      ),
      1,
      first + m + 1,
      first + m,
    ),
  );
}

const read = (bytes: Uint8Array | null): FeatureHistory => decodeHistory(gunzipSync(bytes!));
/** Announcements of the first peer by minute, from the first that is known. */
function announcements({ columns, streams, minutes }: FeatureHistory): number[] {
  const { values } = streams.find(({ name }) => name.endsWith('65000'))!;
  const at = columns.indexOf('announcements');
  const all = Array.from({ length: minutes }, (_, i) => values[i * columns.length + at]!);
  return all.slice(all.findIndex((value) => !Number.isNaN(value)));
}

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'features-'))));
afterEach(() => rmSync(dir, { recursive: true }));

describe('what the relay keeps of features', () => {
  test('is the last two days of the models’ columns, without windows that say nothing', async () => {
    const service = new FeatureService();
    for (const frame of frames(0, 30)) service.take(frame);
    const history = read(await service.history());
    expect(history.columns).toEqual(MODEL_COLUMNS);
    expect(history.streams.map(({ name }) => name)).toEqual([
      'all',
      'rrc00 192.0.2.1 65000',
      'rrc00 192.0.2.1 65001',
    ]);
    expect(history.firstMinute + history.minutes).toBe(FIRST_MINUTE + 29);
    expect(announcements(history)).toEqual(new Array<number>(28).fill(10));
    expect(service.stats()).toMatchObject({ vantages: 2, streams: 3, elems: 600, badFrames: 0 });
  });

  test('is stored and goes on after a restart, with a hole for the time between', async () => {
    const path = join(dir, 'features.gz');
    const before = new FeatureService();
    for (const frame of frames(0, 10)) before.take(frame);
    await before.save(path);
    const after = new FeatureService();
    expect(await after.load(path)).toBe(2880);
    for (const frame of frames(15, 5, 3)) after.take(frame);
    expect(announcements(read(await after.history()))).toEqual([
      ...new Array<number>(8).fill(10),
      ...new Array<number>(7).fill(NaN),
      ...new Array<number>(3).fill(3),
    ]);
  });

  test('what is stored and damaged is refused with a code; there is none before the first run', async () => {
    const path = join(dir, 'features.gz');
    expect(await new FeatureService().load(path)).toBe(0);
    writeFileSync(path, 'not gzip');
    await expect(new FeatureService().load(path)).rejects.toMatchObject({ code: 'FEATURE_HISTORY_BAD' });
  });

  test('a damaged frame is a gap: the windows it touches are not known', async () => {
    const service = new FeatureService();
    const all = frames(0, 10);
    for (const [i, frame] of all.entries())
      service.take(i === 5 ? frame.subarray(0, frame.length - 9) : frame);
    expect(service.stats().badFrames).toBe(1);
    const known = announcements(read(await service.history()));
    expect(known).toEqual([10, 10, 10, NaN, NaN, NaN, 10, 10]);
  });

  test('another source begins anew', async () => {
    const service = new FeatureService();
    for (const frame of frames(100, 10)) service.take(frame);
    service.startsOver();
    expect(await service.history()).toBeNull();
    for (const frame of frames(0, 10)) service.take(frame);
    expect(announcements(read(await service.history()))).toHaveLength(8);
  });
});

describe('the feature thread', () => {
  test('answers with what it has counted, and hands it to its next run', { timeout: 60_000 }, async () => {
    const path = join(dir, 'kept', 'features.gz');
    const log: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const link = new FeatureLink({ path }, log);
    for (const frame of frames(0, 20)) link.take(frame);
    expect(announcements(read(await link.history()))).toHaveLength(18);
    await expect.poll(() => link.stats().elems).toBe(400);
    expect(link.stats()).toMatchObject({ droppedFrames: 0, streams: 3 });
    await link.close();
    const next = new FeatureLink({ path }, log);
    expect(announcements(read(await next.history()))).toHaveLength(18);
    await next.close();
  });
});

describe('/api/features/history', () => {
  const ask = async (source: string, kind: 'replay' | 'ris-live') => {
    const settings = readConfig(['--source', source], {});
    if (!settings.ok) throw new Error(settings.mistakes.join());
    const app = fastify();
    serveFeatures(app, new FeaturePast(settings.config, () => ({ kind }) as never, null));
    const answer = await app.inject('/api/features/history');
    await app.close();
    return answer;
  };

  test('of the bundled recording is what came before it', async () => {
    const answer = await ask('replay', 'replay');
    expect(answer.statusCode).toBe(200);
    const history = read(answer.rawPayload);
    expect(history.columns).toEqual(MODEL_COLUMNS);
    expect((history.firstMinute + history.minutes) * 60).toBe(Date.parse('2008-02-24T18:30Z') / 1000);
    expect(history.streams.length).toBeGreaterThan(40);
  });

  test('of another recording, and of a live source nobody kept, there is none', async () => {
    expect((await ask('/somewhere/else.mrt', 'replay')).statusCode).toBe(404);
    expect((await ask('auto', 'ris-live')).statusCode).toBe(404);
  });
});
