/**
 * frame -> inflate -> decode -> rib -> ROV and all detectors -> activity -> snapshot at 10 Hz, one thread, in elems per
 * CPU-second.
 * Run: npx tsx bench/pipeline.bench.ts [files, default 8]
 * Input: what was announced before (the baseline of the bundled replay, not timed), then consecutive 15-minute RouteViews
 * files of 24 Feb 2008, as frames of at most 1,000 elems; 723,521 VRPs of 2025, dated to the recording so that every route
 * is judged: the verdicts mean nothing, their cost does. The state's outcomes are compared with a slow reference over the
 * same elems, and the hijack of the day must be found, before anything is timed.
 */
import { cpus } from 'node:os';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { Activity } from '../src/lib/core/activity/activity.ts';
import { Health } from '../src/lib/core/activity/health.ts';
import { RetainedBatches } from '../src/lib/core/activity/tracked.ts';
import type { ElemBatch } from '../src/lib/core/elem/batch.ts';
import { OUTCOME_COUNT } from '../src/lib/core/rib/outcome.ts';
import type { StepResult } from '../src/lib/core/rib/rib.ts';
import { RIB_OPTIONS } from '../src/lib/core/detect/engine.ts';
import { Rib } from '../src/lib/core/rib/rib.ts';
import type { RpkiData } from '../src/lib/core/rpki/data.ts';
import { Store } from '../src/lib/store/store.ts';
import { Detection } from '../src/workers/detection.ts';
import { noBackend } from '../src/workers/no-backend.ts';
import { RpkiStatus } from '../src/workers/rpki-state.ts';
import { openElemFile } from '../relay/source/file.ts';
import { readRpkiFile } from '../relay/rpki/document.ts';
import { decodeBatch, encodeBatch } from '../src/lib/core/wire/batch.ts';
import { DATA, mrtBatches } from '../tests/fixtures/mrt-batches.ts';
import { SlowRib } from '../tests/fixtures/slow-rib.ts';

const FOLDER = resolve(DATA, 'mrt/youtube-pakistan-20080224');
const ROUNDS = 5;

const fileCount = Number(process.argv[2] ?? 8);
const files = readdirSync(FOLDER)
  .filter((name) => name.startsWith('updates.20080224.18') || name.startsWith('updates.20080224.19'))
  .sort()
  .slice(0, fileCount);
const batches = files.flatMap((name) => mrtBatches(resolve(FOLDER, name)));
const elems = batches.reduce((sum, batch) => sum + batch.length, 0);
const frames = batches.map((batch) => {
  const raw = encodeBatch(batch);
  return { body: deflateRawSync(raw), rawBytes: raw.length };
});
const baseline = await readBaseline();
const rpkiData = await readRpki(batches[0]!.timeUs[0]! / 1e6 + 3600);
console.log(
  `input: ${files.length} files, ${batches.length} frames, ${elems} elems after ${baseline.length} table entries; ` +
    `${cpus()[0]?.model}, Node ${process.version}`,
);

checkAnswer();
checkFound();
const parts = [
  'inflate',
  'decode',
  'rib',
  'detect',
  'activity',
  'health',
  'retain',
  'snapshot',
  'all',
] as const;
const best = new Map<string, number>();
for (let round = 0; round < ROUNDS; round++) {
  for (const [part, ms] of Object.entries(measure()))
    best.set(part, Math.min(ms, best.get(part) ?? Infinity));
}
console.log(`best of ${ROUNDS}:`);
for (const part of parts) {
  const ms = best.get(part)!;
  console.log(
    `${part.padEnd(9)} ${((ms / elems) * 1e6).toFixed(0).padStart(6)} ns/elem ${Math.round(
      (elems / ms) * 1000,
    )
      .toLocaleString('en')
      .padStart(12)} elems/CPU-s`,
  );
}

/** The fast state and the slow one must agree on every elem. */
function checkAnswer(): void {
  const fast = new Rib(RIB_OPTIONS);
  const slow = new SlowRib();
  const counts = new Array<number>(OUTCOME_COUNT).fill(0);
  for (const batch of batches) {
    const { outcomes } = fast.step(batch);
    const wanted = slow.step(batch);
    for (const [i, outcome] of outcomes.entries()) {
      counts[outcome]!++;
      if (outcome !== wanted[i]) throw new Error(`elem ${i}: outcome ${outcome}, reference ${wanted[i]}`);
    }
  }
  if (fast.stats().routes !== slow.routes) throw new Error('the states hold different numbers of routes');
  console.log(
    `checked: ${counts.join(' ')} (none new changed duplicate withdrawn spurious unheld), ${slow.routes} routes`,
  );
}

/** What was announced before, from the bundled replay. */
async function readBaseline(): Promise<ElemBatch> {
  const path = resolve(import.meta.dirname, '../static/replays/youtube-pakistan-20080224.rsl');
  for await (const batch of openElemFile(path).batches) return batch;
  throw new Error('the bundled replay is empty');
}

