import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { MODEL_COLUMNS, MODEL_WIDTH } from '../../src/lib/ml/columns.ts';
import { tinyStream } from '../../models/train/tiny-models.fixture.ts';
import { main } from '../main.ts';

let folder = '';
let out = '';
let err = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'routescope-models-command-'));
  for (const [event, seed] of [
    ['one', 1],
    ['two', 3],
  ] as const) {
    const { values, label, minutes, firstMinute } = tinyStream(event, '64500', seed);
    const lines = Array.from({ length: minutes }, (_, i) =>
      [(firstMinute + i) * 60, label[i], ...values.subarray(i * MODEL_WIDTH, (i + 1) * MODEL_WIDTH)].join(
        ',',
      ),
    );
    const text = [['timestamp2', 'class', ...MODEL_COLUMNS].join(','), ...lines].join('\n');
    writeFileSync(join(folder, `dataset_${event}_64500_1_rrc00.csv.gz`), gzipSync(text));
  }
  writeFileSync(join(folder, 'broken.csv'), 'a,b\n1,2\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(() => {
  out = err = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
});
afterEach(() => vi.restoreAllMocks());

describe('models evaluate', () => {
  test('leaves events out, names the file it could not use, and prints JSON', async () => {
    const code = await main([
      'models',
      'evaluate',
      '--data',
      folder,
      '--split',
      'loeo',
      '--nets',
      '0',
      '--json',
    ]);
    expect(code).toBe(0);
    expect(err).toContain('broken.csv');
    const { split, models } = JSON.parse(out) as {
      split: string;
      models: { model: string; macro: { prAuc: number }; events: Record<string, unknown> }[];
    };
    expect(split).toBe('loeo');
    expect(models.map(({ model }) => model)).toEqual([
      'ensemble',
      'forest',
      'logistic',
      'random-forest',
      'volume-z',
    ]);
    for (const { macro, events } of models) {
      expect(Object.keys(events).sort()).toEqual(['one', 'two']);
      expect(macro.prAuc).toBeGreaterThan(0.8);
    }
  });

  test('prints tables', async () => {
    expect(await main(['models', 'evaluate', '--data', folder, '--split', 'loeo', '--nets', '0'])).toBe(0);
    expect(out).toMatch(/\| Ensemble without lstm/);
    expect(out).toMatch(/\| one +\| VolumeZ \(no ML\)/);
  });

  test('a folder that cannot be used fails with a code and prints nothing', async () => {
    expect(await main(['models', 'evaluate', '--data', join(folder, 'nowhere')])).toBe(1);
    expect(err).toContain('MODEL_DATA_BAD');
    expect(out).toBe('');
  });

  test('models that cannot be read fail when they are asked for', async () => {
    const code = await main([
      'models',
      'evaluate',
      '--data',
      folder,
      '--split',
      'shipped',
      '--models',
      folder,
    ]);
    expect(code).toBe(1);
    expect(err).toContain('MODEL_BAD');
  });
});

test.each([
  [['models']],
  [['models', 'guess']],
  [['models', 'evaluate']],
  [['models', 'evaluate', '--data', 'x', '--split', 'random']],
  [['models', 'evaluate', '--data', 'x', '--nets', 'many']],
  [['models', 'evaluate', 'x']],
  [['models', 'train']],
  [['models', 'train', '--data', 'x', '--nets', '0']],
  [['models', 'train', '--data', 'x', '--unknown']],
])('%j is wrong usage', async (argv) => {
  expect(await main(argv)).toBe(2);
  expect(out).toBe('');
});

test.each([[['models', '--help']], [['models', 'evaluate', '--help']], [['help', 'models']]])(
  '%j helps',
  async (argv) => {
    expect(await main(argv)).toBe(0);
    expect(out).toContain('--split');
  },
);
