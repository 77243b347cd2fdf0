import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  archiveCommand,
  archivedDigests,
  matchRuns,
  recordedDigests,
  runAndKill,
} from '../../tests/fixtures/archive-crash.ts';

/** The short form of tests/load/archive-crash.load.ts. */
test('a relay killed while it spools, writes files and renames them: nothing is lost, nothing doubled', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'routescope-crash-'));
  try {
    const begins: number[] = [];
    let total = 0;
    for (const failpoints of ['parquet.written=900', 'parquet.renamed=900', 'index.written=900']) {
      begins.push(total);
      const { ackedSeq } = await runAndKill(dataDir, 300, 3500, failpoints);
      expect(ackedSeq ?? 0).toBeGreaterThan(0);
      const { code, report } = archiveCommand('verify', dataDir);
      expect({ code, problems: report.problems }).toEqual({ code: 0, problems: [] });
      expect(report.lastSeq).toBeGreaterThanOrEqual(ackedSeq!);
      total = report.rows + report.spooledElems;
    }
    expect(archiveCommand('compact', dataDir).code).toBe(0);
    expect(archiveCommand('verify', dataDir)).toMatchObject({
      code: 0,
      report: { problems: [], spooledElems: 0, rows: total },
    });
    expect(matchRuns(await archivedDigests(dataDir), await recordedDigests(), begins)).toBe(null);
  } finally {
    await rm(dataDir, { recursive: true });
  }
}, 180_000);
