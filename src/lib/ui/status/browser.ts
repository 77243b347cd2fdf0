/** What this browser offers the workers. Asked once: nothing of it changes while the page is open. */
export interface BrowserFacts {
  readonly threads: number;
  readonly wasmSimd: boolean;
  /** Renderer of WebGL as the browser names it; empty without WebGL. */
  readonly webgl: string;
  readonly isolated: boolean;
  readonly inflate: boolean;
}

/** The smallest module with a vector instruction: validates only where wasm SIMD is known. */
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98,
  11,
]);

export function browserFacts(): BrowserFacts {
  return {
    threads: navigator.hardwareConcurrency,
    wasmSimd: typeof WebAssembly === 'object' && WebAssembly.validate(SIMD_PROBE),
    webgl: webglRenderer(),
    isolated: globalThis.crossOriginIsolated,
    inflate: 'DecompressionStream' in globalThis,
  };
}

/** Storage used by this site and what the browser would grant, in bytes; null where it does not tell. */
export async function storageEstimate(): Promise<{ usedBytes: number; quotaBytes: number } | null> {
  try {
    const { usage, quota } = await navigator.storage.estimate();
    return usage === undefined || quota === undefined ? null : { usedBytes: usage, quotaBytes: quota };
  } catch {
    return null;
  }
}

function webglRenderer(): string {
  const gl = document.createElement('canvas').getContext('webgl2');
  if (!gl) return '';
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer: unknown = names
    ? gl.getParameter(names.UNMASKED_RENDERER_WEBGL)
    : gl.getParameter(gl.RENDERER);
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return typeof renderer === 'string' && renderer !== '' ? renderer : 'available';
}
