import { aspaKnowledge, rovKnowledge } from '#core/detect/rpki-knowledge.ts';
import type { Knowledge } from '#core/detect/knowledge.ts';
import { KIND } from '#core/elem/batch.ts';
import { Watcher } from '#core/watch/watcher.ts';
import { readRpkiFile } from '../rpki/document.ts';
import { openElemFile } from '../source/file.ts';
import { readWatchFile } from '../watch/watch-file.ts';
import { loadAsCountry, loadAsOrg, loadAsRel } from './as-files.ts';
import { isRisWhois, learnRisWhois } from './riswhois.ts';
import type { DetectSession } from './session.ts';
import { readTextFile } from './text-file.ts';

/** Knowledge that is still being gathered. */
export type GrowingKnowledge = { -readonly [K in keyof Knowledge]: Knowledge[K] };

/** Files that tell what the detectors cannot see. */
export interface KnowledgeFiles {
  readonly baseline: readonly string[];
  readonly vrps: string | undefined;
  readonly asOrg: string | undefined;
  readonly asCountry: string | undefined;
  readonly asRel: string | undefined;
  readonly watch?: string | undefined;
}

/**
 * Read what was given; `note` gets a line per file on what was in it.
 * @throws {BgpError} FILE_UNREADABLE, FILE_DAMAGED, FILE_UNKNOWN_FORMAT, WATCH_BAD, RPKI_*; {UpstreamError} for the VRP file
 */
export async function loadKnowledge(
  files: KnowledgeFiles,
  note: (line: string) => void,
): Promise<GrowingKnowledge> {
  const knowledge: GrowingKnowledge = {};
  if (files.asOrg !== undefined) {
    const { lookup, entries, badLines } = await loadAsOrg(files.asOrg);
    knowledge.orgOf = lookup.orgOf;
    knowledge.countryOf = lookup.countryOf;
    note(`${files.asOrg}: ${entries} ASes with an organisation, ${badLines} lines not understood`);
  }
  if (files.asCountry !== undefined) {
    const { lookup, entries, badLines } = await loadAsCountry(files.asCountry);
    const ofOrg = knowledge.countryOf;
    // An organisation's own record is of the time of the file; the derived table fills the holes.
    knowledge.countryOf = (asn) => ofOrg?.(asn) ?? lookup(asn);
    note(`${files.asCountry}: ${entries} ASes with a country, ${badLines} lines not understood`);
  }
  if (files.asRel !== undefined) {
    const { lookup, entries, badLines } = await loadAsRel(files.asRel);
    knowledge.relation = lookup;
    note(`${files.asRel}: ${entries} relationships, ${badLines} lines not understood`);
  }
  if (files.vrps !== undefined) Object.assign(knowledge, await loadRpki(files.vrps, note));
  if (files.watch !== undefined) knowledge.watch = await loadWatch(files.watch, knowledge.rov, note);
  if (await hasTable(files.baseline)) knowledge.hasFullTable = true;
  return knowledge;
}

async function loadRpki(path: string, note: (line: string) => void): Promise<Knowledge> {
  const reader = await readRpkiFile(path);
  const { vrps, aspas } = reader.endSnapshot();
  const { generatedS, badRows } = reader.facts();
  const serial = generatedS === null ? path : new Date(generatedS * 1000).toISOString();
  note(`${path}: VRPs of ${serial}, ${badRows} rows not understood`);
  return { ...rovKnowledge(vrps, serial), ...(aspas.customers.length > 0 ? aspaKnowledge(aspas) : {}) };
}

async function loadWatch(
  path: string,
  rov: Knowledge['rov'],
  note: (line: string) => void,
): Promise<Watcher> {
  const list = await readWatchFile(path);
  const prefixes = list.rules.reduce((sum, rule) => sum + rule.prefixes.length, 0);
  note(`${path}: ${list.format} watch list, ${prefixes} prefixes and ${list.ases.length} ASes`);
  for (const warning of list.warnings) note(`${path}: ${warning}`);
  return new Watcher(list, rov ? { rov } : {});
}

/** Whether some baseline is a table (a dump's entries, or RISwhois) and not merely older updates. */
async function hasTable(paths: readonly string[]): Promise<boolean> {
  for (const path of paths) {
    if (await risWhoisText(path)) return true;
    const file = openElemFile(path);
    for await (const batch of file.batches) {
      if (file.stats.format === 'jsonl' || batch.kind.includes(KIND.rib)) return true;
      break;
    }
  }
  return false;
}

/** Only names that say so are read whole to see: other files may be large. */
async function risWhoisText(path: string): Promise<string | null> {
  if (!/riswhois/i.test(path)) return null;
  const text = await readTextFile(path);
  return isRisWhois(text) ? text : null;
}

/** Take a baseline file in. Of files with table entries only those count; of others everything. @throws {BgpError} FILE_*, MRT_* */
export async function loadBaseline(path: string, session: DetectSession): Promise<void> {
  const text = await risWhoisText(path);
  if (text !== null) {
    learnRisWhois(text, session.engine.facts);
    return;
  }
  const file = openElemFile(path, { batchElems: 4000 });
  for await (const batch of file.batches) {
    if (file.stats.format === 'jsonl') session.learnTable(batch);
    else session.learn(batch);
  }
}
