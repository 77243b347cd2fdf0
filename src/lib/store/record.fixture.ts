import type { IncidentRecord } from './record.ts';

/** Test material: an incident that is over. */
export function record(id: string, confidence = 5): IncidentRecord {
  return {
    incident: {
      id,
      type: 'origin-hijack',
      artemis: 'E|0|-|-',
      state: 'resolved',
      severity: 'warning',
      confidence,
      level: 'medium',
      tags: [{ name: 'new-origin', score: confidence }],
      prefixes: ['192.0.2.0/24'],
      prefixCount: 1,
      victims: [64_496],
      culprits: [64_511],
      vantages: 3,
      peerAsns: [1, 2, 3],
      firstSeenUs: 1e15,
      alertedAtUs: 1e15 + 1e6,
      lastSeenUs: 1e15 + 2e6,
      endedAtUs: 1e15 + 3e6,
      evidence: {
        summary: `incident ${id}`,
        detectors: ['origin-hijack'],
        firstPath: null,
        lastPath: null,
        covering: null,
        upstreams: [],
        commonTail: [],
        baselineAgeS: null,
        baselinePeerAsns: 2,
        baselineIsDump: true,
        vrps: [],
        vrpSerial: null,
        detail: {},
      },
    },
    timeline: [],
    timelineDropped: 0,
    samples: [],
  };
}
