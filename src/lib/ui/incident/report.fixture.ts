import type { Incident, IncidentDetail, RpkiSummary, SampleRoute } from '../../../workers/api.ts';

/** Test material: an RPKI summary without data. */
export const NO_RPKI: RpkiSummary = {
  state: 'none',
  reason: '',
  vrps: 0,
  aspas: 0,
  serial: 0,
  generatedUs: null,
  announced: { valid: 0, invalid: 0, 'not-found': 0, unknown: 0 },
  windowS: 300,
};

export function sampleFixture(over: Partial<SampleRoute> = {}): SampleRoute {
  return {
    side: 'after',
    timeUs: 1_203_878_877_000_000,
    collector: 'route-views2',
    peerAddress: '192.0.2.1',
    peerAsn: 64510,
    prefix: '198.51.100.0/24',
    path: [64510, 64511, 64496],
    rov: { state: 'unknown', reason: 'no-data' },
    hops: null,
    ...over,
  };
}

/** Test material: a sub-prefix hijack that goes on. */
export function incidentFixture(over: Partial<Incident> = {}): Incident {
  return {
    id: '0123456789abcdef',
    type: 'subprefix-hijack',
    artemis: 'S|0|-|-',
    state: 'ongoing',
    severity: 'critical',
    confidence: 5,
    level: 'medium',
    tags: [
      { name: 'more-specific', score: 3 },
      { name: 'unrelated', score: 2 },
    ],
    prefixes: ['198.51.100.0/24'],
    prefixCount: 1,
    victims: [64500],
    culprits: [64496],
    vantages: 3,
    peerAsns: [64510, 64512],
    firstSeenUs: 1_203_878_877_000_000,
    alertedAtUs: 1_203_878_880_000_000,
    lastSeenUs: 1_203_878_937_000_000,
    endedAtUs: null,
    evidence: {
      summary: 'AS64496 has it',
      detectors: ['subprefix-hijack'],
      firstPath: null,
      lastPath: null,
      covering: '198.51.96.0/20',
      upstreams: [64511],
      commonTail: [64511, 64496],
      baselineAgeS: 5400,
      baselinePeerAsns: 4,
      baselineIsDump: false,
      vrps: [],
      vrpSerial: null,
      detail: {},
    },
    ...over,
  };
}

export function detailFixture(over: Partial<IncidentDetail> = {}): IncidentDetail {
  return {
    version: 1,
    incident: incidentFixture(),
    isLowVisibility: false,
    isEarlier: false,
    mark: null,
    timeline: [],
    timelineDropped: 0,
    samples: [sampleFixture()],
    rpki: NO_RPKI,
    ...over,
  };
}
