/** Runs a benchmark's worker in a headless Chromium. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright';
import { chromium } from 'playwright';
import { build } from 'vite';

/** What a worker in Chromium answered, and what that cost. */
export interface ChromiumRun<T> {
  readonly version: string;
  readonly answer: T;
  readonly peakRendererBytes: number;
  readonly longestTaskMs: number;
  readonly bundle: Uint8Array;
}

/**
 * Bundle the worker `entry`, give it `message`, and wait for what it posts back. It may fetch `files` by their path.
 * @returns the browser's version, the answer, the most memory the page's process had (bytes, resident), how long the page's own
 * thread was busy in one piece meanwhile (0: never over 50 ms), and the bytes of the bundle; null when there is no Chromium.
 */
export async function runInChromium<T>(
  entry: URL,
  files: Readonly<Record<string, Uint8Array>>,
  message: number,
): Promise<ChromiumRun<T> | null> {
  const executablePath = process.env.ROUTESCOPE_CHROME ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) return null;
  const bundled = Buffer.from(await bundle(entry));
  const server = serve({
    ...files,
    '/': Buffer.from('<!doctype html><title>bench</title>'),
    '/worker.js': bundled,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const { answer, longestTaskMs } = await page.evaluate(
      (data) =>
        new Promise<{ answer: unknown; longestTaskMs: number }>((done, fail) => {
          let longestTaskMs = 0;
          new PerformanceObserver((list) => {
            for (const { duration } of list.getEntries()) longestTaskMs = Math.max(longestTaskMs, duration);
          }).observe({ type: 'longtask' });
          const worker = new Worker('/worker.js', { type: 'module' });
          worker.onmessage = ({ data }: MessageEvent<unknown>) => done({ answer: data, longestTaskMs });
          worker.onerror = ({ message }) => fail(new Error(message));
          worker.postMessage(data);
        }),
      message,
    );
    const peakRendererBytes = await peakOfRenderers(browser);
    const version = browser.version();
    return { version, answer: answer as T, peakRendererBytes, longestTaskMs, bundle: bundled };
  } finally {
    await browser.close();
    server.close();
  }
}

/** The most resident memory any of the browser's renderers had (`VmHWM` of proc(5)); 0 where there is no such file. */
async function peakOfRenderers(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const peaks = processInfo.map(({ type, id }) => {
    const path = `/proc/${id}/status`;
    if (type !== 'renderer' || !existsSync(path)) return 0;
    return Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync(path, 'utf8'))?.[1] ?? 0) * 1024;
  });
  return Math.max(0, ...peaks);
}

async function bundle(entry: URL): Promise<string> {
  const bundled = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2023',
      rollupOptions: { input: fileURLToPath(entry), output: { format: 'es', codeSplitting: false } },
    },
    resolve: { alias: { '#core': fileURLToPath(new URL('../src/lib/core', import.meta.url)) } },
  });
  const { output } = (Array.isArray(bundled) ? bundled[0] : bundled) as { output: { code?: string }[] };
  return output[0]!.code!;
}

function serve(files: Readonly<Record<string, Uint8Array>>): ReturnType<typeof createServer> {
  return createServer((request, response) => {
    const path = request.url ?? '';
    const file = files[path];
    if (!file) return void response.writeHead(404).end();
    const type = { '/': 'text/html', '/worker.js': 'text/javascript' }[path] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type }).end(file);
  });
}
