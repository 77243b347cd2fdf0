import { describe, expect, test } from 'vitest';
import type { BackendName, BackendOptions } from './backend.ts';
import { chooseBackend, isRealGpu } from './backend.ts';

const GPU = 'ANGLE (Intel, Mesa Intel(R) UHD Graphics 620 (KBL GT2), OpenGL 4.6)';

/** A machine where a call takes so long on each backend; a backend that is not named is not available. */
function machine(
  callMs: Partial<Record<BackendName, number>>,
  more: Partial<BackendOptions> = {},
): { readonly options: BackendOptions; readonly current: () => BackendName | null } {
  let now = 0;
  let current: BackendName | null = null;
  return {
    current: () => current,
    options: {
      wasmPaths: '/wasm/',
      nowMs: () => now,
      renderer: () => GPU,
      use: (backend) => {
        if (callMs[backend] === undefined) return Promise.resolve(false);
        current = backend;
        return Promise.resolve(true);
      },
      probe: () => {
        now += callMs[current!]!;
        return Promise.resolve();
      },
      ...more,
    },
  };
}

describe('the choice', () => {
  test.each<[string, Partial<Record<BackendName, number>>, string | null, BackendName | null]>([
    ['a GPU that is faster', { webgl: 3, wasm: 10, cpu: 50 }, GPU, 'webgl'],
    ['a GPU that is slower', { webgl: 30, wasm: 10, cpu: 50 }, GPU, 'wasm'],
    ['software WebGL is not tried, however fast', { webgl: 1, wasm: 10 }, 'Google SwiftShader', 'wasm'],
    ['no WebGL', { wasm: 10, cpu: 50 }, null, 'wasm'],
    ['no wasm, a GPU', { webgl: 30, cpu: 5 }, GPU, 'webgl'],
    ['neither', { cpu: 50 }, null, 'cpu'],
    ['nothing at all', {}, null, null],
  ])('%s', async (_name, callMs, renderer, expected) => {
    const { options, current } = machine(callMs, { renderer: () => renderer });
    const report = await chooseBackend(options);
    expect(report.chosen).toBe(expected);
    expect(current()).toBe(expected);
    expect(report.renderer).toBe(renderer);
  });

  test('what was measured and why others were not is in the report', async () => {
    const { options } = machine({ wasm: 10 }, { renderer: () => 'llvmpipe (LLVM 15.0.6, 256 bits)' });
    expect((await chooseBackend(options)).trials).toEqual([
      {
        backend: 'webgl',
        callMs: null,
        firstCallMs: null,
        reason: 'not a GPU: llvmpipe (LLVM 15.0.6, 256 bits)',
      },
      { backend: 'wasm', callMs: 10, firstCallMs: 10, reason: '' },
    ]);
  });

  test('a slow first call (shaders) does not count, a slow one among the others neither', async () => {
    let now = 0;
    const calls = [900, 10, 10, 400, 10, 10];
    const { options } = machine(
      { wasm: 0 },
      {
        renderer: () => null,
        nowMs: () => now,
        probe: () => Promise.resolve((now += calls.shift() ?? 10)),
      },
    );
    const trial = (await chooseBackend(options)).trials.find(({ backend }) => backend === 'wasm')!;
    expect(trial).toMatchObject({ firstCallMs: 900, callMs: 10 });
  });

  test('a backend that failed before is left out', async () => {
    const report = await chooseBackend(
      machine({ webgl: 3, wasm: 10, cpu: 50 }, { without: ['webgl'] }).options,
    );
    expect(report.chosen).toBe('wasm');
    expect(report.trials[0]).toMatchObject({ backend: 'webgl', callMs: null, reason: 'failed before' });
  });

  test('a probe that throws on one backend leaves the others', async () => {
    const one = machine({ webgl: 3, wasm: 10 });
    const report = await chooseBackend({
      ...one.options,
      probe: () =>
        one.current() === 'webgl' ? Promise.reject(new Error('context lost')) : one.options.probe(),
    });
    expect(report.chosen).toBe('wasm');
    expect(report.trials[0]).toMatchObject({ backend: 'webgl', reason: 'context lost' });
  });

  test('a backend whose start throws counts as not there', async () => {
    const one = machine({ wasm: 10, cpu: 50 });
    const report = await chooseBackend({
      ...one.options,
      use: (backend) =>
        backend === 'wasm' ? Promise.reject(new Error('no file')) : one.options.use!(backend),
    });
    expect(report.chosen).toBe('cpu');
  });
});

test.each([
  [GPU, true],
  ['ANGLE (NVIDIA, NVIDIA GeForce RTX 3060 (0x2504) Direct3D11 vs_5_0 ps_5_0, D3D11)', true],
  ['Apple M2', true],
  ['ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)', false],
  ['Mesa/X.org, llvmpipe (LLVM 15.0.6, 256 bits)', false],
  ['ANGLE (Microsoft, Microsoft Basic Render Driver Direct3D11 vs_5_0 ps_5_0, D3D11)', false],
  ['softpipe', false],
  ['', false],
  [null, false],
])('%s is a real GPU: %s', (renderer, expected) => {
  expect(isRealGpu(renderer)).toBe(expected);
});
