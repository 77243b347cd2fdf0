/**
 * Frame size and encode/decode rates against RIS Live JSON of the same messages, in one run.
 * Run: npx tsx bench/wire.bench.ts
 * Input: real updates of one collector in frames of 1,000 elems, of 250, and of 250 ms; the JSON is one `ris_message` per BGP
 * message, as RIPE sends it, without `raw`. Every frame is inflated, decoded and compared with its batch before anything is timed.
 */
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { ElemBatch } from '../src/lib/core/elem/batch.ts';
import { ELEM_FLAG } from '../src/lib/core/elem/batch.ts';
import { BatchBuilder } from '../src/lib/core/elem/builder.ts';
import { ElemCopier } from '../src/lib/core/elem/copier.ts';
import { RisMessageEncoder } from '../src/lib/core/rislive/message.ts';
import { decodeBatch, encodeBatch } from '../src/lib/core/wire/batch.ts';
import { FRAME_HEADER_BYTES } from '../src/lib/core/wire/frame.ts';
import { DATA, mrtBatches } from '../tests/fixtures/mrt-batches.ts';

const ROUNDS = 3;
/** Enough elems for a steady rate. */
const TIMED_ELEMS = 400_000;
const WINDOW_US = 250_000;
/** A frame of 250 ms at 1,000 elems a second. */
const QUARTER_ELEMS = 250;

const INPUTS = [
  'mrt/youtube-pakistan-20080224/updates.20080224.1839.bz2',
  'mrt/youtube-pakistan-20080224/updates.20080224.1146.bz2',
  'mrt/parsers/updates.example.bz2',
  'mrt/parsers/ris.rrc06.updates.1401488100.gz',
  'mrt/parsers/updates.20100227.1610.gz',
  'mrt/parsers/updates.20100227.1600.gz',
  'mrt/bgpdump/updates.et-header.2015.gz',
];

interface Measured {
  readonly elems: number;
  readonly jsonBytes: number;
  readonly frameBytes: number;
}

/** The BGP messages of a batch as the objects that RIS Live would send. */
function risMessages(batches: readonly ElemBatch[]): object[] {
  const encoder = new RisMessageEncoder();
  const messages: object[] = [];
  for (const batch of batches) {
    for (let from = 0; from < batch.length;) {
      let to = from + 1;
      while (to < batch.length && !(batch.flags[to]! & ELEM_FLAG.first)) to++;
      messages.push(...encoder.encode(batch, from, to));
      from = to;
    }
  }
  return messages;
}

/** The same elems cut where so many are together or so much data time has passed, at the end of the message they are in. */
function recut(batches: readonly ElemBatch[], maxElems: number, windowUs: number): ElemBatch[] {
  const out: ElemBatch[] = [];
  const builder = new BatchBuilder(maxElems);
  const copier = new ElemCopier(builder);
  let startUs = 0;
  for (const batch of batches) {
    for (let i = 0; i < batch.length; i++) {
      const isOver = batch.timeUs[i]! - startUs >= windowUs || builder.isFull;
      if (builder.length > 0 && isOver && batch.flags[i]! & ELEM_FLAG.first) out.push(builder.take());
      if (builder.length === 0) startUs = batch.timeUs[i]!;
      copier.copy(batch, i);
    }
  }
  if (builder.length > 0) out.push(builder.take());
  return out;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const elemsOf = (batches: readonly ElemBatch[]): number => sum(batches.map((batch) => batch.length));

/** Elems per CPU-second of `work` over `elems`: the best of a few rounds, since other load only slows. */
function rate(elems: number, work: () => void): number {
  const repeats = Math.max(1, Math.round(TIMED_ELEMS / elems));
  let best = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    const start = process.cpuUsage();
    for (let i = 0; i < repeats; i++) work();
    const { user, system } = process.cpuUsage(start);
    if (round > 0) best = Math.max(best, (elems * repeats) / ((user + system) / 1e6)); // round 0 warms up
  }
  return best;
}

const million = (value: number): string => `${(value / 1e6).toFixed(2)} M`;

