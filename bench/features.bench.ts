/**
 * What features add to the pipeline, in CPU time per elem: frames of the wire through state, detectors, activity and snapshots,
 * with and without them, taken in turn, best of five.
 * Run: npx tsx bench/features.bench.ts [files, default 8]
 * Input: consecutive 15-minute RouteViews files of 24 Feb 2008 as frames of at most 1,000 elems, after the bundled replay's
 * table. Every number of every window of the first file is compared with the slow reference before anything is timed.
 */
import { readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { openElemFile } from '../relay/source/file.ts';
import { readRpkiFile } from '../relay/rpki/document.ts';
import { FeatureExtractor } from '../src/lib/core/feature/extractor.ts';
import { FEATURE_COUNT, FEATURE_NAMES } from '../src/lib/core/feature/features.ts';
import type { FeatureFrame } from '../src/lib/core/feature/window.ts';
import type { ElemBatch } from '../src/lib/core/elem/batch.ts';
import { Rib } from '../src/lib/core/rib/rib.ts';
import { encodeBatch } from '../src/lib/core/wire/batch.ts';
import { DATA, mrtBatches } from '../tests/fixtures/mrt-batches.ts';
import { SlowFeatures } from '../tests/fixtures/slow-features.ts';
import { BenchPipeline } from './pipeline.measure.ts';

const FOLDER = resolve(DATA, 'mrt/youtube-pakistan-20080224');
const ROUNDS = 5;
const files = readdirSync(FOLDER)
  .filter((name) => name.startsWith('updates.20080224.18') || name.startsWith('updates.20080224.19'))
  .sort()
  .slice(0, Number(process.argv[2] ?? 8));
const batches = files.map((name) => mrtBatches(resolve(FOLDER, name)));
checkAnswer(batches[0]!);
const all = batches.flat();
const elems = all.reduce((sum, batch) => sum + batch.length, 0);
const frames = all.map((batch) => {
  const raw = encodeBatch(batch);
  return { body: new Uint8Array(deflateRawSync(raw)), rawBytes: raw.length };
});
const input = {
  baseline: await firstBatch(resolve(import.meta.dirname, '../static/replays/youtube-pakistan-20080224.rsl')),
  bodies: frames.map(({ body }) => body),
  rpki: await readRpki(),
};
const best = { with: Infinity, without: Infinity };
for (let round = 0; round < ROUNDS; round++) {
  best.without = Math.min(best.without, cpuMs(false));
  best.with = Math.min(best.with, cpuMs(true));
}
const perElem = (ms: number): string => `${((ms / elems) * 1e6).toFixed(0)} ns/elem`;
const perS = (ms: number): string => `${Math.round((elems / ms) * 1000).toLocaleString('en')} elems/CPU-s`;
console.log(
  `${elems} elems, ${cpus()[0]?.model}, Node ${process.version}, best of ${ROUNDS}, CPU time of the process`,
);
console.log(`without features ${perElem(best.without)} ${perS(best.without)}`);
console.log(`with             ${perElem(best.with)} ${perS(best.with)}`);
console.log(
  `features         ${perElem(best.with - best.without)}, ${(best.with / best.without).toFixed(2)} times the CPU`,
);

function cpuMs(hasFeatures: boolean): number {
  const pipeline = new BenchPipeline(input, hasFeatures);
  const before = process.cpuUsage();
  for (const { body, rawBytes } of frames) pipeline.step(inflateRawSync(body, { maxOutputLength: rawBytes }));
  const { user, system } = process.cpuUsage(before);
  if (pipeline.answer().elems !== elems) throw new Error('elems were lost');
  return (user + system) / 1000;
}

function checkAnswer(some: readonly ElemBatch[]): void {
  const fast: FeatureFrame[] = [];
  const rib = new Rib({ trackPaths: true });
  const extractor = new FeatureExtractor(rib, { emit: (frame) => fast.push(frame) });
  const slow = new SlowFeatures();
  for (const batch of some) {
    extractor.step(batch, rib.step(batch));
    slow.step(batch);
  }
  let numbers = 0;
  for (const { stream, startMinute, widthS, values } of slow.windows) {
    const frame = fast.find((one) => one.startUs === startMinute * 60e6 && one.widthS === widthS);
    const at = frame?.streams.indexOf(stream) ?? -1;
    if (!frame || at === -1) throw new Error(`no window ${startMinute} ${widthS} ${stream}`);
    for (const [name, value] of Object.entries(values)) {
      if (frame.values[at * FEATURE_COUNT + FEATURE_NAMES.indexOf(name)] !== value)
        throw new Error(`${startMinute} ${stream} ${name}`);
      numbers++;
    }
  }
  console.log(`checked: ${numbers} numbers of ${slow.windows.length} windows against the slow reference`);
}

async function firstBatch(path: string): Promise<ElemBatch> {
  for await (const batch of openElemFile(path).batches) return batch;
  throw new Error(`${path} is empty`);
}

async function readRpki() {
  const path = resolve(DATA, 'rpki/rpkiclient_summary_20250720T093135Z.json.bz2');
  const data = (await readRpkiFile(path)).endSnapshot();
  return { ...data, version: { session: '1', serial: 1, generatedS: all[0]!.timeUs[0]! / 1e6 + 3600 } };
}
