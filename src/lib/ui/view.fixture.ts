import type { ElemFilter } from '#core/elem/filter.ts';
import type { IncidentSummary, LiveView, RecentRow, RpkiSummary } from '../../workers/api.ts';
import { feedFixture, workerFixture } from './health.fixture.ts';

const NO_INCIDENTS: IncidentSummary = {
  version: 0,
  countByState: { ongoing: 0, dormant: 0, withdrawn: 0, resolved: 0 },
  countByLevel: { low: 0, medium: 0, high: 0 },
  lowVisibility: 0,
  nearMisses: 0,
  active: [],
  dropped: 0,
  warmS: 0,
  isWarm: false,
  samplesLeftOut: 0,
  silentDetectors: [],
};

const NO_RPKI: RpkiSummary = {
  state: 'none',
  reason: '',
  vrps: 0,
  aspas: 0,
  serial: 0,
  generatedUs: null,
  announced: { valid: 0, invalid: 0, 'not-found': 0, unknown: 0 },
  windowS: 300,
};

/** Test material: a snapshot after `elems` elems, the newest `shown` of them listed. Ids start at 1. */
export function viewFixture(elems: number, shown: number, filter: ElemFilter | null = null): LiveView {
  return {
    dataTimeUs: elems * 1e6,
    feed: feedFixture(),
    filter,
    rate: {
      stepS: 1,
      timeS: new Float64Array(0),
      announce: new Float64Array(0),
      withdraw: new Float64Array(0),
    },
    totals: {
      sinceUs: 1e6,
      messages: elems,
      elems,
      announcements: elems,
      withdrawals: 0,
      stateChanges: 0,
      newRoutes: elems,
      changedRoutes: 0,
      duplicates: 0,
      prefixes: 1,
      origins: 1,
      prefixesEstimated: false,
      originsEstimated: false,
      collectors: 1,
      vantages: 1,
      vantagesUp: 1,
    },
    topWindowS: 300,
    topPrefixes: [],
    topOrigins: [],
    collectors: [],
    vantages: [],
    recent: rowsFixture(elems, shown),
    incidents: NO_INCIDENTS,
    rpki: NO_RPKI,
    store: { state: 'ready', reason: '', incidents: 0, droppedIncidents: 0, failedWrites: 0, damaged: 0 },
    worker: workerFixture(),
  };
}

/** Rows with ids `newestId`, `newestId - 1`, …: at most `count`, none below 1. */
export function rowsFixture(newestId: number, count: number): RecentRow[] {
  return Array.from({ length: Math.max(0, Math.min(count, newestId)) }, (_, i) => ({
    id: newestId - i,
    kind: 'announce',
    timeUs: (newestId - i) * 1e6,
    collector: 'rrc00',
    peerAddress: '192.0.2.1',
    peerAsn: 64500,
    table: 'ipv4',
    prefix: '198.51.100.0/24',
    path: '64500 64501',
  }));
}
