/**
 * frame -> inflate -> decode -> rib -> activity -> snapshot at 10 Hz, one thread, in elems per CPU-second.
 * Run: npx tsx bench/pipeline.bench.ts [files, default 8]
 * Input: consecutive 15-minute RouteViews files of 24 Feb 2008, as frames of at most 1,000 elems. The state's outcomes are
 * compared with a slow reference over the same elems before anything is timed.
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
import { Rib } from '../src/lib/core/rib/rib.ts';
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
console.log(
  `input: ${files.length} files, ${batches.length} frames, ${elems} elems; ${cpus()[0]?.model}, Node ${process.version}`,
);

checkAnswer();
const parts = ['inflate', 'decode', 'rib', 'activity', 'health', 'retain', 'snapshot', 'all'] as const;
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
  const fast = new Rib();
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

/** CPU milliseconds of each part, and of everything in one go. */
function measure(): Record<(typeof parts)[number], number> {
  let raws: Uint8Array[] = [];
  let decoded: ElemBatch[] = [];
  let results: StepResult[] = [];
  const inflate = cpuMs(() => (raws = frames.map(({ body }) => inflateRawSync(body))));
  const decode = cpuMs(() => (decoded = raws.map((raw) => decodeBatch(raw))));
  const rib = new Rib();
  const ribMs = cpuMs(() => (results = decoded.map((batch) => rib.step(batch))));
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
    for (let i = 0; i < snapshots; i++) all.snapshot(lookup);
  });
  return { inflate, decode, rib: ribMs, activity, health: healthMs, retain, snapshot, all: whole() };
}

function whole(): number {
  const rib = new Rib();
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
      health.step(tracked, all.nowUs);
      retained.push(tracked);
      if (firstId - shownId < 2000) continue;
      shownId = firstId;
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
