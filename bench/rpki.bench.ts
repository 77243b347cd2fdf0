/**
 * Loading and judging with a full VRP set, in Node and in a Chromium worker.
 * Run: npx tsx bench/rpki.bench.ts
 * Input: the 723,521 VRPs of 20 July 2025 and the next run's; routes made from them (at, below and above a VRP's prefix, its AS or
 * another) and the real updates of a RouteViews file. Verdicts are compared with a map per prefix length before anything is timed,
 * and between Node and Chromium.
 */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { chromium } from 'playwright';
import { build } from 'vite';
import { encodeDelta, encodeSnapshot } from '../src/lib/core/rpki/compact.ts';
import type { RpkiData } from '../src/lib/core/rpki/data.ts';
import { diffRpki } from '../src/lib/core/rpki/data.ts';
import { RpkiJsonReader } from '../src/lib/core/rpki/json-reader.ts';
import { RpkiJudge } from '../src/lib/core/rpki/judge.ts';
import { vrpBytes, vrpCount } from '../src/lib/core/rpki/vrp-set.ts';
import { readWatchList } from '../src/lib/core/watch/read.ts';
import { viewOfSet } from '../src/lib/core/watch/roa-view.ts';
import { WatchIndex } from '../src/lib/core/watch/watch-index.ts';
import { readRpkiFile } from '../relay/rpki/document.ts';
import { DATA, mrtBatches } from '../tests/fixtures/mrt-batches.ts';
import type { RpkiFigures } from './rpki.measure.ts';
import { checkRoutes, measureCompact } from './rpki.measure.ts';

const ROUNDS = 5;
const folder = resolve(DATA, 'rpki');

console.log(`${cpus()[0]?.model}, Node ${process.version}; best of ${ROUNDS}`);
const first = await load('rpkiclient_summary_20250720T093135Z.json.bz2', 1);
const second = await load('rpkiclient_summary_20250720T100145Z.json.bz2', 2);
const snapshot = encodeSnapshot(first);
const delta = encodeDelta(diffRpki(first, second), first.version, second);
const zipped = gzipSync(snapshot);
console.log(
  `input: ${vrpCount(first.vrps)} VRPs (${first.vrps.v6.length} IPv6), ${first.aspas.length} ASPAs: ` +
    `${megabytes(vrpBytes(first.vrps))} in memory, ${megabytes(snapshot.length)} compact, ${megabytes(zipped.length)} gzipped; ` +
    `delta ${delta.length} B (${gzipSync(delta).length} gzipped)`,
);
console.log(`checked: ${checkRoutes(first)} routes against a map per prefix length`);
timeJson();
print('Node', measureCompact(snapshot, delta, ROUNDS));
timeJudge();
timeWatch();
await inChromium();

async function load(name: string, serial: number): Promise<RpkiData> {
  const reader = await readRpkiFile(resolve(folder, name));
  const data = reader.endSnapshot();
  return { ...data, version: { session: '1', serial, generatedS: reader.facts().generatedS! } };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}

/** The validator's JSON, scanned in pieces of 64 KiB as it comes off a socket, beside JSON.parse of the same bytes. */
function timeJson(): void {
  const bytes = gunzipSync(readFileSync(resolve(folder, 'routinator-shape-20250720T0931.json.gz')));
  let [scan, build, piece, parse] = [Infinity, Infinity, Infinity, Infinity];
  for (let round = 0; round < 3; round++) {
    const reader = new RpkiJsonReader();
    let longest = 0;
    const startMs = performance.now();
    for (let at = 0; at < bytes.length; at += 65_536) {
      const pieceMs = performance.now();
      reader.push(bytes.subarray(at, at + 65_536));
      longest = Math.max(longest, performance.now() - pieceMs);
    }
    const scannedMs = performance.now();
    const { vrps } = reader.endSnapshot();
    if (vrpCount(vrps) !== vrpCount(first.vrps)) throw new Error('the JSON gave another set');
    scan = Math.min(scan, scannedMs - startMs);
    piece = Math.min(piece, longest);
    build = Math.min(build, performance.now() - scannedMs);
    const parseMs = performance.now();
    JSON.parse(bytes.toString('utf8'));
    parse = Math.min(parse, performance.now() - parseMs);
  }
  console.log(
    `JSON of ${megabytes(bytes.length)}: scan ${scan.toFixed(0)} ms (longest piece ${piece.toFixed(1)} ms), ` +
      `sort and build ${build.toFixed(0)} ms; JSON.parse alone ${parse.toFixed(0)} ms`,
  );
}

