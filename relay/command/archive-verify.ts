import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BgpError } from '#core/error.ts';
import { Duck } from '../archive/duck.ts';
import { INDEX_NAME } from '../archive/index-store.ts';
import type { VerifyReport } from '../archive/verify.ts';
import { verifyArchive } from '../archive/verify.ts';
import { onArchive } from './archive-options.ts';
import { EXIT } from './exit.ts';

const HELP = `routescope archive verify [OPTIONS]

Prove that the archive holds every elem it acknowledged exactly once: every file is hashed, opened and counted, every row's
number is looked at, and what is neither in files nor in the spool must be what retention removed. Reads only; a relay may
run on the same folder.

  --data DIR   where the archive is [./data]
  --json       the report as one JSON object

Exit code 1 when something is missing, doubled or damaged.
`;

/** `routescope archive verify`. @returns the exit code. */
export function archiveVerify(argv: string[]): Promise<number> {
  return onArchive('verify', HELP, argv, async ({ dir, isJson }) => {
    if (!(await stat(join(dir, INDEX_NAME)).catch(() => null)))
      throw new BgpError('ARCHIVE_BAD_INDEX', `there is no ${INDEX_NAME} in ${dir}`);
    const duck = await Duck.open();
    try {
      const report = await verifyArchive(dir, duck, process.stderr.isTTY ? progress : undefined);
      process.stdout.write(isJson ? `${JSON.stringify(report)}\n` : summary(report));
      return report.problems.length === 0 ? EXIT.fine : EXIT.failed;
    } finally {
      duck.close();
    }
  });
}

function progress(done: number, of: number): void {
  process.stderr.write(`\r${done} of ${of} files${done === of ? '\n' : ''}`);
}

function summary(report: VerifyReport): string {
  const { files, bytes, rows, spooledElems, lastSeq, expiredRows, voidSeqs, lostElems, problems } = report;
  const lines = [
    `${rows} elems in ${files} files of ${bytes} bytes, ${spooledElems} in the spool; the last is number ${lastSeq}`,
    `${expiredRows} expired, ${voidSeqs} numbers given to nobody, ${lostElems} elems lost in gaps before they had a number`,
    ...problems.map(({ code, where, detail }) => `${code} ${where}: ${detail}`),
    problems.length === 0
      ? 'Whole: every elem is there exactly once.'
      : `NOT whole: ${problems.length} problems.`,
  ];
  return `${lines.join('\n')}\n`;
}
