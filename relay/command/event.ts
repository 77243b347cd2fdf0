import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RoutingEvent } from '#core/event/event.ts';
import { archiveDir } from '../archive/service.ts';
import { readFromArchive } from '../event/archive-input.ts';
import type { EventBaseline } from '../event/baseline.ts';
import { readBaseline } from '../event/baseline.ts';
import type { BuiltRecording } from '../event/build.ts';
import { buildRecording } from '../event/build.ts';
import {
  findEvent,
  noteReplay,
  readCatalogue,
  replayFacts,
  REPLAYS,
  writeIndex,
} from '../event/catalogue.ts';
import { archiveInputs } from '../event/inputs.ts';
import { modelVersion } from '../event/model-version.ts';
import { readStateBaseline } from '../event/ripestat.ts';
import { readRpkiPart } from '../event/rpki-part.ts';
import type { EventWindow } from '../event/window.ts';
import { readFiles, readWindow } from '../event/window.ts';
import { projectVersion } from '../version.ts';
import { EXIT } from './exit.ts';

const DEFAULT_BUDGET_BYTES = 4_000_000;

const HELP = `routescope event list [--json]
routescope event build --id ID (--from-dir DIR | --from-archive DATA | FILE...) [OPTIONS]
routescope event index

list    the catalogue of historical events, and which of them have a recording
build   make the recording of an event and write it as a frame log (docs/events.md)
index   make static/events/index.json anew from the events' files

  --id ID             which event of the catalogue
  --from-dir DIR      archive files under their archive names (updates.*, bview.*, rib.*), in folders of their
                      collectors or not; those before the event become its baseline
  --from-archive DATA the archive in a relay's data folder; its 24 hours before the event become the baseline
  FILE...             or any files "decode" reads, one after the other
  --state FILE        RIPEstat bgp-state of a moment inside the window: routes that did not change since it began are
                      its baseline; may be repeated
  --table FILE        elem JSONL whose table entries of before the window go into the baseline; may be repeated
  --vrps FILE         a validator's JSON of the event's time, Routinator's or rpki-client's
  --out FILE          default: static/replays/ID.rsl, and the catalogue takes note of it
  --budget BYTES      most bytes the recording may have [${DEFAULT_BUDGET_BYTES}]
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
    if (action === 'index') return await index();
    throw new UsageError(action === undefined ? 'list, build or index?' : `no action "${action}"`);
  } catch (error) {
    const isUsage = error instanceof UsageError || (error instanceof TypeError && 'code' in error);
    process.stderr.write(`routescope event: ${error instanceof Error ? error.message : String(error)}\n`);
    return isUsage ? EXIT.usage : EXIT.failed;
  }
}

async function list(argv: string[]): Promise<number> {
  const { values } = parseArgs({ args: argv, options: { json: { type: 'boolean', default: false } } });
  const events = (await readCatalogue()).sort((a, b) => (a.from < b.from ? -1 : 1));
  for (const one of events) process.stdout.write(values.json ? `${JSON.stringify(one)}\n` : summary(one));
  const recorded = events.filter(({ replay }) => replay !== null).length;
  process.stderr.write(`${events.length} events, ${recorded} with a recording, the others to be imported\n`);
  return EXIT.fine;
}

function summary({ id, title, type, from, to, collectors, replay }: RoutingEvent): string {
  const kept = replay
    ? `recording: ${replay.elems} elems, ${replay.bytes} bytes`
    : `to import: routescope archive import --event ${id} (${collectors.join(', ')})`;
  return `${id}\n  ${title} [${type}]\n  ${from} to ${to}; ${kept}\n`;
}

async function index(): Promise<number> {
  await writeIndex();
  return EXIT.fine;
}

async function build(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      id: { type: 'string' },
      'from-dir': { type: 'string' },
      'from-archive': { type: 'string' },
      state: { type: 'string', multiple: true, default: [] },
      table: { type: 'string', multiple: true, default: [] },
      vrps: { type: 'string' },
      out: { type: 'string' },
      budget: { type: 'string', default: String(DEFAULT_BUDGET_BYTES) },
    },
  });
  const { id, out, vrps, 'from-dir': folder, 'from-archive': data } = values;
  if (id === undefined) throw new UsageError('--id is missing');
  const found = await findEvent(id);
  if (!found) throw new UsageError(`--id ${id}: no such event; see routescope event list`);
  if ([folder !== undefined, data !== undefined, positionals.length > 0].filter(Boolean).length !== 1)
    throw new UsageError('one of --from-dir, --from-archive and FILE...');
  const budgetBytes = Number(values.budget);
  if (!Number.isSafeInteger(budgetBytes) || budgetBytes < 1)
    throw new UsageError(`--budget ${values.budget}: bytes`);
  const { window, baseline } =
    data === undefined
      ? await readInputs(found, folder, positionals, values)
      : await readFromArchive(found, archiveDir(data));
  const rpki = vrps === undefined ? null : await readRpkiPart(vrps, window);
  const parts = {
    event: found,
    window,
    baseline,
    rpki,
    model: await modelVersion(),
    version: projectVersion(),
  };
  const built = buildRecording(parts, budgetBytes);
  await keep(found, built, out ?? null);
  return EXIT.fine;
}

async function readInputs(
  found: RoutingEvent,
  folder: string | undefined,
  files: readonly string[],
  { state, table }: { readonly state: readonly string[]; readonly table: readonly string[] },
): Promise<{ readonly window: EventWindow; readonly baseline: EventBaseline | null }> {
  const inputs = folder === undefined ? [] : await archiveInputs(found, folder);
  const window = folder === undefined ? await readFiles(found, files) : await readWindow(found, inputs);
  const baseline =
    state.length > 0 ? await readStateBaseline(window, state) : await readBaseline(window, inputs, table);
  return { window, baseline };
}

/** Write the recording; at its bundled place the catalogue takes note of it. */
async function keep(found: RoutingEvent, built: BuiltRecording, out: string | null): Promise<void> {
  const { manifest, bytes } = built;
  const path = out ?? join(REPLAYS, `${found.id}.rsl`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.tmp`, bytes);
  await rename(`${path}.tmp`, path);
  if (out === null)
    await noteReplay(found, replayFacts(found.id, await readFile(path), manifest.counts.elems));
  const { counts, selection } = manifest;
  process.stderr.write(
    `${path}: ${bytes.length} bytes, ${counts.elems} elems (${counts.tableEntries} of them table entries), ` +
      `${counts.vantages} vantages, ${selection.left.length} left out, frames of ${selection.frameElems} elems\n`,
  );
}
