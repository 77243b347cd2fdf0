import { expect, test } from 'vitest';
import type { AsReport, IncidentRow, OriginReport, PrefixReport } from '../../../workers/api.ts';
import { incidentFixture, NO_RPKI } from '../incident/report.fixture.ts';
import { asVerdict, prefixVerdict } from './verdict.ts';

const origin = (asn: number, over: Partial<OriginReport> = {}): OriginReport => ({
  asn,
  vantages: 40,
  peerAsns: 30,
  rov: { state: 'valid', reason: null },
  sinceS: null,
  ...over,
});

const prefix = (over: Partial<PrefixReport> = {}): PrefixReport => ({
  ok: true,
  prefix: '198.51.100.0/24',
  isSeen: true,
  dataTimeUs: 1e15,
  vantages: 40,
  ofVantages: 45,
  peerAsns: 30,
  ofPeerAsns: 36,
  origins: [origin(64500)],
  paths: [],
  pathCount: 0,
  vrps: null,
  covering: [],
  covered: [],
  coveredCount: 0,
  incidents: [],
  rpki: { ...NO_RPKI, state: 'ready' },
  ...over,
});

const incident: IncidentRow = {
  ...incidentFixture(),
  peerAsns: 2,
  summary: '',
  isLowVisibility: false,
  isEarlier: false,
  mark: null,
};

test.each<[string, PrefixReport, string, string]>([
  ['all is well', prefix(), '✓', 'Originated by AS64500, seen by 40 of 45 vantages, RPKI valid.'],
  [
    'two origins, one of them invalid',
    prefix({ origins: [origin(64500), origin(64496, { rov: { state: 'invalid', reason: 'as' } })] }),
    '◆',
    'Originated by 2 ASes (AS64500, AS64496), seen by 40 of 45 vantages, RPKI valid and invalid.',
  ],
  [
    'an incident that goes on',
    prefix({ incidents: [incident], rpki: NO_RPKI }),
    '▲',
    'Originated by AS64500, seen by 40 of 45 vantages, not judged by RPKI (no validator). Ongoing: sub-prefix hijack.',
  ],
  [
    'an incident that is over, or was weak, is no verdict',
    prefix({
      incidents: [
        { ...incident, state: 'resolved' },
        { ...incident, level: 'low' },
        { ...incident, isEarlier: true },
      ],
    }),
    '✓',
    'Originated by AS64500, seen by 40 of 45 vantages, RPKI valid.',
  ],
  [
    'not seen, but covered',
    prefix({
      isSeen: false,
      origins: [],
      covering: [{ prefix: '198.51.96.0/20', origins: [64500], vantages: 40 }],
    }),
    '○',
    'No vantage has a route for it now. It is covered by 198.51.96.0/20 of AS64500.',
  ],
])('a prefix: %s', (_name, report, glyph, sentence) => {
  const verdict = prefixVerdict(report);
  expect([verdict.sign.glyph, verdict.sentence]).toEqual([glyph, sentence]);
});

test('an AS: what it originates, through whom, and what is invalid', () => {
  const report: AsReport = {
    ok: true,
    asn: 64500,
    isSeen: true,
    dataTimeUs: 1e15,
    prefixes: [
      {
        prefix: '198.51.100.0/24',
        origins: [64500],
        vantages: 40,
        rov: { state: 'invalid', reason: 'length' },
      },
    ],
    prefixCount: 3,
    upstreams: [],
    upstreamCount: 2,
    downstreams: [],
    downstreamCount: 1,
    vantages: 40,
    ofVantages: 45,
    attestedProviders: null,
    attestedBy: null,
    incidents: [],
    rpki: NO_RPKI,
  };
  expect(asVerdict(report)).toMatchObject({
    sign: { glyph: '◆' },
    sentence:
      'Originates 3 prefixes, seen by up to 40 of 45 vantages, heard through 2 networks, carries routes of 1 network. 1 prefix is RPKI-invalid.',
  });
  expect(asVerdict({ ...report, isSeen: false }).sentence).toBe('Not on any path now.');
});
