import { proxy } from 'comlink';

/** A callback the worker may call: it stays here, and only its calls travel. */
export function proxied<Args extends unknown[]>(callback: (...args: Args) => void): (...args: Args) => void {
  return proxy(callback);
}