function print(where: string, figures: RpkiFigures): void {
  const perS = (ms: number): string => Math.round((figures.routes / ms) * 1000).toLocaleString('en');
  console.log(
    `${where}: decode snapshot ${figures.decodeMs.toFixed(0)} ms, apply delta ${figures.deltaMs.toFixed(0)} ms, ` +
      `${perS(figures.rovMs)} origins/s, ${Math.round((figures.paths / figures.aspaMs) * 1000).toLocaleString('en')} paths/s ` +
      `(verdict sum ${figures.sum})`,
  );
}

/** Real announcements, batch by batch, as the pipeline judges them: origin and path, memory included. */
function timeJudge(): void {
  const batches = mrtBatches(resolve(DATA, 'mrt/youtube-pakistan-20080224/updates.20080224.1839.bz2'));
  const judge = new RpkiJudge();
  judge.setData(first);
  const elems = batches.reduce((sum, batch) => sum + batch.length, 0);
  const counts = new Map<number, number>();
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    counts.clear();
    const start = process.cpuUsage();
    for (const batch of batches) {
      for (const code of judge.judge(batch).rov) counts.set(code, (counts.get(code) ?? 0) + 1);
    }
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / 1000);
  }
  console.log(
    `Node: ${elems} elems of real updates (2008 routes by 2025 VRPs: a load, not a finding) ` +
      `${Math.round((elems / best) * 1000).toLocaleString('en')} elems per CPU-s; verdicts ${JSON.stringify([...counts])}`,
  );
}

/** What concerns a watch list of 550 prefixes and an AS, looked up in the whole set. */
function timeWatch(): void {
  const v4 = Array.from({ length: 500 }, (_, i) => `193.${i % 256}.${(i * 7) % 256}.0/24`);
  const v6 = Array.from({ length: 50 }, (_, i) => `2a0${i % 10}:${i}::/32`);
  const rules = [{ prefixes: [...v4, ...v6], origins: [1] }];
  const index = new WatchIndex(readWatchList({ watch: 1, prefixes: rules, asns: [{ asn: 3333 }] }));
  const timesMs: number[] = [];
  let found = 0;
  for (let round = 0; round < 10; round++) {
    const startMs = performance.now();
    found = viewOfSet(first.vrps, null, { index, soonS: 0, maxRelevant: 100_000 }).vrps.length;
    timesMs.push(performance.now() - startMs);
  }
  console.log(
    `Node: watch list of ${v4.length + v6.length} prefixes: ${found} of ${vrpCount(first.vrps)} VRPs concern it, ` +
      `${timesMs[0]!.toFixed(1)} ms the first time, then ${Math.min(...timesMs).toFixed(1)} ms`,
  );
}

async function inChromium(): Promise<void> {
  const executablePath = process.env.ROUTESCOPE_CHROME ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) {
    console.log('Chromium: not measured, there is none');
    return;
  }
  const entry = fileURLToPath(new URL('rpki.worker.ts', import.meta.url));
  const bundled = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2023',
      rollupOptions: { input: entry, output: { format: 'es', codeSplitting: false } },
    },
    resolve: { alias: { '#core': fileURLToPath(new URL('../src/lib/core', import.meta.url)) } },
  });
  const { output } = (Array.isArray(bundled) ? bundled[0] : bundled) as { output: { code?: string }[] };
  const files: Record<string, [string, string | Uint8Array]> = {
    '/': ['text/html', '<!doctype html><title>bench</title>'],
    '/worker.js': ['text/javascript', output[0]!.code!],
    '/snapshot': ['application/octet-stream', zipped],
    '/delta': ['application/octet-stream', delta],
  };
  const server = createServer((request, response) => {
    const file = files[request.url ?? ''];
    if (!file) return void response.writeHead(404).end();
    const headers = {
      'content-type': file[0],
      ...(request.url === '/snapshot' ? { 'content-encoding': 'gzip' } : {}),
    };
    response.writeHead(200, headers).end(file[1]);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--enable-precise-memory-info'],
  });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const figures = await page.evaluate(
      (rounds) =>
        new Promise<RpkiFigures & { readonly fetchMs: number }>((done, fail) => {
          const worker = new Worker('/worker.js', { type: 'module' });
          worker.onmessage = (event: MessageEvent<RpkiFigures & { readonly fetchMs: number }>) =>
            done(event.data);
          worker.onerror = ({ message }) => fail(new Error(message));
          worker.postMessage(rounds);
        }),
      ROUNDS,
    );
    print(`Chromium ${browser.version()} worker`, figures);
    console.log(`Chromium: fetched and unpacked in ${figures.fetchMs.toFixed(0)} ms (loopback)`);
  } finally {
    await browser.close();
    server.close();
  }
}