async function readRpki(generatedS: number): Promise<RpkiData> {
  const path = resolve(DATA, 'rpki/rpkiclient_summary_20250720T093135Z.json.bz2');
  const data = (await readRpkiFile(path)).endSnapshot();
  return { ...data, version: { session: '1', serial: 1, generatedS: Math.floor(generatedS) } };
}

/** State and detection that have taken in the baseline. */
function warmed(withRpki: boolean): {
  readonly rib: Rib;
  readonly detection: Detection;
  readonly rpki: RpkiStatus;
} {
  const rib = new Rib(RIB_OPTIONS);
  const rpki = new RpkiStatus(() => 0);
  if (withRpki) rpki.set(rpkiData);
  const store = new Store({ backend: noBackend(), nowMs: () => 0 });
  const detection = new Detection(rib, rpki, store);
  detection.step(baseline, rib.step(baseline), baseline.timeUs[0]!);
  return { rib, detection, rpki };
}

/** Without the VRPs, which are not of the time, the hijack of the day must be found. */
function checkFound(): void {
  const { rib, detection } = warmed(false);
  for (const batch of batches) detection.step(batch, rib.step(batch), batch.timeUs[batch.length - 1]!);
  const { rows } = detection.incidents({ text: '208.65.153.0/24 AS17557 AS36561' });
  if (rows[0]?.level !== 'high') throw new Error('the hijack of the day was not found');
  const { opened, nearMisses, bytes } = detection.engine.stats();
  console.log(`checked: ${rows[0].summary}; ${opened} incidents, ${nearMisses} near-misses, ${bytes} bytes`);
}

/** CPU milliseconds of each part, and of everything in one go. */
function measure(): Record<(typeof parts)[number], number> {
  let raws: Uint8Array[] = [];
  let decoded: ElemBatch[] = [];
  let results: StepResult[] = [];
  const inflate = cpuMs(() => (raws = frames.map(({ body }) => inflateRawSync(body))));
  const decode = cpuMs(() => (decoded = raws.map((raw) => decodeBatch(raw))));
  const { rib, detection, rpki } = warmed(true);
  const ribMs = cpuMs(() => (results = decoded.map((batch) => rib.step(batch))));
  // Samples are looked up in the state as it is at the end; how much there is of them is the same.
  const detect = cpuMs(() =>
    decoded.forEach((batch, i) => detection.step(batch, results[i]!, batch.timeUs[batch.length - 1]!)),
  );
  checkJudged(rpki);
  let nextId = 1;
  const tracked = decoded.map((batch, i) => {
    const firstId = nextId;
    nextId += batch.length;
    return { ...results[i]!, batch, firstId, isAfterGap: false };
  });
  const all = new Activity({ stepS: 1, matcher: null });
  const activity = cpuMs(() => tracked.forEach((one) => all.step(one)));
  const health = new Health(rib.vantages);
  const healthMs = cpuMs(() =>
    tracked.forEach((one) => health.step(one, one.batch.timeUs[one.batch.length - 1]!)),
  );
  const retained = new RetainedBatches();
  const retain = cpuMs(() => tracked.forEach((one) => retained.push(one)));
  const lookup = {
    isUp: (id: number) => health.isUp(id),
    collector: (id: number) => rib.vantages.name(id).collector,
  };
  // 10 Hz at 20,000 elems/s: one snapshot for every 2,000 elems.
  const snapshots = Math.ceil(elems / 2000);
  const snapshot = cpuMs(() => {
    for (let i = 0; i < snapshots; i++) {
      all.snapshot(lookup);
      detection.summary();
    }
  });
  return { inflate, decode, rib: ribMs, detect, activity, health: healthMs, retain, snapshot, all: whole() };
}

function checkJudged(rpki: RpkiStatus): void {
  const { announced } = rpki.summary();
  if (announced.valid + announced.invalid === 0 || announced.unknown > 0)
    throw new Error('routes were not judged');
}

function whole(): number {
  const { rib, detection } = warmed(true);
  const all = new Activity({ stepS: 1, matcher: null });
  const health = new Health(rib.vantages);
  const retained = new RetainedBatches();
  const lookup = {
    isUp: (id: number) => health.isUp(id),
    collector: (id: number) => rib.vantages.name(id).collector,
  };
  let firstId = 1;
  let shownId = 1;
  return cpuMs(() => {
    for (const { body, rawBytes } of frames) {
      const batch = decodeBatch(inflateRawSync(body, { maxOutputLength: rawBytes }));
      const tracked = { ...rib.step(batch), batch, firstId, isAfterGap: false };
      firstId += batch.length;
      all.step(tracked);
      detection.step(batch, tracked, all.nowUs);
      health.step(tracked, all.nowUs);
      retained.push(tracked);
      if (firstId - shownId < 2000) continue;
      shownId = firstId;
      detection.summary();
      if (all.snapshot(lookup).totals.elems !== firstId - 1)
        throw new Error('a snapshot counts other elems than were sent');
    }
  });
}

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
