import type { Context } from '../detect/detector.ts';
import { formatAsn } from '../elem/asn.ts';
import type { Case } from './case.ts';
import { peerCount, prefixCount } from './case.ts';
import { hashId } from './id.ts';
import type { Evidence, Incident } from './incident.ts';
import { artemisOf, levelOf } from './incident.ts';
import { severityOf } from './score.ts';

/** The incident a case is, as a copy. */
export function snapshotOf(found: Case, context: Context): Incident {
  const sightings = [...found.sightings.values()];
  const vantages = new Set<number>();
  for (const sighting of sightings) for (const vantage of sighting.holders.keys()) vantages.add(vantage);
  const isSubPrefix = sightings.length > 0 && sightings[0]!.cover !== -1;
  return {
    id: hashId(`${found.key}|${found.firstUs}`),
    type: found.type,
    artemis: listedAs(found) ?? artemisOf(found.type, isSubPrefix),
    state: found.state,
    severity: severityOf(found, context),
    confidence: found.confidence,
    level: levelOf(found.confidence),
    tags: found.tags,
    prefixes: sightings.map((sighting) => sighting.text),
    prefixCount: prefixCount(found),
    victims: found.victim === 0 ? [] : [found.victim],
    culprits: found.culprits,
    vantages: vantages.size,
    peerAsns: [...found.peerAsns].sort((a, b) => a - b),
    firstSeenUs: found.firstUs,
    alertedAtUs: found.alertedAtUs ?? found.lastUs,
    lastSeenUs: found.lastUs,
    endedAtUs: found.endedAtUs,
    evidence: evidenceOf(found, context),
  };
}

/** The verdict of a watch list: it judges what no detector can. */
function listedAs({ detail }: Case): string | null {
  return typeof detail['artemis'] === 'string' ? detail['artemis'] : null;
}

function evidenceOf(found: Case, context: Context): Evidence {
  const { main } = found;
  const first = [...found.sightings.values()].find((sighting) => sighting.first !== null);
  const { rov } = context.knowledge;
  const tail = main?.tail ?? [];
  return {
    summary: summaryOf(found),
    detectors: [...found.types],
    firstPath: first?.first ?? null,
    lastPath: main?.last ?? null,
    covering: main && main.cover !== -1 ? context.facts.prefixes.text(main.cover) : null,
    upstreams: upstreamsOf(found),
    commonTail: tail,
    baselineAgeS: found.baseline.ageS,
    baselinePeerAsns: found.baseline.peerAsns,
    baselineIsDump: found.baseline.isDump,
    vrps: rov && main ? rov(main.text, found.culprit).vrps : [],
    vrpSerial: context.knowledge.vrpSerial ?? null,
    detail: { ...found.detail },
  };
}

function upstreamsOf(found: Case): number[] {
  const upstreams = new Set<number>();
  for (const { first, last } of found.sightings.values()) {
    for (const sample of [first, last]) {
      const at = sample ? sample.path.lastIndexOf(found.culprit) : -1;
      if (at > 0) upstreams.add(sample!.path[at - 1]!);
    }
  }
  return [...upstreams].sort((a, b) => a - b).slice(0, 16);
}

/** One sentence: who did what to whom, seen by how many. */
function summaryOf(found: Case): string {
  const first = found.sightings.values().next().value?.text ?? '';
  const count = prefixCount(found);
  const what = count > 1 ? `${first} and ${count - 1} more` : first;
  const who = found.culprits.map(formatAsn).join(', ');
  const victim = found.victim === 0 ? '' : formatAsn(found.victim);
  const whose = victim === '' ? '' : ` of ${victim}`;
  const peers = peerCount(found);
  const seen = peers === 0 ? '' : ` (${peers} peer ASNs)`;
  switch (found.type) {
    case 'forged-path':
    case 'forged-origin':
      return `${who} on a path to ${what}${whose} that was never seen${seen}`;
    case 'route-leak':
      return `${who} passes on ${what} between networks it should not${seen}`;
    case 'fat-finger-prepend':
      return `${what}${whose} with ${who} on the path: a prepend count typed as an AS number${seen}`;
    case 'unexpected-subprefix':
      return `${what}${whose} is more specific than what the watch list has${seen}`;
    case 'unexpected-origination':
    case 'new-neighbor':
    case 'path-rule':
    case 'roa-change':
      return `${String(found.detail['finding'] ?? found.type)}${found.isCondition ? '' : seen}`;
    default:
      return `${found.type}${who === '' ? '' : ` by ${who}`}: ${what === '' ? victim : what + whose}${seen}`;
  }
}
