import { Archive } from '../archive/archive.ts';
import { updateDaily } from '../archive/daily.ts';
import { parseFailpoints } from '../archive/failpoint.ts';
import { createLog, SILENT } from '../log.ts';
import { onArchive } from './archive-options.ts';
import { EXIT } from './exit.ts';

const HELP = `routescope archive compact [OPTIONS]

Archive what the spool still holds, merge the files of each hour, bring the daily sums up to date and remove what is past its
time. A relay does all this by itself; it must not run on the same folder.

  --data DIR   where the archive is [./data]
  --json       the outcome as one JSON object
`;

/** `routescope archive compact`. @returns the exit code. */
export function archiveCompact(argv: string[]): Promise<number> {
  return onArchive('compact', HELP, argv, async ({ dir, isJson }) => {
    const log = process.stderr.isTTY ? createLog((line) => process.stderr.write(line)) : SILENT;
    const failpoints = parseFailpoints(process.env['ROUTESCOPE_ARCHIVE_FAILPOINTS'] ?? '');
    const archive = await Archive.open({ dir, log, failpoints });
    try {
      const before = archive.status();
      if (!(await archive.convert())) throw archive.failure ?? new Error('the spool cannot be archived');
      const merged = await archive.compact(true);
      const days = await updateDaily(archive, true);
      const expired = await archive.tidy();
      const { files, bytes, rows } = archive.status();
      const report = {
        filesBefore: before.files,
        bytesBefore: before.bytes,
        files,
        bytes,
        rows,
        merged,
        days,
        expired,
      };
      process.stdout.write(
        isJson
          ? `${JSON.stringify(report)}\n`
          : `${merged} files made of others, ${days} days summed, ${expired} files expired: ` +
              `${before.files} files of ${before.bytes} bytes are now ${files} of ${bytes}\n`,
      );
      return EXIT.fine;
    } finally {
      await archive.close();
    }
  });
}
