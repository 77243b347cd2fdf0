/**
 * A whole day as a replay, in Node and in a Chromium worker: `npx tsx bench/replay.bench.ts [--node | --chromium]`.
 *
 * RouteViews route-views2, 24 February 2008: 6.3 million unicast elems of 45 peers, as a frame log of 16,384 elems a frame, in
 * memory. Prints the time from `open` to: what is in it, the first picture, the end of the analysis; the time of seeks to random
 * moments; peak memory of the process. Checks its own answer: the Pakistan hijack is among the verdicts' incidents, pictures are the
 * same forwards and backwards, and Node and Chromium agree on them and on the verdicts.
 * Input: mrt/youtube-pakistan-20080224 of the data folder (ROUTESCOPE_DATA).
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { ELEM_FLAG } from '#core/elem/batch.ts';
import { encodeBatch } from '#core/wire/batch.ts';
import { COMPRESSION, encodeFrame, FRAME_KIND } from '#core/wire/frame.ts';
import { FrameLogEncoder } from '#core/wire/log.ts';
import { openElemFile } from '../relay/source/file.ts';
import { runInChromium } from './pipeline.chromium.ts';
import type { ReplayAnswer } from './replay.measure.ts';
import { measureReplay } from './replay.measure.ts';

const DATA = process.env['ROUTESCOPE_DATA'] ?? new URL('../../shared/data', import.meta.url).pathname;
const FOLDER = join(DATA, 'mrt/youtube-pakistan-20080224');
const SEEKS = 200;
const FRAME_ELEMS = 16_384;

const day = await frameLog();
console.log(`24 February 2008 as a frame log: ${(day.length / 1e6).toFixed(1)} MB`);
const only = process.argv[2];
let inNode: ReplayAnswer | null = null;
if (only !== '--chromium') {
  const beforeMb = process.resourceUsage().maxRSS / 1024;
  inNode = await measureReplay(day, SEEKS);
  const peakMb = process.resourceUsage().maxRSS / 1024;
  tell(
    `Node ${process.version}`,
    inNode,
    `${peakMb.toFixed(0)} MB, ${beforeMb.toFixed(0)} MB of them the benchmark's own before`,
  );
}
if (only !== '--node') {
  const ran = await runInChromium<ReplayAnswer>(
    new URL('./replay.worker.ts', import.meta.url),
    { '/day.rsl': day },
    SEEKS,
  );
  if (!ran) console.log('no Chromium here');
  else {
    const { version, answer, peakRendererBytes } = ran;
    tell(`Chromium ${version}`, answer, `${(peakRendererBytes / 1e6).toFixed(0)} MB in the page's process`);
    if (inNode && inNode.hashes.join() !== answer.hashes.join())
      throw new Error('Node and Chromium see other pictures');
    if (inNode && inNode.verdictsSha256 !== answer.verdictsSha256)
      throw new Error('Node and Chromium reach other verdicts');
  }
}

function tell(where: string, answer: ReplayAnswer, memory: string): void {
  const { elems, spanS, openedMs, firstPictureMs, endMs, seeksMs, earlySeeksMs, verdicts } = answer;
  const at = (list: readonly number[], share: number): string =>
    (list[Math.min(list.length - 1, Math.floor(list.length * share))] ?? Number.NaN).toFixed(0);
  const spread = (list: readonly number[]): string =>
    `${list.length} seeks, p50 ${at(list, 0.5)} ms, p95 ${at(list, 0.95)} ms, longest ${at(list, 1)} ms`;
  console.log(`\n${where}: ${elems} elems, ${verdicts} verdicts`);
  console.log(
    `  read after ${(openedMs / 1000).toFixed(1)} s, first picture after ${(firstPictureMs / 1000).toFixed(1)} s`,
  );
  const factor = spanS / (endMs / 1000);
  console.log(
    `  analysed to its end after ${(endMs / 1000).toFixed(1)} s: ${factor.toFixed(0)} times real time`,
  );
  console.log(`  while it was analysed: ${spread(earlySeeksMs)}`);
  console.log(`  afterwards: ${spread(seeksMs)}`);
  const asked = [answer.filterMs, answer.pathsMs, answer.compareMs].map((ms) => ms.toFixed(0));
  console.log(
    `  208.65.152.0/22 over the whole day: filter ${asked[0]} ms, paths ${asked[1]} ms, comparison ${asked[2]} ms`,
  );
  console.log(`  peak memory: ${memory}`);
  if (elems < 6_300_000) throw new Error(`${elems} elems`);
}

/** The day's files as one frame log. */
async function frameLog(): Promise<Uint8Array<ArrayBuffer>> {
  const encoder = new FrameLogEncoder();
  const pieces = [encoder.start({ title: '24 February 2008, route-views2' })];
  let seq = 0;
  for (const name of readdirSync(FOLDER)
    .filter((file) => /20080224.*bz2$/.test(file))
    .sort()) {
    const file = openElemFile(join(FOLDER, name), { batchElems: FRAME_ELEMS, collector: 'route-views2' });
    for await (const batch of file.batches) {
      const raw = encodeBatch(batch);
      seq++;
      const header = {
        kind: FRAME_KIND.batch,
        compression: COMPRESSION.deflateRaw,
        stream: 1,
        seq,
        prev: seq - 1,
        firstUs: batch.timeUs[0]!,
        lastUs: batch.timeUs[batch.length - 1]!,
        elems: batch.length,
        messages: batch.flags.reduce((sum, flags) => sum + (flags & ELEM_FLAG.first), 0),
        rawBytes: raw.length,
      };
      pieces.push(encoder.frame(encodeFrame(header, deflateRawSync(raw))));
    }
  }
  pieces.push(encoder.end());
  return new Uint8Array(Buffer.concat(pieces));
}
