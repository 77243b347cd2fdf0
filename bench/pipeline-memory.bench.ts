/**
 * What the routing state and the detectors take with ten million (prefix, vantage) pairs.
 * Run: node --expose-gc --import tsx bench/pipeline-memory.bench.ts
 * Input: 250,000 IPv4 /24s, each held by 40 vantages, as a table dump prefix by prefix; a route's path is the vantage's AS
 * before the path of one of the announcements of RouteViews' updates of 24 Feb 2008, 18:00 to 20:00, the same for every
 * vantage. All of it must be held in the end, and what is held for prefixes taken by sample must be what was sent.
 */
import { readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { DetectionEngine, RIB_OPTIONS } from '../src/lib/core/detect/engine.ts';
import type { ElemBatch } from '../src/lib/core/elem/batch.ts';
import { ELEM_FLAG, KIND, ORIGIN, SEGMENT } from '../src/lib/core/elem/batch.ts';
import { BatchBuilder } from '../src/lib/core/elem/builder.ts';
import { Rib } from '../src/lib/core/rib/rib.ts';
import { DATA, mrtBatches } from '../tests/fixtures/mrt-batches.ts';

const PREFIXES = 250_000;
const VANTAGES = 40;
const PAIRS = PREFIXES * VANTAGES;
/** Prefixes in one batch, so that it has 4,000 elems. */
const PREFIXES_PER_BATCH = 100;
const BUDGET_BYTES = 4 * 1024 ** 3;
const FIRST_WORD = 0x1000_0000; // 16.0.0.0
const TIME_US = 1_203_876_000e6;
const FIRST_PEER = 60_001;

const FOLDER = resolve(DATA, 'mrt/youtube-pakistan-20080224');
const gc = globalThis.gc;
if (!gc) throw new Error('start it with node --expose-gc');
const paths = realPaths();
console.log(
  `input: ${PREFIXES} prefixes x ${VANTAGES} vantages = ${PAIRS} pairs, ${paths.length} paths x ${VANTAGES} vantages; ` +
    `${cpus()[0]?.model}, Node ${process.version}`,
);
gc();
const before = process.memoryUsage();
const rib = new Rib({ ...RIB_OPTIONS, budgetBytes: BUDGET_BYTES });
const engine = new DetectionEngine(rib);
const start = process.cpuUsage();
for (let at = 0; at < PREFIXES; at += PREFIXES_PER_BATCH) {
  const batch = tableBatch(at);
  engine.learn(batch, rib.step(batch));
}
const { user, system } = process.cpuUsage(start);
gc();
const after = process.memoryUsage();
check();
print();

/** The words of the distinct paths of plain sequences that were announced. */
function realPaths(): Uint32Array[] {
  const files = readdirSync(FOLDER).filter((name) => /^updates\.20080224\.(18|19)/.test(name));
  const found = new Map<string, Uint32Array>();
  for (const name of files.sort()) {
    for (const { paths } of mrtBatches(resolve(FOLDER, name))) {
      for (let i = 0; i < paths.length; i++) {
        const words = paths.words.slice(paths.offsets[i], paths.offsets[i + 1]);
        const isPlain = words.length > 1 && words[0]! >>> 8 === SEGMENT.sequence;
        if (isPlain && words.length === 1 + (words[0]! & 0xff)) found.set(words.join(' '), words);
      }
    }
  }
  return [...found.values()];
}

/** The path a vantage has to a prefix: its own AS, then a real path. */
function pathOf(prefix: number, vantage: number): Uint32Array {
  const real = paths[prefix % paths.length]!;
  const words = new Uint32Array(real.length + 1);
  words[0] = (SEGMENT.sequence << 8) | real.length;
  words[1] = FIRST_PEER + vantage;
  words.set(real.subarray(1), 2);
  return words;
}

function tableBatch(first: number): ElemBatch {
  const builder = new BatchBuilder(PREFIXES_PER_BATCH * VANTAGES);
  for (let i = first; i < first + PREFIXES_PER_BATCH; i++) {
    const prefix = builder.prefixes.internV4(24, (FIRST_WORD + i * 256) >>> 0);
    for (let v = 0; v < VANTAGES; v++) {
      const address = builder.addresses.internV4(0xc000_0200 + v);
      const vantage = builder.vantages.intern('route-views2', address, FIRST_PEER + v);
      const words = pathOf(i, v);
      const attrs = builder.attrSets.intern({
        flags: 0,
        origin: ORIGIN.igp,
        path: builder.paths.intern(words, 0, words.length),
        nextHop: address,
        med: 0,
        localPref: 0,
        aggregatorAsn: 0,
        aggregatorAddress: 0,
        otc: 0,
        communities: 0,
        extCommunities: 0,
        largeCommunities: 0,
      });
      builder.push(KIND.rib, ELEM_FLAG.first, TIME_US, vantage, prefix, attrs, 0, 0);
    }
  }
  return builder.take();
}

/** Everything is held, nothing was let go, and samples are what was sent. */
function check(): void {
  const { routes, prefixes, evictedRoutes, unheldElems } = rib.stats();
  const isWhole = routes === PAIRS && prefixes === PREFIXES && evictedRoutes === 0 && unheldElems === 0;
  if (!isWhole) throw new Error(`not all is held: ${JSON.stringify(rib.stats())}`);
  const { prefixes: known, origins, refused } = engine.stats();
  if (known !== PREFIXES || origins !== PREFIXES || refused !== 0)
    throw new Error(`the detectors do not know all: ${JSON.stringify(engine.stats())}`);
  for (let i = 0; i < PREFIXES; i += 997) {
    const word = (FIRST_WORD + i * 256) >>> 0;
    let held = 0;
    rib.eachPath({ isV6: false, bits: 24, words: [word, 0, 0, 0] }, (vantage, words) => {
      if (words.join(' ') !== pathOf(i, rib.vantages.name(vantage).peerAsn - FIRST_PEER).join(' '))
        throw new Error(`prefix ${i}: another path is held than was sent`);
      held++;
    });
    if (held !== VANTAGES) throw new Error(`prefix ${i}: ${held} routes held`);
  }
}

function print(): void {
  const stats = rib.stats();
  const tables = engine.stats().bytes;
  const grown = (key: 'rss' | 'arrayBuffers' | 'heapUsed'): string => megabytes(after[key] - before[key]);
  const perPair = (bytes: number): string => (bytes / PAIRS).toFixed(1);
  console.log(
    `held: ${stats.routes.toLocaleString('en')} routes, ${stats.prefixes} prefixes, ${stats.paths} paths; ` +
      `taken in at ${Math.round((PAIRS / (user + system)) * 1e6).toLocaleString('en')} per CPU-s, making them included`,
  );
  console.log(
    `state ${megabytes(stats.bytes)} (${perPair(stats.bytes)} bytes per pair), detectors ${megabytes(tables)} ` +
      `(${(tables / PREFIXES).toFixed(0)} bytes per prefix); grown after a collection: arrayBuffers ${grown('arrayBuffers')}, ` +
      `heap ${grown('heapUsed')}, resident ${grown('rss')} (${perPair(after.rss - before.rss)} bytes per pair); ` +
      `most ever resident ${megabytes(process.resourceUsage().maxRSS * 1024)}`,
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
