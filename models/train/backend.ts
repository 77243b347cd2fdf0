import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as wasm from '@tensorflow/tfjs-backend-wasm';

/**
 * TensorFlow.js in Node: WebAssembly on one thread, whose results are the same bits every time; plain JavaScript where that cannot
 * be. @returns the backend's name.
 */
export async function startTensorFlow(): Promise<string> {
  const require = createRequire(import.meta.url);
  tf.enableProdMode();
  wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  wasm.setThreadsCount(1);
  if (!(await tf.setBackend('wasm').catch(() => false))) await tf.setBackend('cpu');
  return tf.getBackend();
}
