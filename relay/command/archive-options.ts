import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BgpError } from '#core/error.ts';
import { archiveDir } from '../archive/service.ts';
import { EXIT } from './exit.ts';

/** What the commands on a whole archive take. */
export interface ArchiveCommand {
  /** The archive's folder. */
  readonly dir: string;
  readonly isJson: boolean;
}

/**
 * Run a command on an archive: `--data DIR`, `--json`, `--help`. Failures go to standard error with the exit code of their
 * kind.
 */
export async function onArchive(
  name: string,
  help: string,
  argv: string[],
  run: (command: ArchiveCommand) => Promise<number>,
): Promise<number> {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        data: { type: 'string', default: process.env['ROUTESCOPE_DATA_DIR'] ?? './data' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(help);
      return EXIT.fine;
    }
    return await run({ dir: archiveDir(resolve(values.data)), isJson: values.json });
  } catch (error) {
    const isUsage = error instanceof TypeError && 'code' in error;
    const text = error instanceof Error ? error.message : String(error);
    process.stderr.write(`routescope archive ${name}: ${text}\n`);
    if (!isUsage && !(error instanceof BgpError)) process.stderr.write(`${String((error as Error).stack)}\n`);
    return isUsage ? EXIT.usage : EXIT.failed;
  }
}
