/**
 * Detection on labelled real incidents: `npx tsx bench/hijacks.bench.ts [--near]`.
 *
 * Every file of the set is replayed alone: its R records are the baseline, its A and W records the stream. What must come
 * out is the hijacked prefix with the culprit, the kind of incident, and an alert within 60 s of event time after the
 * second distinct peer ASN showed it. Input: hijacks/ of the data folder (ROUTESCOPE_DATA).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Incident } from '#core/incident/incident.ts';
import type { ElemBatch } from '#core/elem/batch.ts';
import { KIND } from '#core/elem/batch.ts';
import { elemRow } from '#core/elem/row.ts';
import { DetectSession, selectElems, tableEntries } from '../relay/detect/session.ts';
import { openElemFile } from '../relay/source/file.ts';

interface Label {
  readonly event: string;
  readonly category: string;
  readonly detail: string;
  readonly victim: number;
  readonly culprits: readonly number[];
  readonly prefix: string;
}

const DATA = process.env['ROUTESCOPE_DATA'] ?? new URL('../../shared/data', import.meta.url).pathname;

function labels(): Label[] {
  const [head, ...lines] = readFileSync(join(DATA, 'hijacks/labels.tsv'), 'utf8').trimEnd().split('\n');
  const names = head!.split('\t');
  return lines.map((line) => {
    const cells = line.split('\t');
    const cell = (name: string): string => cells[names.indexOf(name)] ?? '';
    return {
      event: cell('event'),
      category: cell('category'),
      detail: cell('detail'),
      victim: Number(cell('victim_as')),
      culprits: cell('hijack_as').split('+').map(Number),
      prefix: cell('hijack_prefix'),
    };
  });
}

async function batchesOf(path: string): Promise<ElemBatch[]> {
  const batches: ElemBatch[] = [];
  for await (const batch of openElemFile(path).batches) batches.push(batch);
  return batches;
}

/** Event time of the second distinct peer ASN that showed the hijack, Unix microseconds. */
function secondPeerUs(batches: readonly ElemBatch[], label: Label): number {
  const peers = new Set<string>();
  for (const batch of batches) {
    for (let i = 0; i < batch.length; i++) {
      if (batch.kind[i] !== KIND.announce) continue;
      const row = elemRow(batch, i);
      const path = row.path!.split(' ');
      if (row.prefix !== label.prefix || !label.culprits.some((asn) => path.includes(String(asn)))) continue;
      if (label.category === 'typo' && label.detail === 'moas' && path.at(-1) !== String(label.culprits[0]))
        continue;
      peers.add(path[0]!);
      if (peers.size === 2) return row.timeUs;
    }
  }
  return NaN;
}

/** Whether the incident's type is the label's kind. Exact or more-specific is read off the data, not the label. */
function isRightType(incident: Incident, label: Label, wasAnnounced: boolean): boolean {
  switch (label.category) {
    case 'prepend':
      return incident.type === 'fat-finger-prepend';
    case 'forged_as_path':
      return incident.type === 'forged-path' || incident.type === 'forged-origin';
    case 'typo':
      if (label.detail === 'moas') return incident.type === 'fat-finger-asn';
      // A mistyped prefix is told from a hijack only by the culprit's other prefixes, which these files do not have.
      return ['fat-finger-prefix', 'origin-hijack', 'subprefix-hijack', 'squatting'].includes(incident.type);
    default:
      return incident.type === (wasAnnounced ? 'origin-hijack' : 'subprefix-hijack');
  }
}

async function replay(
  label: Label,
): Promise<{ incidents: Incident[]; secondUs: number; wasAnnounced: boolean }> {
  const batches = await batchesOf(join(DATA, 'hijacks/events', `${label.event}.jsonl.gz`));
  // R records are all the table held of these prefixes: what is not in them was not announced.
  const session = new DetectSession({ knowledge: { hasFullTable: true }, ribBudgetBytes: 64 * 1024 * 1024 });
  let wasAnnounced = false;
  for (const batch of batches) {
    const table = tableEntries(batch);
    if (!table) continue;
    session.learn(table);
    for (let i = 0; i < table.length; i++) wasAnnounced ||= elemRow(table, i).prefix === label.prefix;
  }
  for (const batch of batches) {
    const stream = selectElems(batch, (i) => batch.kind[i] !== KIND.rib);
    if (stream) session.step(stream);
  }
  const byId = new Map<string, Incident>();
  for (const { incident } of session.engine.transitions()) byId.set(incident.id, incident);
  for (const incident of session.engine.incidents()) byId.set(incident.id, incident);
  if (process.argv.includes('--near')) console.log(session.engine.nearMisses().list.slice(0, 5));
  return { incidents: [...byId.values()], secondUs: secondPeerUs(batches, label), wasAnnounced };
}

const all = labels();
if (readdirSync(join(DATA, 'hijacks/events')).length !== all.length)
  throw new Error('labels and event files differ');
let found = 0;
let typed = 0;
let inTime = 0;
const rows: string[][] = [
  ['event', 'kind', 'incident', 'confidence', 'peers', 'delay s', 'culprit', 'type', 'incidents'],
];
for (const label of all) {
  const { incidents, secondUs, wasAnnounced } = await replay(label);
  const hits = incidents.filter(
    (incident) =>
      incident.prefixes.includes(label.prefix) &&
      label.culprits.some((asn) => incident.culprits.includes(asn)),
  );
  const hit = hits.find((incident) => isRightType(incident, label, wasAnnounced)) ?? hits[0];
  const isTyped = hit !== undefined && isRightType(hit, label, wasAnnounced);
  const delayS = hit ? (hit.alertedAtUs - secondUs) / 1e6 : NaN;
  if (hit) found++;
  if (isTyped) typed++;
  if (delayS <= 60) inTime++;
  rows.push([
    label.event,
    `${label.category} ${label.detail}`,
    hit ? `${hit.type} AS${hit.culprits.join('+')}` : '-',
    hit ? `${hit.confidence} ${hit.level}` : '-',
    hit ? String(hit.peerAsns.length) : '-',
    hit ? delayS.toFixed(0) : '-',
    hit ? 'yes' : 'NO',
    isTyped ? 'yes' : 'NO',
    incidents
      .map((i) => `${i.type}:${i.culprits.join('+')}>${i.victims.join('+')}:${i.confidence}`)
      .join(' '),
  ]);
  if (process.argv.includes('--tags') && hit)
    console.log(label.event, hit.tags.map((t) => `${t.name} ${t.score}`).join(', '));
}
const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
for (const row of rows)
  console.log(
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
console.log(
  `prefix and culprit ${found}/${all.length}, type ${typed}/${all.length}, within 60 s of the second peer ASN ${inTime}/${all.length}`,
);
if (found < 31 || typed < 28) throw new Error('below the bar: prefix and culprit 31, type 28');
