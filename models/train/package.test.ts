import { describe, expect, test } from 'vitest';
import { BgpError } from '#core/error.ts';
import { parseManifest } from '../../src/lib/ml/manifest.ts';
import { loadModels } from '../../src/lib/ml/model-files.ts';
import { FILES, packModels } from './package.ts';
import { tinyModels, tinyParts } from './tiny-models.fixture.ts';

const files = packModels(tinyParts());
const text = new TextDecoder().decode(files.get(FILES.manifest));

function damaged(name: string, change: (bytes: Uint8Array) => Uint8Array): Map<string, Uint8Array> {
  return new Map([...files].map(([of, bytes]) => [of, of === name ? change(bytes.slice()) : bytes]));
}

test('what is packed is read back', async () => {
  const parts = tinyParts();
  const { manifest, forest, linear, lstmWeights, lstmFailure } = await tinyModels();
  expect(forest).toEqual(parts.forest);
  expect([...linear.weights]).toEqual([...parts.linear.weights]);
  expect(lstmFailure).toBeNull();
  expect(lstmWeights).toEqual(files.get(FILES.lstm));
  expect(manifest).toMatchObject({ version: 'tiny', operating: parts.operating });
});

test('the same parts give the same bytes, the manifest last', () => {
  expect([...packModels(tinyParts())]).toEqual([...files]);
  expect([...files.keys()].at(-1)).toBe(FILES.manifest);
});

describe('broken files', () => {
  const flip =
    (at: number) =>
    (bytes: Uint8Array): Uint8Array => {
      bytes[at]! ^= 1;
      return bytes;
    };

  test.each([
    ['a forest with a bit changed', damaged(FILES.forest, flip(200)), 'MODEL_HASH'],
    ['half a forest', damaged(FILES.forest, (bytes) => bytes.subarray(0, 100)), 'MODEL_HASH'],
    ['no forest', new Map([...files].filter(([name]) => name !== FILES.forest)), 'MODEL_BAD'],
    ['a manifest that is not JSON', damaged(FILES.manifest, () => Uint8Array.of(0x7b)), 'MODEL_BAD'],
    ['no manifest', new Map(), 'MODEL_BAD'],
  ])('%s is refused', async (_name, broken, code) => {
    await expect(tinyModels(broken as Map<string, Uint8Array>)).rejects.toThrow(
      expect.objectContaining({ code }) as Error,
    );
  });

  test.each([
    ['a bit changed', damaged(FILES.lstm, flip(3)), 'MODEL_HASH'],
    ['missing', new Map([...files].filter(([name]) => name !== FILES.lstm)), 'MODEL_BAD'],
  ])('LSTM weights with %s leave the others in use', async (_name, broken, code) => {
    const models = await tinyModels(broken);
    expect(models.lstmWeights).toBeNull();
    expect(models.lstmFailure?.code).toBe(code);
    expect(models.forest.width).toBeGreaterThan(0);
  });
});

describe('manifests', () => {
  const change = (path: string, value: unknown): string => {
    const root = JSON.parse(text) as Record<string, unknown>;
    const keys = path.split('.');
    const inside = keys.slice(0, -1).reduce((at, key) => at[key] as Record<string, unknown>, root);
    inside[keys.at(-1)!] = value;
    return JSON.stringify(root);
  };

  test.each([
    ['format', 99, 'MODEL_VERSION'],
    ['columnsVersion', 99, 'MODEL_VERSION'],
    ['columns', ['announcements'], 'MODEL_VERSION'],
    ['channelsVersion', 99, 'MODEL_VERSION'],
    ['normaliser.spanMinutes', 1e9, 'MODEL_BAD'],
    ['normaliser.minSpread', 0, 'MODEL_BAD'],
    ['normaliser', null, 'MODEL_BAD'],
    ['contextSpansMinutes', [1e9], 'MODEL_BAD'],
    ['contextSpansMinutes', 'all', 'MODEL_BAD'],
    ['linear.weights', ['x'], 'MODEL_BAD'],
    ['operating.all.threshold', null, 'MODEL_BAD'],
    ['operating.all.calibration.scorers', { forest: { median: 0, spread: 0 } }, 'MODEL_BAD'],
    ['forestFile.name', '../../etc/passwd', 'MODEL_BAD'],
    ['forestFile.sha256', 'abc', 'MODEL_BAD'],
    ['forestFile.bytes', 1e12, 'MODEL_BAD'],
    ['alarm.of', 1e9, 'MODEL_BAD'],
    ['trained.events', [1], 'MODEL_BAD'],
  ])('%s of %j is refused', (path, value, code) => {
    expect(() => parseManifest(change(path, value))).toThrow(expect.objectContaining({ code }) as Error);
  });

  test('whatever JSON there is, nothing but a code comes out', async () => {
    const root = JSON.parse(text) as Record<string, unknown>;
    const values = [null, true, 0, -1, 1e308, '', 'x', [], {}, [[]]];
    for (const key of Object.keys(root)) {
      for (const value of values) {
        const bytes = new TextEncoder().encode(JSON.stringify({ ...root, [key]: value }));
        const read = (name: string): Promise<Uint8Array> =>
          Promise.resolve(name === FILES.manifest ? bytes : files.get(name)!);
        await loadModels(read).catch((error: unknown) => expect(error).toBeInstanceOf(BgpError));
      }
    }
  });
});
