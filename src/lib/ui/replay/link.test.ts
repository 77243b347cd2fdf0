import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_PARAMS } from '#core/detect/params.ts';
import { formatInstant, parseInstant } from './instant.ts';
import type { ReplayLink } from './link.ts';
import { EMPTY_LINK, formatLink, MAX_LINK_CHARS, PANELS, parseLink } from './link.ts';
import { thresholdField } from './threshold-fields.ts';

const read = (text: string) => {
  const url = new URL(text, 'http://localhost/replay');
  return parseLink(url.search, url.hash);
};

const PAKISTAN = '?event=youtube-pakistan-20080224&t=2008-02-24T18:47:00Z';

test('the link of the catalogue', () => {
  const { link, ignored } = read(PAKISTAN);
  expect(ignored).toEqual([]);
  expect(link).toEqual({
    ...EMPTY_LINK,
    source: { kind: 'event', id: 'youtube-pakistan-20080224' },
    timeUs: Date.UTC(2008, 1, 24, 18, 47) * 1000,
  });
  expect(formatLink(link)).toBe(PAKISTAN);
});

test('no parameters: the catalogue', () => {
  expect(read('/replay')).toEqual({ link: EMPTY_LINK, ignored: [] });
  expect(formatLink(EMPTY_LINK)).toBe('');
});

const timeUs = fc.integer({ min: 0, max: 4_000_000_000_000_000 });
const span = fc
  .tuple(timeUs, fc.integer({ min: 1, max: 1e12 }))
  .map(([fromUs, length]) => ({ fromUs, toUs: fromUs + length }));
const octet = fc.integer({ min: 1, max: 223 });
const prefix = fc.tuple(octet, octet, octet).map((bytes) => `${bytes.join('.')}.0/24`);
const asn = fc.integer({ min: 0, max: 0xffff_ffff });
const thresholdNames = Object.keys(DEFAULT_PARAMS) as (keyof typeof DEFAULT_PARAMS)[];
const tried = fc
  .uniqueArray(fc.constantFrom(...thresholdNames), { maxLength: 4 })
  .map((names) => Object.fromEntries(names.map((name) => [name, thresholdField(name)!.max])));
const source = fc.oneof(
  fc.constant(null),
  fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,40}$/).map((id) => ({ kind: 'event' as const, id })),
  span.map(({ fromUs, toUs }) => ({ kind: 'archive' as const, fromUs, toUs })),
  fc
    .tuple(fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }), fc.stringMatching(/^[0-9a-f]{16}$/))
    .map(([name, digest]) => ({ kind: 'file' as const, name, digest })),
);
const anyLink: fc.Arbitrary<ReplayLink> = fc.record({
  source,
  timeUs: fc.option(timeUs),
  speed: fc.integer({ min: 0, max: 1000 }),
  filter: fc.option(
    fc.record({
      asns: fc.uniqueArray(asn, { minLength: 1, maxLength: 40 }),
      prefixes: fc.uniqueArray(prefix, { minLength: 1, maxLength: 120 }),
    }),
  ),
  zoom: fc.option(span),
  incident: fc.option(fc.stringMatching(/^[0-9a-f]{16}$/)),
  graph: fc.option(fc.uniqueArray(prefix, { minLength: 1, maxLength: 16 })),
  inside: fc.boolean(),
  asn: fc.option(asn),
  panels: fc.subarray([...PANELS]),
  compare: fc.option(span.map(({ fromUs, toUs }) => ({ beforeUs: fromUs, afterUs: toUs }))),
  tried,
  rules: fc.option(fc.integer({ min: 1, max: 1e6 })),
  model: fc.option(fc.stringMatching(/^[a-z0-9][\w.+-]{0,30}$/)),
});

test('every view survives its link, and a long filter never reaches the server', () => {
  fc.assert(
    fc.property(anyLink, (link) => {
      const url = new URL(`http://localhost/replay${formatLink(link)}`);
      expect(parseLink(url.search, url.hash)).toEqual({ link, ignored: [] });
      expect(url.search.length).toBeLessThan(3000);
      expect(formatLink(parseLink(url.search, url.hash).link)).toBe(formatLink(link));
    }),
    { numRuns: 300 },
  );
});

test('ten thousand prefixes fit, in the fragment', () => {
  const prefixes = Array.from({ length: 10_000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
  const text = formatLink({ ...EMPTY_LINK, filter: { prefixes } });
  expect(text.indexOf('#')).toBe(0);
  expect(parseLink('', text).link.filter?.prefixes).toHaveLength(10_000);
});

test.each([
  ['t=2008-02-31T00:00:00Z', 't=2008-02-31T00:00:00Z'],
  ['t=yesterday', 't=yesterday'],
  ['speed=0', 'speed=0'],
  ['speed=1001', 'speed=1001'],
  ['speed=1e3', 'speed=1e3'],
  ['event=../../etc/passwd', 'event=../../etc/passwd'],
  ['from=2008-02-24T00:00:00Z', 'from=2008-02-24T00:00:00Z'],
  ['from=2008-02-24T10:00Z&to=2008-02-24T09:00Z', 'from=2008-02-24T10:00Z'],
  ['file=abc,x', 'file=abc,x'],
  ['zoom=2008-02-24T10:00:00Z', 'zoom=2008-02-24T10:00:00Z'],
  ['incident=%3Cscript%3E', 'incident=<script>'],
  ['graph=10.0.0.0/24,nonsense', 'graph=10.0.0.0/24,nonsense'],
  ['panels=incidents,__proto__', 'panels=incidents,__proto__'],
  ['try=minPeerAsns:0', 'try=minPeerAsns:0'],
  ['try=__proto__:1', 'try=__proto__:1'],
  ['try=minPeerAsns:', 'try=minPeerAsns:'],
  ['rules=latest', 'rules=latest'],
  ['match=constructor', 'match=constructor'],
  ['asn=4294967296', 'asn=4294967296'],
])('%s is named and changes nothing', (query, named) => {
  expect(parseLink(`?${query}`, '')).toEqual({ link: EMPTY_LINK, ignored: [named] });
});

test('any text is read without harm, into a link that can be written and read again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (search, fragment) => {
      const { link, ignored } = parseLink(`?${search}`, `#${fragment}`);
      expect(ignored.length).toBeLessThanOrEqual(20);
      expect(parseLink(formatLink(link), '').link).toEqual(link);
    }),
  );
});

test('a link too long to be one is not read', () => {
  const { link, ignored } = parseLink(`?event=${'a'.repeat(MAX_LINK_CHARS)}`, '');
  expect(link).toBe(EMPTY_LINK);
  expect(ignored).toHaveLength(1);
});

test.each([
  ['2008-02-24T18:47:00Z', '2008-02-24T18:47:00Z'],
  ['2008-02-24 18:47', '2008-02-24T18:47:00Z'],
  ['2008-02-24T18:47:00.000001Z', '2008-02-24T18:47:00.000001Z'],
  ['2008-02-24T18:47:00.25', '2008-02-24T18:47:00.25Z'],
])('the moment %s is %s', (text, want) => expect(formatInstant(parseInstant(text)!)).toBe(want));

test.each(['', '2008-02-24', '2008-13-01T00:00Z', '2008-02-24T25:00Z', '2008-02-24T18:47:00+01:00'])(
  'no moment: %s',
  (text) => expect(parseInstant(text)).toBeNull(),
);
