import type { Incident, PathSample } from '#core/incident/incident.ts';

/** Unix microseconds as ISO 8601 with milliseconds, UTC. */
export function isoUs(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString();
}

/** The JSON form of an incident: docs/incident.schema.json. */
export function incidentJson(incident: Incident): Record<string, unknown> {
  const { evidence } = incident;
  return {
    id: incident.id,
    type: incident.type,
    artemis: incident.artemis,
    state: incident.state,
    severity: incident.severity,
    confidence: incident.confidence,
    tags: incident.tags,
    prefixes: incident.prefixes,
    victims: incident.victims,
    culprits: incident.culprits,
    vantages: incident.vantages,
    peerAsns: incident.peerAsns,
    firstSeen: isoUs(incident.firstSeenUs),
    alertedAt: isoUs(incident.alertedAtUs),
    lastSeen: isoUs(incident.lastSeenUs),
    endedAt: incident.endedAtUs === null ? null : isoUs(incident.endedAtUs),
    evidence: {
      summary: evidence.summary,
      detectors: evidence.detectors,
      prefixCount: incident.prefixCount,
      covering: evidence.covering,
      firstPath: sampleJson(evidence.firstPath),
      lastPath: sampleJson(evidence.lastPath),
      upstreams: evidence.upstreams,
      commonTail: evidence.commonTail,
      baseline: {
        ageS: evidence.baselineAgeS,
        peerAsns: evidence.baselinePeerAsns,
        isDump: evidence.baselineIsDump,
      },
      vrps: evidence.vrps,
      vrpSerial: evidence.vrpSerial,
      detail: evidence.detail,
    },
  };
}

function sampleJson(sample: PathSample | null): Record<string, unknown> | null {
  if (!sample) return null;
  const { timeUs, collector, peerAsn, prefix, path } = sample;
  return { time: isoUs(timeUs), collector, peerAsn, prefix, path };
}
