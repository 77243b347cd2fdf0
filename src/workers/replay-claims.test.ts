import { expect, test } from 'vitest';
import { DEFAULT_PARAMS } from '#core/detect/params.ts';
import { sha256 } from '#core/replay/sha256.ts';
import { encodeUtf8 } from '#core/wire/bytes.ts';
import { record } from '../lib/store/record.fixture.ts';
import { incidentRow } from './incident-rows.ts';
import { BUNDLE_KIND, claimsOf, manifestHash, paramsIn } from './replay-claims.ts';

const FRAMES = sha256(encodeUtf8('frames'));
const row = incidentRow(record('a').incident);
const VERDICTS = {
  versions: { rules: 1, model: null, app: '1' },
  params: {},
  verdicts: [row],
  sha256: FRAMES,
};

function manifest(change: object = {}) {
  const rest = {
    kind: BUNDLE_KIND,
    versions: VERDICTS.versions,
    framesSha256: FRAMES,
    verdicts: VERDICTS,
    ...change,
  };
  return { ...rest, sha256: manifestHash(rest) };
}

test('a bundle as it was written is intact', () => {
  expect(claimsOf(manifest(), FRAMES, true)).toEqual({
    isIntact: true,
    versions: VERDICTS.versions,
    verdicts: VERDICTS,
  });
});

test('any other recording claims nothing', () => {
  expect(claimsOf({ title: 'a replay' }, FRAMES, true)).toBeNull();
});

test.each([
  ['other frames', manifest(), sha256(encodeUtf8('others')), true],
  ['a damaged file', manifest(), FRAMES, false],
  ['a changed manifest', { ...manifest(), title: 'changed' }, FRAMES, true],
  ['no hash', { ...manifest(), sha256: undefined }, FRAMES, true],
  ['verdicts that are none', manifest({ verdicts: 'none' }), FRAMES, true],
  [
    'a verdict with a member missing',
    manifest({ verdicts: { ...VERDICTS, verdicts: [{ id: 'a' }] } }),
    FRAMES,
    true,
  ],
  [
    'a verdict with a member too many',
    manifest({ verdicts: { ...VERDICTS, verdicts: [{ ...row, html: '<b>' }] } }),
    FRAMES,
    true,
  ],
  [
    'a verdict of another type',
    manifest({ verdicts: { ...VERDICTS, verdicts: [{ ...row, culprits: ['1'] }] } }),
    FRAMES,
    true,
  ],
] as const)(
  '%s: not intact, and nothing that is not what it should be comes through',
  (_what, given, frames, isWhole) => {
    const claims = claimsOf(given, frames, isWhole)!;
    expect(claims.isIntact).toBe(false);
    expect(claims.verdicts.verdicts.every((one) => Object.keys(one).length === Object.keys(row).length)).toBe(
      true,
    );
  },
);

test.each([
  ['another threshold', { minPeerAsns: 5 }, { minPeerAsns: 5 }],
  ['the default', { minPeerAsns: DEFAULT_PARAMS.minPeerAsns }, {}],
  ['no number', { minPeerAsns: '5', knownAfterS: Number.NaN, fadeOffS: -1 }, {}],
  ['no parameter', { constructor: 5, nonsense: 1 }, {}],
  [
    'more memory',
    { maxPrefixes: 1e12, maxLinks: 10 },
    { maxPrefixes: DEFAULT_PARAMS.maxPrefixes, maxLinks: 10 },
  ],
  ['nothing', null, {}],
])('parameters: %s', (_what, given, want) => {
  expect(paramsIn(given)).toEqual(want);
});