function sizes(name: string, batches: readonly ElemBatch[], jsonBytes: number): Measured {
  const elems = elemsOf(batches);
  const raw = batches.map(encodeBatch);
  const deflated = raw.map((bytes) => deflateRawSync(bytes));
  for (const [i, bytes] of deflated.entries()) {
    if (!isDeepStrictEqual(decodeBatch(inflateRawSync(bytes)), batches[i]))
      throw new Error(`${name}: frame ${i} differs`);
  }
  const frameBytes = sum(deflated.map((bytes) => bytes.length + FRAME_HEADER_BYTES));
  const perElem = (bytes: number): string => (bytes / elems).toFixed(2);
  console.log(
    `${name.padEnd(34)} ${String(batches.length).padStart(6)} frames  JSON ${perElem(jsonBytes)}  raw ` +
      `${perElem(sum(raw.map((bytes) => bytes.length)))}  deflated ${perElem(frameBytes)} B/elem  1/${(jsonBytes / frameBytes).toFixed(1)}`,
  );
  return { elems, jsonBytes, frameBytes };
}

function rates(batches: readonly ElemBatch[]): void {
  const elems = elemsOf(batches);
  const messages = risMessages(batches);
  const texts = messages.map((message) => JSON.stringify(message));
  const frames = batches.map(encodeBatch);
  const deflated = frames.map((bytes) => deflateRawSync(bytes));
  const jsonDeflated = texts.map((text) => deflateRawSync(text));
  const rows: [string, () => void, () => void][] = [
    [
      'encode (JSON.stringify)',
      () => batches.forEach(encodeBatch),
      () => messages.forEach((one) => JSON.stringify(one)),
    ],
    [
      'decode (JSON.parse)',
      () => frames.forEach(decodeBatch),
      () => texts.forEach((text) => JSON.parse(text) as object),
    ],
    [
      'deflate 6',
      () => frames.forEach((one) => deflateRawSync(one)),
      () => texts.forEach((one) => deflateRawSync(one)),
    ],
    [
      'inflate',
      () => deflated.forEach((one) => inflateRawSync(one)),
      () => jsonDeflated.forEach((one) => inflateRawSync(one)),
    ],
  ];
  console.log(
    `JSON + deflate per message: ${(sum(jsonDeflated.map((one) => one.length)) / elems).toFixed(2)} B/elem`,
  );
  for (const [what, ours, theirs] of rows) {
    const frame = rate(elems, ours);
    const json = rate(elems, theirs);
    console.log(
      `${what.padEnd(26)} frames ${million(frame)}  JSON ${million(json)} elems/CPU-s  ${(frame / json).toFixed(1)}x`,
    );
  }
}

/** What other deflate levels give. */
function levels(batches: readonly ElemBatch[]): void {
  const elems = elemsOf(batches);
  const frames = batches.map(encodeBatch);
  for (const level of [1, 6, 9]) {
    const bytes = sum(frames.map((one) => deflateRawSync(one, { level }).length + FRAME_HEADER_BYTES));
    const speed = rate(elems, () => frames.forEach((one) => deflateRawSync(one, { level })));
    console.log(
      `deflate level ${level}: ${(bytes / elems).toFixed(2)} B/elem, ${million(speed)} elems/CPU-s`,
    );
  }
}

console.log(
  `${cpus()[0]?.model}, Node ${process.version}, zlib ${process.versions.zlib}; deflate-raw level 6 per frame`,
);
const total: Measured[] = [];
const quarters: Measured[] = [];
const windowed: Measured[] = [];
for (const input of INPUTS) {
  const name = input.slice(input.lastIndexOf('/') + 1);
  const batches = mrtBatches(resolve(DATA, input));
  const jsonBytes = sum(risMessages(batches).map((message) => Buffer.byteLength(JSON.stringify(message))));
  total.push(sizes(name, batches, jsonBytes));
  quarters.push(sizes('  250 elems (1,000/s at 250 ms)', recut(batches, QUARTER_ELEMS, Infinity), jsonBytes));
  windowed.push(sizes('  250 ms at the rate recorded', recut(batches, 1000, WINDOW_US), jsonBytes));
}
for (const [what, measured] of [
  ['all, 1,000 elems', total],
  ['all, 250 elems', quarters],
  ['all, 250 ms', windowed],
] as const) {
  const json = sum(measured.map((one) => one.jsonBytes));
  const frames = sum(measured.map((one) => one.frameBytes));
  const elems = sum(measured.map((one) => one.elems));
  console.log(`${what}: ${elems} elems, JSON ${json} B, frames ${frames} B, 1/${(json / frames).toFixed(1)}`);
}
console.log(`rates over ${INPUTS[0]}:`);
const first = mrtBatches(resolve(DATA, INPUTS[0]!));
rates(first);
levels(first);
