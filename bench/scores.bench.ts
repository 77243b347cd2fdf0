/**
 * Scoring with the shipped models: windows per second by backend, time to the first score, bytes to download, and whether Node and
 * Chromium say the same.
 * Run: npx tsx bench/scores.bench.ts
 * Input: made windows of 1,000 streams (what is scored does not change what it costs). Network: one call for so many streams.
 * Minute: everything the scorer's worker does with the 1,000 windows of a minute. Every score is checked: Node's wasm, Node's
 * JavaScript and Chromium's must agree within 1e-4.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { dirname, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Manifest } from '../src/lib/ml/manifest.ts';
import { WASM_FILES } from '../src/lib/ml/backend.ts';
import { runInChromium } from './pipeline.chromium.ts';
import type { ScoresFigures } from './scores.measure.ts';
import { STREAMS, measureScores } from './scores.measure.ts';

const TOLERANCE = 1e-4;
const DOWNLOAD_BAR_BYTES = 1.5e6;

const models = new URL('../models/', import.meta.url);
const wasmFolder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
const manifest = JSON.parse(readFileSync(new URL('model.json', models), 'utf8')) as Manifest;
const names = ['model.json', manifest.forestFile.name, ...(manifest.lstm ? [manifest.lstm.file.name] : [])];
const files = Object.fromEntries([
  ...names.map((name) => [`/models/${name}`, readFileSync(new URL(name, models))] as const),
  ...WASM_FILES.map((name) => [`/wasm/${name}`, readFileSync(resolve(wasmFolder, name))] as const),
]);

console.log(`models ${manifest.version}; ${cpus()[0]?.model}, Node ${process.version}`);
const node = await measureScores(
  (name) => Promise.resolve(files[`/models/${name}`]!),
  resolve(wasmFolder, '') + '/',
);
print('Node', node);
const chromium = await runInChromium<ScoresFigures>(new URL('./scores.worker.ts', import.meta.url), files, 0);
if (!chromium) console.log('Chromium: not measured, there is none');
else {
  print(`Chromium ${chromium.version}`, chromium.answer);
  console.log(
    `Chromium: longest task of the page's own thread meanwhile: ${chromium.longestTaskMs.toFixed(0)} ms (0: none over 50)`,
  );
  printDownload(chromium.bundle);
}
checkEqual([node, ...(chromium ? [chromium.answer] : [])]);

function print(place: string, { chosen, backends }: ScoresFigures): void {
  const tried = chosen.trials.map(
    ({ backend, callMs, firstCallMs, reason }) =>
      `${backend} ${callMs === null ? reason : `${callMs.toFixed(1)} ms a call, the first ${firstCallMs!.toFixed(0)}`}`,
  );
  console.log(`\n${place}: chose ${chosen.chosen} (${tried.join('; ')})`);
  for (const { backend, loadMs, firstScoreMs, callMs, minuteMs } of backends) {
    const calls = Object.entries(callMs).map(
      ([count, ms]) => `${count}: ${ms.toFixed(1)} ms (${Math.round((Number(count) / ms) * 1000)}/s)`,
    );
    console.log(
      `  ${backend}: models and probe ${loadMs.toFixed(0)} ms, first score ${firstScoreMs.toFixed(0)} ms`,
    );
    console.log(`    network, sequences a call: ${calls.join(', ')}`);
    console.log(
      `    a minute of ${STREAMS} streams, everything: ${minuteMs.toFixed(0)} ms ` +
        `(${Math.round((STREAMS / minuteMs) * 1000)} windows/s)`,
    );
  }
  if (!backends.some(({ backend }) => backend === 'webgl')) {
    console.log(`  webgl: not measured (${chosen.renderer ?? 'no WebGL'})`);
  }
}

/** What a page loads to score: the worker with TensorFlow.js, one wasm file, the models; gzipped as the relay sends them. */
function printDownload(bundle: Uint8Array): void {
  const gzipped = (bytes: Uint8Array): number => gzipSync(bytes, { level: 9 }).length;
  const worker = gzipped(bundle);
  const wasm = gzipped(files['/wasm/tfjs-backend-wasm-simd.wasm']!);
  const model = names.reduce((sum, name) => sum + gzipped(files[`/models/${name}`]!), 0);
  const total = worker + wasm + model;
  console.log(
    `download, gzip: ${total} B = worker with TensorFlow.js ${worker} + wasm SIMD ${wasm} + models ${model} ` +
      `(bar ${DOWNLOAD_BAR_BYTES})`,
  );
  if (total > DOWNLOAD_BAR_BYTES) throw new Error('more than the bar');
}

function checkEqual(places: readonly ScoresFigures[]): void {
  const all = places.flatMap(({ backends }) => backends);
  const first = all[0]!;
  let apart = 0;
  for (const one of all) {
    for (const key of ['scores', 'calibrated'] as const) {
      if (one[key].length !== first[key].length) throw new Error(`${one[key].length} ${key}`);
      one[key].forEach((score, i) => (apart = Math.max(apart, Math.abs(score - first[key][i]!))));
    }
  }
  console.log(
    `\nchecked: ${first.scores.length + first.calibrated.length} scores on ${all.length} backends, at most ${apart.toExponential(1)} apart`,
  );
  if (!(apart <= TOLERANCE)) throw new Error(`scores differ by ${apart}`);
}
