import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prepareStream } from '../dataset/prepared.ts';
import type { PreparedStream } from '../dataset/prepared.ts';
import type { Shipped } from '../evaluate/shipped.ts';
import { loadShipped } from '../evaluate/shipped.ts';
import { fitToArchive } from './archive.ts';
import { compareOnArchive } from './archive-guard.ts';
import { startTensorFlow } from './backend.ts';
import { compareFigures } from './guard.ts';
import { packModels } from './package.ts';
import { repackModels } from './repack.ts';
import { withSurges } from './surges.ts';
import { tinyModels, tinyParts, tinyStream } from './tiny-models.fixture.ts';

let folder = '';
let shipped: Shipped;
let archive: PreparedStream[];
beforeAll(async () => {
  await startTensorFlow();
  folder = mkdtempSync(join(tmpdir(), 'routescope-models-'));
  for (const [name, bytes] of packModels(tinyParts())) writeFileSync(join(folder, name), bytes);
  shipped = await loadShipped(folder);
  archive = [1, 2].map((seed) => {
    const { label, ...stream } = tinyStream('mine', String(seed), seed, 3600);
    const values = stream.values.map((value, i) =>
      label[Math.floor(i / (stream.values.length / 3600))] ? value / 8 : value,
    );
    return prepareStream({ ...stream, values, label: new Uint8Array(3600), role: 'regular' });
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('fitting to a network', () => {
  test('changes forest and calibration, and is the same every time', async () => {
    const fit = await fitToArchive(shipped, archive, 1);
    expect(fit.forest).not.toEqual(shipped.models.forest);
    expect(Number.isFinite(fit.operating.all.threshold)).toBe(true);
    expect(Object.keys(fit.operating.all.calibration.scorers)).toEqual(['lstm', 'forest', 'logistic']);
    expect(await fitToArchive(shipped, archive, 1)).toEqual(fit);
  });

  test('is written as models that load, with the network as it was', async () => {
    const fit = await fitToArchive(shipped, archive, 1);
    const models = await tinyModels(repackModels(folder, shipped.models, fit, 'mine'));
    expect(models.forest).toEqual(fit.forest);
    expect([...models.lstmWeights!]).toEqual([...shipped.models.lstmWeights!]);
    expect(models.manifest).toMatchObject({ version: 'mine', evaluation: null });
  });

  test('too little past is said to be that', async () => {
    const short = prepareStream(tinyStream('mine', '1', 1, 1500));
    await expect(fitToArchive(shipped, [short], 1)).rejects.toThrow(
      expect.objectContaining({ code: 'MODEL_DATA_BAD' }) as Error,
    );
  });

  test('is compared on surges that are made, which both can see', async () => {
    const surges = withSurges(archive, 1);
    expect(surges.every(({ source }) => source.label.includes(1))).toBe(true);
    const { before, after, reason } = await compareOnArchive(
      shipped,
      await fitToArchive(shipped, archive, 1),
      surges,
    );
    expect(before.streams).toHaveLength(2);
    expect(after.macro.prAuc).toBeGreaterThan(0.8);
    if (after.macro.prAuc >= before.macro.prAuc && after.macro.f1 >= before.macro.f1)
      expect(reason).toBeNull();
  });

  test('a forest that was spoilt is refused', async () => {
    const fit = await fitToArchive(shipped, archive, 1);
    const deaf = { ...fit.operating.all, threshold: 1e6 };
    const { reason } = await compareOnArchive(
      shipped,
      { ...fit, operating: { all: deaf, withoutLstm: deaf } },
      withSurges(archive, 1),
    );
    expect(reason).toMatch(/^F1/);
  });
});

test.each([
  ['as good', { prAuc: 0.75, f1: 0.6, falsePerDay: 0.2 }, null],
  ['a little worse, which is noise', { prAuc: 0.74, f1: 0.58, falsePerDay: 0.25 }, null],
  [
    'worse at ranking',
    { prAuc: 0.7, f1: 0.6, falsePerDay: 0.2 },
    'PR-AUC on unseen events 0.700, 0.750 before',
  ],
  [
    'worse at its threshold',
    { prAuc: 0.75, f1: 0.5, falsePerDay: 0.2 },
    'F1 on unseen events 0.500, 0.600 before',
  ],
  [
    'noisier',
    { prAuc: 0.75, f1: 0.6, falsePerDay: 0.5 },
    'false alarms per day on unseen events 0.500, 0.200 before',
  ],
])('models that are %s', (_name, is, reason) => {
  expect(compareFigures({ prAuc: 0.75, f1: 0.6, falsePerDay: 0.2 }, is)).toBe(reason);
});
