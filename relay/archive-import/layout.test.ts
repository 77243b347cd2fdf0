import { expect, test } from 'vitest';
import { filesOfWindow, isCollector, listedFiles, monthsOf, monthUrl, PUBLIC_ARCHIVES } from './layout.ts';

const ms = (text: string): number => Date.parse(`${text}Z`);

test.each([
  ['rrc00', 'updates', 'https://data.ris.ripe.net/rrc00/2008.02/'],
  ['rrc00', 'table', 'https://data.ris.ripe.net/rrc00/2008.02/'],
  ['route-views2', 'updates', 'http://archive.routeviews.org/bgpdata/2008.02/UPDATES/'],
  ['route-views.sg', 'updates', 'http://archive.routeviews.org/route-views.sg/bgpdata/2008.02/UPDATES/'],
  ['route-views3', 'table', 'http://archive.routeviews.org/route-views3/bgpdata/2008.02/RIBS/'],
] as const)('%s %s', (collector, kind, url) => {
  expect(monthUrl(PUBLIC_ARCHIVES, collector, '2008.02', kind)).toBe(url);
});

test('a month’s folder, its neighbour where the window begins with it, and over the year', () => {
  expect(monthsOf(ms('2008-02-24T18:00'), ms('2008-02-24T21:00'), 'updates')).toEqual(['2008.02']);
  expect(monthsOf(ms('2008-02-01T00:05'), ms('2008-02-01T01:00'), 'updates')).toEqual(['2008.01', '2008.02']);
  expect(monthsOf(ms('2008-12-31T23:00'), ms('2009-01-01T01:00'), 'updates')).toEqual(['2008.12', '2009.01']);
  expect(monthsOf(ms('2008-02-01T20:00'), ms('2008-02-01T21:00'), 'table')).toEqual(['2008.01', '2008.02']);
});

const html = `<a href="?C=N;O=D">Name</a> <a href="../">Parent</a> <a href='updates.20080224.1839.bz2'>x</a>
  <a HREF="/bgpdata/2008.02/UPDATES/updates.20080224.1854.bz2">x</a> <a href="updates.20080224.1824.bz2?x=1">x</a>
  <a href="http://elsewhere.example/updates.20080224.1909.bz2">x</a> <a href="rib.20080224.1816.bz2">x</a>
  <a href="updates.20080224.1926.bz2.md5">x</a> <a href="updates.20089924.9999.bz2">x</a>
  <a href="javascript:alert(1)">x</a> <a href="updates.20080224.2026.bz2">x</a>`;

test('a listing gives names, never addresses', () => {
  const files = listedFiles(html, 'http://a.example/m/', 'route-views2');
  const names = files.filter(({ kind }) => kind === 'updates').map(({ name }) => name.slice(8, 21));
  expect(names).toEqual([
    '20080224.1824',
    '20080224.1839',
    '20080224.1854',
    '20080224.1909',
    '20080224.2026',
  ]);
  expect(files.every(({ path }) => path.startsWith('http://a.example/m/'))).toBe(true);
  expect(files.every(({ collector }) => collector === 'route-views2')).toBe(true);
});

test('names need not be on the quarter hour; a hole in the archive is a hole', () => {
  const files = listedFiles(html, 'http://a.example/', 'route-views2');
  const of = (from: string, to: string): string[] =>
    filesOfWindow(files, ms(`2008-02-24T${from}`), ms(`2008-02-24T${to}`)).map(({ name }) =>
      name.slice(17, 21),
    );
  expect(of('18:47', '18:50')).toEqual(['1839']);
  expect(of('18:39', '18:54')).toEqual(['1839']);
  expect(of('18:30', '19:10')).toEqual(['1824', '1839', '1854', '1909']);
  expect(of('20:00', '20:30')).toEqual(['2026']);
  expect(of('20:00', '20:10')).toEqual([]);
});

test.each([
  ['rrc00', true],
  ['route-views.saopaulo', true],
  ['rrc1', false],
  ['../rrc00', false],
  ['route-views2/../..', false],
  ['', false],
])('%s as a collector', (name, is) => {
  expect(isCollector(name)).toBe(is);
});
