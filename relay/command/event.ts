import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BgpError } from '#core/error.ts';
import { readBaseline } from '../event/baseline.ts';
import { buildReplay } from '../event/build.ts';
import { EVENTS } from '../event/catalogue.ts';
import type { ReplayManifest } from '../event/manifest.ts';
import { readReplayManifest } from '../event/manifest.ts';
import { readWindow } from '../event/window.ts';
import { projectVersion } from '../version.ts';
import { EXIT } from './exit.ts';

/** Where the bundled replays are. */
export const REPLAYS = fileURLToPath(new URL('../../static/replays', import.meta.url));
const DEFAULT_BUDGET_BYTES = 2_000_000;

const HELP = `routescope event list [--json]
routescope event build --id ID --from-dir DIR [--out FILE] [--budget BYTES]

list   the bundled replays with what is in them
build  cut a replay out of archive files and write it as a frame log

  --id ID          which event: ${EVENTS.map(({ id }) => id).join(', ')}
  --from-dir DIR   where its archive files lie, under their archive names
  --out FILE       default: static/replays/ID.rsl
  --budget BYTES   most bytes the file may have (default ${DEFAULT_BUDGET_BYTES})
`;

class UsageError extends Error {}

/** `routescope event`. @returns the exit code. */
export async function event(argv: string[]): Promise<number> {
  const [action, ...rest] = argv;
  try {
    if (argv.includes('--help') || argv.includes('-h')) {
      process.stdout.write(HELP);
      return EXIT.fine;
    }
    if (action === 'list') return await list(rest);
    if (action === 'build') return await build(rest);
    throw new UsageError(action === undefined ? 'list or build?' : `no action "${action}"`);
  } catch (error) {
    const isUsage = error instanceof UsageError || (error instanceof TypeError && 'code' in error);
    process.stderr.write(`routescope event: ${error instanceof Error ? error.message : String(error)}\n`);
    return isUsage ? EXIT.usage : EXIT.failed;
  }
}

async function list(argv: string[]): Promise<number> {
  const { values } = parseArgs({ args: argv, options: { json: { type: 'boolean', default: false } } });
  let code: number = EXIT.fine;
  for (const name of (await readdir(REPLAYS)).filter((file) => file.endsWith('.rsl')).sort()) {
    try {
      const manifest = await readReplayManifest(join(REPLAYS, name));
      if (manifest) process.stdout.write(values.json ? `${JSON.stringify(manifest)}\n` : summary(manifest));
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      process.stderr.write(`${name}: ${error.message}\n`);
      code = EXIT.failed;
    }
  }
  return code;
}

function summary({ id, title, from, to, counts, source }: ReplayManifest): string {
  return (
    `${id}\n  ${title}\n  ${from} to ${to}, ${counts.elems} elems from ${counts.vantages} vantages\n` +
    `  ${source.name}; ${source.credit}\n`
  );
}

async function build(argv: string[]): Promise<number> {
  const { values } = parseArgs({
    args: argv,
    options: {
      id: { type: 'string' },
      'from-dir': { type: 'string' },
      out: { type: 'string' },
      budget: { type: 'string', default: String(DEFAULT_BUDGET_BYTES) },
    },
  });
  const { id, out, 'from-dir': folder } = values;
  const definition = EVENTS.find((known) => known.id === id);
  if (!definition) throw new UsageError(id === undefined ? '--id is missing' : `--id ${id}: no such event`);
  if (folder === undefined) throw new UsageError('--from-dir is missing');
  const budgetBytes = Number(values.budget);
  if (!Number.isSafeInteger(budgetBytes) || budgetBytes < 1)
    throw new UsageError(`--budget ${values.budget}: bytes`);

  const window = await readWindow(definition, folder);
  const baseline = await readBaseline(definition, window, folder);
  const { manifest, bytes } = buildReplay(definition, window, baseline, budgetBytes, projectVersion());
  const path = out ?? join(REPLAYS, `${definition.id}.rsl`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.tmp`, bytes);
  await rename(`${path}.tmp`, path);
  const { counts, selection } = manifest;
  process.stderr.write(
    `${path}: ${bytes.length} bytes, ${counts.elems - counts.tableEntries} of ${selection.elemsInWindow} elems, ` +
      `${counts.vantages} of ${selection.vantagesInWindow} vantages, frames of ${selection.frameElems} elems, ` +
      `after ${counts.tableEntries} routes of before\n`,
  );
  return EXIT.fine;
}
