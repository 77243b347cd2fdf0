import { RULES_VERSION } from '#core/detect/version.ts';
import { Recording } from '#core/replay/recording.ts';
import type { RpkiData } from '#core/rpki/data.ts';
import type { JsonObject } from '#core/wire/log.ts';
import type { ByteSource, ReadHooks, ReadResult } from '../lib/feed/replay-reader.ts';
import { readRecording } from '../lib/feed/replay-reader.ts';
import type { ReplayOpened, ReplayPhase, ReplayVersions } from './api-replay.ts';
import { claimsOf } from './replay-claims.ts';
import { manifestRpki } from './replay-rpki.ts';

/** A recording that was read, and what it says of itself. */
export interface OpenedRecording {
  readonly recording: Recording;
  readonly read: ReadResult;
  readonly rpki: RpkiData | null;
  /** Its table entries are a whole table: elem JSONL begins with what there was, as `routescope detect` takes it. */
  readonly hasFullTable: boolean;
  readonly opened: ReplayOpened;
}

const MAX_TITLE = 200;
const MAX_TEXT = 2000;
const MAX_PHASES = 200;

/** Versions of what is here beside the rules: of the project, and of the models it ships (null without). */
export type HereVersions = Pick<ReplayVersions, 'app' | 'model'>;

/** Read a source to its end. What is wrong with it is in the result; without one elem `opened` has nothing to show. */
export async function readSource(
  source: ByteSource,
  hooks: ReadHooks,
  { app, model }: HereVersions,
): Promise<OpenedRecording> {
  const recording = new Recording();
  const read = await readRecording(source, recording, hooks);
  const manifest = read.manifest ?? {};
  const opened: ReplayOpened = {
    ok: true,
    title: textOf(manifest['title'], MAX_TITLE) || source.name,
    description: textOf(manifest['description'], MAX_TEXT),
    startUs: recording.startUs,
    endUs: recording.endUs,
    elems: recording.elems,
    vantages: recording.vantages.length,
    sha256: read.sha256,
    phases: phasesOf(manifest),
    versions: { rules: RULES_VERSION, model, app },
    bundle: claimsOf(manifest, read.framesSha256, read.bad.size === 0),
  };
  const hasFullTable =
    (read.format === 'jsonl' || manifest['hasFullTable'] === true) && recording.tableEntries > 0;
  return { recording, read, rpki: manifestRpki(manifest), hasFullTable, opened };
}

function textOf(value: unknown, most: number): string {
  return typeof value === 'string' ? value.slice(0, most) : '';
}

/** The manifest's moments, in order of time; what is not one is left out. */
function phasesOf({ moments }: JsonObject): ReplayPhase[] {
  if (!Array.isArray(moments)) return [];
  const phases: ReplayPhase[] = [];
  for (const moment of moments.slice(0, MAX_PHASES) as unknown[]) {
    const { time, text } = (moment ?? {}) as { time?: unknown; text?: unknown };
    const timeMs = typeof time === 'string' ? Date.parse(time) : Number.NaN;
    if (!Number.isNaN(timeMs)) phases.push({ timeUs: timeMs * 1000, text: textOf(text, MAX_TITLE) });
  }
  return phases.sort((a, b) => a.timeUs - b.timeUs);
}
