import { expect, test } from 'vitest';
import type { IncidentDetail } from '../../../workers/api.ts';
import { bgpdumpLines, incidentJson } from './copies.ts';
import { lastingText } from './lasting.ts';
import { detailFixture, incidentFixture, NO_RPKI, sampleFixture } from './report.fixture.ts';
import { hopSign, rovSign } from './signs.ts';
import { unknownsOf } from './unknowns.ts';
import { whenWord } from './when-word.ts';
import { prefixesText, sentenceOf, TYPES } from './words.ts';

test.each(TYPES)('a %s is told in one sentence, named or not', (type) => {
  const full = sentenceOf({ ...incidentFixture({ type }), covering: '198.51.96.0/20' });
  const bare = sentenceOf({ type, prefixes: [], prefixCount: 0, victims: [], culprits: [] });
  for (const sentence of [full, bare]) {
    expect(sentence).toMatch(/^[A-Z0-9n].*[.]$/);
    expect(sentence).not.toMatch(/undefined|NaN|\s\s|\s[.,]/);
  }
});

test('a sub-prefix hijack names culprit, prefix, cover and victim', () => {
  expect(sentenceOf({ ...incidentFixture(), covering: '198.51.96.0/20' })).toBe(
    'AS64496 originates 198.51.100.0/24, inside 198.51.96.0/20 of AS64500: a more specific route draws the traffic away.',
  );
  expect(prefixesText({ prefixes: ['10.0.0.0/8'], prefixCount: 34 })).toBe('10.0.0.0/8 and 33 more');
});

test.each<[string, Partial<IncidentDetail>, boolean, string, boolean]>([
  ['no validator', {}, true, 'no validator is connected', true],
  ['RPKI of another time', { rpki: { ...NO_RPKI, state: 'other-time' } }, true, 'another time', true],
  ['good RPKI data', { rpki: { ...NO_RPKI, state: 'ready', aspas: 9 } }, true, 'RPKI', false],
  ['a learned baseline', {}, true, 'from the stream alone for 1\u2009h 30\u2009min', true],
  ['one peer only', { isLowVisibility: true }, true, 'one peer AS alone', true],
  ['warming up', {}, false, 'warming up', true],
  ['no routes kept', { samples: [] }, true, 'none were kept', true],
  ['still going on', {}, true, 'When it will end', true],
  ['from earlier', { isEarlier: true }, true, 'When it will end', false],
  [
    'over',
    { incident: incidentFixture({ state: 'resolved', endedAtUs: 1 }) },
    true,
    'When it will end',
    false,
  ],
])('what is not known, %s', (_name, over, isWarm, words, isSaid) => {
  expect(unknownsOf(detailFixture(over), isWarm).join('\n').includes(words)).toBe(isSaid);
});

test('routes are copied as bgpdump writes them, oldest first', () => {
  const early = sampleFixture({ timeUs: 1_203_878_800_000_000, side: 'before', path: [64512, 64500] });
  expect(bgpdumpLines([sampleFixture(), early]).split('\n')).toEqual([
    expect.stringMatching(/^BGP4MP\|1203878800\|A\|192\.0\.2\.1\|64510\|198\.51\.100\.0\/24\|64512 64500\|/),
    expect.stringMatching(
      /^BGP4MP\|1203878877\|A\|192\.0\.2\.1\|64510\|198\.51\.100\.0\/24\|64510 64511 64496\|/,
    ),
  ]);
  expect(JSON.parse(incidentJson(detailFixture()))).toMatchObject({
    id: '0123456789abcdef',
    samples: [{ peerAsn: 64510 }],
  });
});

test('how long it lasts: to the newest data, to its end, or to when it was last heard of', () => {
  const incident = incidentFixture();
  expect(lastingText(incident, incident.firstSeenUs + 7200e6)).toBe('2\u2009h');
  expect(lastingText(incident, null)).toBe('1\u2009min');
  expect(
    lastingText({ ...incident, endedAtUs: incident.firstSeenUs + 30e6 }, incident.firstSeenUs + 7200e6),
  ).toBe('30\u2009s');
});

test.each([
  ['after', 200, 'suspect'],
  ['before', 50, 'before'],
  ['before', 100, 'before'],
  ['before', 150, 'elsewhere'],
  ['before', 300, 'since'],
] as const)('a route of side %s looked at at %i is %s', (side, timeUs, word) => {
  expect(whenWord({ side, timeUs }, { firstSeenUs: 100, endedAtUs: 250 })).toBe(word);
});

test('verdicts differ in glyph and word, not in colour alone', () => {
  const rov = (['valid', 'invalid', 'not-found', 'unknown'] as const).map((state) =>
    rovSign({ state, reason: null }),
  );
  const hops = [hopSign(1, 0), hopSign(2, 2), hopSign(0, 0), hopSign(null, null), hopSign(2, 0)];
  for (const signs of [rov, hops]) {
    expect(new Set(signs.map(({ glyph }) => glyph)).size).toBe(signs.length);
    expect(new Set(signs.map(({ word }) => word)).size).toBe(signs.length);
  }
});
