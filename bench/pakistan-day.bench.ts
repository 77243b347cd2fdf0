/**
 * A whole background day with a known hijack in it: `npx tsx bench/pakistan-day.bench.ts [--all]`.
 *
 * RouteViews route-views2: 23 February 2008 is the baseline (updates only, there is no table dump), 24 February the stream.
 * AS organisations of April 2008, countries as derived in 2026. Checks its own answer: the YouTube incident opens within
 * 60 s of 18:47:57Z, closes after 21:01:21Z, is among the first three by confidence, and YouTube is nobody's hijacker.
 * Lists every High incident, counts the Medium ones, prints elems per CPU-second of decoding, state and detectors together
 * (decompression is not in it: files are unpacked by bzip2 first). Input: mrt/youtube-pakistan-20080224 and asmeta of the
 * data folder (ROUTESCOPE_DATA).
 */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { formatAsn } from '#core/elem/asn.ts';
import type { ElemBatch } from '#core/elem/batch.ts';
import { MrtDecoder } from '#core/mrt/decoder.ts';
import type { Incident } from '#core/incident/incident.ts';
import { incidentTable } from '../relay/detect/incident-table.ts';
import { loadKnowledge } from '../relay/detect/inputs.ts';
import { DetectSession } from '../relay/detect/session.ts';

const DATA = process.env['ROUTESCOPE_DATA'] ?? new URL('../../shared/data', import.meta.url).pathname;
const FOLDER = join(DATA, 'mrt/youtube-pakistan-20080224');
const OPENED_US = Date.parse('2008-02-24T18:47:57Z') * 1000;
const OVER_US = Date.parse('2008-02-24T21:01:21Z') * 1000;

const knowledge = await loadKnowledge(
  {
    baseline: [],
    vrps: undefined,
    asOrg: join(FOLDER, '20080402.as-org2info.jsonl.gz'),
    asCountry: join(DATA, 'asmeta/as-country-derived-20260617.tsv.gz'),
    asRel: undefined,
  },
  () => undefined,
);
const session = new DetectSession({ knowledge });
const last = new Map<string, Incident>();
let elems = 0;
let cpuUs = 0;

for (const name of readdirSync(FOLDER)
  .filter((file) => file.endsWith('.bz2'))
  .sort()) {
  const bytes = execFileSync('bzip2', ['-dc', join(FOLDER, name)], { maxBuffer: 1 << 30 });
  const isBaseline = name.includes('.20080223.');
  const started = process.cpuUsage();
  const step = (batch: ElemBatch): void => {
    elems += batch.length;
    if (isBaseline) session.learn(batch);
    else session.step(batch);
  };
  const decoder = new MrtDecoder({ collector: 'route-views2' }, step);
  decoder.push(bytes);
  decoder.end();
  for (const { incident } of session.engine.transitions()) last.set(incident.id, incident);
  const used = process.cpuUsage(started);
  cpuUs += used.user + used.system;
}
for (const incident of session.engine.incidents()) last.set(incident.id, incident);

const all = [...last.values()].sort((a, b) => b.confidence - a.confidence || a.firstSeenUs - b.firstSeenUs);
const high = all.filter((incident) => incident.level === 'high');
for (const line of incidentTable(high)) console.log(line);
for (const incident of high) {
  const { evidence } = incident;
  const names = [...incident.culprits, ...incident.victims].map(
    (asn) => `${formatAsn(asn)} ${knowledge.orgOf?.(asn) ?? '?'} ${knowledge.countryOf?.(asn) ?? '?'}`,
  );
  console.log(`\n${evidence.summary}\n  ${names.join('; ')}`);
  console.log(
    `  ${incident.tags.map(({ name, score }) => `${name} ${score > 0 ? '+' : ''}${score}`).join(', ')}`,
  );
  console.log(
    `  first path ${evidence.firstPath?.path.join(' ') ?? '-'}; covering ${evidence.covering ?? '-'}`,
  );
}
if (process.argv.includes('--all'))
  for (const line of incidentTable(all.filter((i) => i.level === 'medium'))) console.log(line);

const counts = new Map<string, number>();
for (const { type, level } of all) counts.set(`${level} ${type}`, (counts.get(`${level} ${type}`) ?? 0) + 1);
console.log(
  `\n${all.length} incidents: ${[...counts]
    .sort()
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ')}`,
);
const stats = session.engine.stats();
console.log(
  `near-misses ${stats.nearMisses}: ${[...session.engine.nearMisses().countByReason].map(([reason, count]) => `${count} ${reason}`).join(', ')}`,
);
console.log(
  `${elems} elems in ${(cpuUs / 1e6).toFixed(1)} CPU-s: ${Math.round(elems / (cpuUs / 1e6))} elems per CPU-second (decode, state, all detectors)`,
);
console.log(
  `state ${(session.rib.bytes / 1e6).toFixed(0)} MB, facts ${(stats.bytes / 1e6).toFixed(0)} MB, refused ${stats.refused}, dropped ${stats.dropped}`,
);

const isHit = (i: Incident): boolean => i.culprits.includes(17557) && i.prefixes.includes('208.65.153.0/24');
const hit = all.find(isHit);
if (!hit) throw new Error('the incident was not found');
const rank = all.findIndex((incident) => incident.confidence === hit.confidence) + 1;
const delayS = (hit.alertedAtUs - OPENED_US) / 1e6;
console.log(
  `AS17557 208.65.153.0/24: opened ${delayS.toFixed(0)} s after 18:47:57Z, ended ${new Date((hit.endedAtUs ?? 0) / 1000).toISOString()} (${hit.state}), rank ${rank}`,
);
if (delayS > 60 || (hit.endedAtUs ?? 0) < OVER_US || rank > 3)
  throw new Error('opened late, closed early or ranked low');
const blamed = all.filter((incident) => incident.culprits.includes(36561));
if (blamed.length > 0) throw new Error(`YouTube is blamed: ${blamed[0]!.evidence.summary}`);
