/**
 * Kill -9 a relay that archives the bundled recording at about 20,000 elems a second, at random moments, among them while it
 * closes Parquet files and merges them, and count what is there after each: every acknowledged elem exactly once, the elems
 * of the recording in its order, counted by a query and compared by content, besides `archive verify`.
 *
 *   npx tsx tests/load/archive-crash.load.ts [--kills 20] [--seed 1]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  archiveCommand,
  archivedDigests,
  compactAndKill,
  matchRuns,
  recordedDigests,
  runAndKill,
} from '../fixtures/archive-crash.ts';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '20' }, seed: { type: 'string', default: '1' } },
});
/** Moments that are over in milliseconds, made to last so that every third kill or so hits one. */
const FAILPOINTS = ['', 'parquet.written=700', 'parquet.renamed=700', 'index.written=700'];
/** The same of merging, for every other kill. */
const COMPACT_FAILPOINTS = ['compact.written=400', 'compact.renamed=400', 'compact.indexed=400'];

/** Mulberry32: the same seed kills at the same moments. */
let state = Number(values.seed) >>> 0;
function random(): number {
  state = (state + 0x6d2b_79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

const recorded = await recordedDigests();
const seconds = 9900;
/** Data seconds per second that give 20,000 elems a second on average. */
const speed = Math.round((20_000 * seconds) / recorded.length);
const dataDir = await mkdtemp(join(tmpdir(), 'routescope-crash-'));
const begins: number[] = [];
let total = 0;
let failures = 0;
for (let kill = 1; kill <= Number(values.kills); kill++) {
  begins.push(total);
  const failpoints = FAILPOINTS[kill % FAILPOINTS.length]!;
  const afterMs = 1500 + Math.floor(random() * 6000);
  const { ackedSeq } = await runAndKill(dataDir, speed, afterMs, failpoints, kill % 5 === 0);
  if (kill % 2 === 0)
    await compactAndKill(dataDir, 1500 + Math.floor(random() * 6000), COMPACT_FAILPOINTS[(kill / 2) % 3]!);
  const { code, report } = archiveCommand('verify', dataDir);
  total = report.rows + report.spooledElems;
  const isFine = code === 0 && total >= (ackedSeq ?? 0);
  if (!isFine) failures++;
  console.log(
    `kill ${kill} after ${afterMs} ms${failpoints === '' ? '' : ` (${failpoints})`}: acknowledged ${ackedSeq ?? 'unknown'}, ` +
      `there ${total} (${report.rows} in ${report.files} files, ${report.spooledElems} spooled): ${isFine ? 'ok' : 'FAILED'} ` +
      report.problems.map(({ detail }) => detail).join('; '),
  );
}
const compacted = archiveCommand<{ files: number; bytes: number }>('compact', dataDir);
const after = archiveCommand('verify', dataDir);
const archived = await archivedDigests(dataDir);
const mismatch = matchRuns(archived, recorded, begins);
if (compacted.code !== 0 || after.code !== 0 || archived.length !== total || mismatch !== null) failures++;
console.log(
  `${archived.length} elems counted after merging (${compacted.report.files} files, ${compacted.report.bytes} bytes), ` +
    `${total} expected; content ${mismatch ?? 'equal to the recording, run by run'}; ${failures} failures`,
);
await rm(dataDir, { recursive: true });
process.exitCode = failures === 0 ? 0 : 1;
