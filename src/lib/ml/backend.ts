import * as tf from '@tensorflow/tfjs';
import * as wasm from '@tensorflow/tfjs-backend-wasm';

/** Where networks run, by TensorFlow.js' names. */
export type BackendName = 'webgl' | 'wasm' | 'cpu';

/** How one candidate did. */
export interface BackendTrial {
  readonly backend: BackendName;
  /** Median of five calls, milliseconds; null when it was not tried or failed. */
  readonly callMs: number | null;
  /** The first call, with whatever it compiles. */
  readonly firstCallMs: number | null;
  /** Why it was not tried, or how it failed; empty otherwise. */
  readonly reason: string;
}

/** What was chosen and over what. */
export interface BackendReport {
  /** Null: networks run nowhere here. */
  readonly chosen: BackendName | null;
  /** In the order tried. */
  readonly trials: readonly BackendTrial[];
  /** What WebGL says it draws with; null without WebGL. */
  readonly renderer: string | null;
}

/** Files of the wasm backend, which differ in what the processor must have. */
export const WASM_FILES = [
  'tfjs-backend-wasm.wasm',
  'tfjs-backend-wasm-simd.wasm',
  'tfjs-backend-wasm-threaded-simd.wasm',
] as const;

/** What a choice is made with. */
export interface BackendOptions {
  /** Where the wasm files are: a folder that ends in /, or an address for each of `WASM_FILES`. Never somebody else's server. */
  readonly wasmPaths: string | Readonly<Record<string, string>>;
  /** One call of what will run, awaited to its numbers, on the current backend. Frees its tensors. */
  readonly probe: () => Promise<unknown>;
  /** Milliseconds, monotonic. */
  readonly nowMs: () => number;
  /** Backends not to be tried: they failed before. */
  readonly without?: readonly BackendName[];
  /** What WebGL draws with; a test's own. */
  readonly renderer?: () => string | null;
  /** Make a backend the current one; a test's own. */
  readonly use?: (backend: BackendName) => Promise<boolean>;
}

/** Renderers that draw on the processor: slower than wasm, and seconds to compile (7 s measured with SwiftShader). */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render|swrast/i;

/** Whether a WebGL renderer is a real GPU, as far as its name tells; no name is taken for software. */
export function isRealGpu(renderer: string | null): boolean {
  return renderer !== null && renderer.trim() !== '' && !SOFTWARE.test(renderer);
}

const TIMED_CALLS = 5;

/**
 * Choose where to run, and make it the current backend: WebGL on a real GPU, else wasm; the faster one where both run. Plain
 * JavaScript where neither does. Nothing is thrown: what failed is in the report.
 */
export async function chooseBackend(options: BackendOptions): Promise<BackendReport> {
  wasm.setWasmPaths(typeof options.wasmPaths === 'string' ? options.wasmPaths : { ...options.wasmPaths });
  // The library would otherwise check every tensor for NaN and speak to the console.
  tf.enableProdMode();
  const renderer = (options.renderer ?? webglRenderer)();
  const trials: BackendTrial[] = [];
  if (isRealGpu(renderer)) trials.push(await tryBackend('webgl', options));
  else trials.push(untried('webgl', renderer === null ? 'no WebGL' : `not a GPU: ${renderer || 'unnamed'}`));
  trials.push(await tryBackend('wasm', options));
  if (trials.every(({ callMs }) => callMs === null)) trials.push(await tryBackend('cpu', options));
  const ran = trials.filter((trial) => trial.callMs !== null).sort((a, b) => a.callMs! - b.callMs!);
  for (const { backend } of ran) {
    if (await useSafely(backend, options)) return { chosen: backend, trials, renderer };
  }
  return { chosen: null, trials, renderer };
}

function untried(backend: BackendName, reason: string): BackendTrial {
  return { backend, callMs: null, firstCallMs: null, reason };
}

async function tryBackend(backend: BackendName, options: BackendOptions): Promise<BackendTrial> {
  if (options.without?.includes(backend)) return untried(backend, 'failed before');
  if (!(await useSafely(backend, options))) return untried(backend, 'not available');
  const { probe, nowMs } = options;
  try {
    const times: number[] = [];
    for (let call = 0; call <= TIMED_CALLS; call++) {
      const startMs = nowMs();
      await probe();
      times.push(nowMs() - startMs);
    }
    const [firstCallMs, ...others] = times as [number, ...number[]];
    others.sort((a, b) => a - b);
    return { backend, callMs: others[TIMED_CALLS >> 1]!, firstCallMs, reason: '' };
  } catch (error) {
    return untried(backend, error instanceof Error ? error.message : String(error));
  }
}

async function useSafely(backend: BackendName, options: BackendOptions): Promise<boolean> {
  try {
    return await (options.use ?? useBackend)(backend);
  } catch {
    return false;
  }
}

async function useBackend(backend: BackendName): Promise<boolean> {
  return (await tf.setBackend(backend)) && tf.getBackend() === backend;
}

function webglRenderer(): string | null {
  if (typeof OffscreenCanvas === 'undefined') return null;
  const context = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!context) return null;
  const names = context.getExtension('WEBGL_debug_renderer_info');
  const renderer: unknown = context.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER);
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return typeof renderer === 'string' ? renderer : '';
}
