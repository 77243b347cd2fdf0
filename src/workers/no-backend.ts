import type { Backend } from '../lib/store/backend.ts';

/** Keeps nothing: for pipelines without a browser. */
export function noBackend(): Backend {
  return {
    load: () => Promise.reject(new Error('no database')),
    write: () => Promise.resolve(),
    close: () => undefined,
  };
}
