/**
 * Whether what serves is what trains: features of 23 and 24 February 2008 by the command line, by the worker's code in Node and by
 * the same in a Chromium worker, and scores on them in Node and in Chromium. Prints every alarm of those two ordinary days.
 * Run: npx tsx bench/skew.bench.ts [files, default all 189]
 * Input: the raw MRT files of RouteViews route-views2 of those days, decoded in Node. Features must be equal to the last bit,
 * scores to 1e-4.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import { FEATURE_COUNT, FEATURE_NAMES } from '../src/lib/core/feature/features.ts';
import type { FeatureFrame } from '../src/lib/core/feature/window.ts';
import { encodeBatch } from '../src/lib/core/wire/batch.ts';
import { WASM_FILES } from '../src/lib/ml/backend.ts';
import type { AlarmRecord } from '../src/workers/api-scores.ts';
import { DATA, mrtBatches } from '../tests/fixtures/mrt-batches.ts';
import { runInChromium } from './pipeline.chromium.ts';
import type { SkewAnswer } from './skew.measure.ts';
import { measureSkew } from './skew.measure.ts';

const FOLDER = resolve(DATA, 'mrt/youtube-pakistan-20080224');
const TOLERANCE = 1e-4;
const names = readdirSync(FOLDER)
  .filter((name) => name.startsWith('updates.'))
  .sort()
  .slice(0, Number(process.argv[2] ?? 189));
const models = new URL('../models/', import.meta.url);
const wasmFolder = `${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`;

const bodies = names.map((name) => deflateRawSync(framesOf(resolve(FOLDER, name)), { level: 1 }));
const kept = new Map<string, FeatureFrame>();
const node = await measureSkew({
  read: (name) => Promise.resolve(new Uint8Array(readFileSync(new URL(name, models)))),
  wasmPaths: wasmFolder,
  use: (name) => (name === 'wasm' ? tf.setBackend(name) : Promise.resolve(false)),
  files: inflated(),
  onFrame: (frame) => void (frame.widthS === 60 && kept.set(String(frame.startUs / 1e6), frame)),
});
console.log(
  `${names.length} files, ${node.elems} elems, ${node.hashes.length} frames of windows, ${node.windows} windows of a minute ` +
    `(${node.masked} masked), ${node.scores.length} scores on ${node.backend}`,
);
await compareCommandLine();
await compareChromium();
printAlarms(node);

/** The file's elems as frames of the wire: bodies, each behind its length. */
function framesOf(path: string): Uint8Array {
  return Buffer.concat(
    mrtBatches(path).flatMap((batch) => {
      const raw = encodeBatch(batch);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(raw.length);
      return [length, raw];
    }),
  );
}

async function* inflated(): AsyncGenerator<Uint8Array> {
  for (const body of bodies) yield await Promise.resolve(inflateRawSync(body));
}

/** Every number the command line prints against the worker's. */
async function compareCommandLine(): Promise<void> {
  const bin = resolve(import.meta.dirname, '../bin/routescope.mjs');
  const paths = names.map((name) => resolve(FOLDER, name));
  const child = spawn(
    process.execPath,
    [bin, 'features', ...paths, '--by', 'vantage', '--collector', 'route-views2'],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  let rows = 0;
  let numbers = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if (rows++ === 0) continue;
    const [, startS, , stream, mask, ...fields] = line.split(',');
    const frame = kept.get(startS!);
    const at = frame?.streams.indexOf(stream!) ?? -1;
    if (!frame || at === -1) throw new Error(`no window ${startS} ${stream}`);
    if ((frame.masks[at] === 0) !== (mask === '')) throw new Error(`${startS} ${stream}: mask ${mask}`);
    for (const [i, field] of fields.entries()) {
      const value = frame.values[at * FEATURE_COUNT + i]!;
      if (field === '' ? !Number.isNaN(value) : Number(field) !== value)
        throw new Error(`${startS} ${stream} ${FEATURE_NAMES[i]}: ${field} and ${value}`);
      numbers++;
    }
  }
  console.log(`command line: ${numbers} numbers of ${rows - 1} windows equal to the worker's`);
}

async function compareChromium(): Promise<void> {
  const run = await runInChromium<SkewAnswer>(
    new URL('skew.worker.ts', import.meta.url),
    Object.fromEntries([
      ...bodies.map((body, i) => [`/frames/${i}`, body] as const),
      ...readdirSync(models)
        .filter((name) => /\.(json|bin)$/.test(name))
        .map((name) => [`/models/${name}`, readFileSync(new URL(name, models))] as const),
      ...WASM_FILES.map((name) => [`/wasm/${name}`, readFileSync(resolve(wasmFolder, name))] as const),
    ]),
    names.length,
  );
  if (!run) return console.log('Chromium: not compared, there is none');
  const { answer, version } = run;
  const differing = node.hashes.filter((hash, i) => hash !== answer.hashes[i]).length;
  if (differing > 0 || answer.hashes.length !== node.hashes.length)
    throw new Error(`Chromium's features differ in ${differing} of ${node.hashes.length} frames`);
  if (answer.scores.length !== node.scores.length) throw new Error('Chromium scored other windows');
  let worst = 0;
  for (const [i, [minute, stream, score]] of node.scores.entries()) {
    const [otherMinute, otherStream, other] = answer.scores[i]!;
    if (minute !== otherMinute || stream !== otherStream) throw new Error('Chromium scored in another order');
    worst = Math.max(worst, Math.abs(score - other));
  }
  if (worst > TOLERANCE) throw new Error(`scores differ by ${worst}`);
  const same = JSON.stringify(alarmKeys(answer)) === JSON.stringify(alarmKeys(node));
  console.log(
    `Chromium ${version}: all ${answer.hashes.length} frames equal to the last bit, ${answer.scores.length} scores within ` +
      `${worst.toExponential(1)} on ${answer.backend}, alarms ${same ? 'the same' : 'OTHERS'}`,
  );
}

function alarmKeys({ alarms }: SkewAnswer): string[] {
  return alarms.map(({ stream, startUs, endUs }) => `${stream} ${startUs} ${endUs}`);
}

function printAlarms({ alarms, scores }: SkewAnswer): void {
  const streams = new Set(scores.map(([, stream]) => stream));
  const days = scores.length / 1440;
  console.log(
    `${alarms.length} alarms on ${streams.size} streams, ${days.toFixed(1)} stream-days scored: ` +
      `${(alarms.length / days).toFixed(2)} a day and stream`,
  );
  for (const alarm of [...alarms].sort((a, b) => a.startUs - b.startUs)) console.log(line(alarm));
}

function line({ stream, startUs, endUs, peakScore, explanation, trust }: AlarmRecord): string {
  const time = (us: number): string => new Date(us / 1000).toISOString().slice(5, 16).replace('T', ' ');
  const minutes = endUs === null ? 'open' : `${(endUs - startUs) / 60e6} min`;
  const top = explanation.columns
    .slice(0, 3)
    .map(({ column, value, z }) => `${column} ${value} (z ${z.toFixed(1)})`);
  return `  ${time(startUs)} ${minutes.padStart(8)} peak ${peakScore.toFixed(2)} trust ${trust.toFixed(2)} ${stream}: ${top.join(', ')}`;
}
