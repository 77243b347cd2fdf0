import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WASM_BYTES, WasmDownload } from './wasm-download.ts';

test('the length told as the total is that of the engine in use', () => {
  const path = createRequire(import.meta.url).resolve('@duckdb/duckdb-wasm/dist/duckdb-eh.wasm');
  expect(WASM_BYTES).toBe(statSync(path).size);
});

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test.each<[string, () => Promise<{ ok: boolean; status: number }>, string]>([
  ['there is no way to it', () => Promise.reject(new TypeError('Failed to fetch')), 'does not answer'],
  ['the relay has none', () => Promise.resolve({ ok: false, status: 404 }), 'answered 404'],
  ['the address answers, but nothing comes', () => Promise.resolve({ ok: true, status: 200 }), 'stopped'],
])('a download that ended is noticed: %s', async (_name, fetched, reason) => {
  vi.stubGlobal('fetch', fetched);
  const download = new WasmDownload('http://x/', () => undefined);
  const failed = expect(download.failure).rejects.toThrow(
    expect.objectContaining({ code: 'HISTORY_ENGINE', message: expect.stringContaining(reason) as string }),
  );
  download.progress(1000);
  await vi.advanceTimersByTimeAsync(65_000);
  await failed;
});

test('one that goes on, or is whole and being compiled, is left alone', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('gone')));
  const seen: number[] = [];
  const download = new WasmDownload('http://x/', (bytes) => seen.push(bytes));
  let hasFailed = false;
  download.failure.catch(() => (hasFailed = true));
  for (let bytes = 1e6; bytes < 2e7; bytes += 1e6) {
    download.progress(bytes);
    await vi.advanceTimersByTimeAsync(2500);
  }
  download.progress(WASM_BYTES);
  await vi.advanceTimersByTimeAsync(300_000);
  expect(hasFailed).toBe(false);
  expect(seen.at(-1)).toBe(WASM_BYTES);
  download.end();
});
