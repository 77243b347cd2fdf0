import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MODEL_COLUMNS, MODEL_WIDTH } from '../../src/lib/ml/columns.ts';
import { byEvent, loadFolder } from './folder.ts';
import { prepareStream } from './prepared.ts';
import { loadSfu } from './sfu.ts';
import type { LabelledStream } from './stream.ts';
import { loadUfam, parseUfamName } from './ufam.ts';

const DATA = process.env['ROUTESCOPE_DATA'] ?? '../shared/data';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'routescope-dataset-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HEADER = ',announcements,withdrawals,news,dups,class,timestamp,timestamp2';
const row = (minute: number, count: number, label = 0): string =>
  `0,${count},1,0,0,${label},,${minute * 60 + 8}`;

function file(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('names', () => {
  test.each([
    ['dataset_slammer_513_1_rrc04.csv.gz', 'slammer', '513', 'rrc04'],
    ['dataset_moscow_blackout_13237_rrc05.csv.gz', 'moscow_blackout', '13237', 'rrc05'],
    ['dataset_moscow_blackout_12793_1_rrc05.csv', 'moscow_blackout', '12793', 'rrc05'],
    ['dataset_as-3561-filtering_286_1_rrc03.csv.gz', 'as-3561-filtering', '286', 'rrc03'],
    ['dataset_japan-earthquake_2497_1_rrc06.csv.gz', 'japan-earthquake', '2497', 'rrc06'],
    ['dataset_event_64500_route-views2.csv', 'event', '64500', 'route-views2'],
    ['my-own.csv', 'my-own', '', ''],
    ['12345.csv', '12345', '', ''],
  ])('%s', (name, event, peer, collector) => {
    expect(parseUfamName(`/somewhere/${name}`)).toMatchObject({ event, peer, collector });
  });
});

describe('a UFAM-shaped file', () => {
  test('rows come in order of time, repeated minutes once, missing ones masked', () => {
    const lines = [HEADER, row(102, 3, 1), row(100, 1), row(105, 6, 1), row(102, 99), row(101, 2)];
    const [stream] = loadUfam(file('dataset_x_1_1_rrc00.csv', lines.join('\n'))) as [LabelledStream];
    const at = MODEL_COLUMNS.indexOf('announcements');
    const column = Array.from({ length: stream.minutes }, (_, i) => stream.values[i * MODEL_WIDTH + at]);
    expect(column).toEqual([1, 2, 3, NaN, NaN, 6]);
    expect([...stream.isMasked]).toEqual([0, 0, 0, 1, 1, 0]);
    expect([...stream.label]).toEqual([0, 0, 1, 0, 0, 1]);
    expect(stream).toMatchObject({ firstMinute: 100, minutes: 6, droppedRows: 1, role: 'labelled' });
  });

  test('columns in another order, more of them, fewer of them, quotes, CRLF, a byte order mark', () => {
    const text = `\uFEFFtimestamp2,zzz,"announcements",withdrawals,dups,news\r\n${6000 + 8},a,5,"6",7,8\r\n`;
    const [stream] = loadUfam(file('other.csv', text)) as [LabelledStream];
    const value = (name: (typeof MODEL_COLUMNS)[number]): number =>
      stream.values[MODEL_COLUMNS.indexOf(name)]!;
    expect([value('announcements'), value('withdrawals'), value('dups'), value('news')]).toEqual([
      5, 6, 7, 8,
    ]);
    expect(value('flaps')).toBeNaN();
    expect(stream.role).toBe('regular');
  });

  test('values that are none are unknown, rows without time or values are dropped and counted', () => {
    const lines = [
      HEADER,
      row(100, 1),
      '0,,oops,NaN,3,0,,6068',
      '0,1,1,1,1,0,,',
      'x',
      row(2 ** 60, 1),
      row(-5, 1),
      '',
      row(102, 3),
      row(103, 4),
    ];
    const [stream] = loadUfam(file('holes.csv', lines.join('\n'))) as [LabelledStream];
    expect(stream.minutes).toBe(4);
    expect(stream.droppedRows).toBe(5);
  });

  test('our own features hold a stream per vantage; masked windows are masked minutes', () => {
    const lines = [
      'timestamp,timestamp2,width_s,stream,mask,announcements,withdrawals,news,dups,session_resets',
      '2008-02-23 00:14:00,1203725640,60,route-views2 192.0.2.1 64500,partial,,,,,0',
      '2008-02-23 00:15:00,1203725700,60,route-views2 192.0.2.1 64500,,1,2,3,4,0',
      '2008-02-23 00:15:00,1203725700,60,route-views2 192.0.2.2 64501,,5,6,7,8,0',
      '2008-02-23 00:16:00,1203725760,60,route-views2 192.0.2.1 64500,,1,2,3,4,0',
    ];
    const streams = loadUfam(file('features.csv', lines.join('\n')));
    expect(streams.map(({ peer, collector, minutes }) => [peer, collector, minutes])).toEqual([
      ['64500', 'route-views2', 2],
      ['64501', 'route-views2', 1],
    ]);
    expect(streams.every(({ role, event }) => role === 'regular' && event === 'features')).toBe(true);
  });

  test('time as text is UTC', () => {
    const lines = ['timestamp,announcements,withdrawals,news,dups', '2003-01-23 00:01:08,1,2,3,4'];
    expect(loadUfam(file('text.csv', lines.join('\n')))[0]!.firstMinute).toBe(
      Date.UTC(2003, 0, 23, 0, 1) / 60_000,
    );
  });

  test.each([
    ['empty', ''],
    ['a header only', HEADER],
    ['no columns we know', 'a,b,c\n1,2,3'],
    ['no times', 'announcements,withdrawals,news,dups\n1,2,3,4'],
    ['no readable row', `${HEADER}\nx,y,z`],
    ['a row every five minutes', [HEADER, row(100, 1), row(105, 1), row(110, 1), row(115, 1)].join('\n')],
    ['a time stamp of another century', [HEADER, row(100, 1), row(101, 1), row(40_000_000, 1)].join('\n')],
    ['not text', Uint8Array.of(0, 1, 2, 255, 254)],
    ['half a gzip file', gzipSync(HEADER).subarray(0, 20)],
  ])('%s is refused with a code', (name, text) => {
    const path = file(`bad ${name}.csv.gz`, text);
    expect(() => loadUfam(path)).toThrow(expect.objectContaining({ code: 'MODEL_DATA_BAD' }) as Error);
  });
});

describe('a folder', () => {
  test('files that cannot be used are told, the others used', () => {
    file('dataset_good_7_1_rrc01.csv.gz', gzipSync([HEADER, row(1, 1), row(2, 2)].join('\n')));
    const { streams, refused } = loadFolder(folder);
    expect(streams.map(({ event }) => event)).toContain('good');
    expect(refused.length).toBeGreaterThan(5);
    expect(refused.every(({ code }) => code === 'MODEL_DATA_BAD')).toBe(true);
  });

  test.each(['nowhere', 'empty'])('%s is an error with a code', (name) => {
    const path = name === 'empty' ? mkdtempSync(join(folder, 'empty-')) : join(folder, name);
    expect(() => loadFolder(path)).toThrow(expect.objectContaining({ code: 'MODEL_DATA_BAD' }) as Error);
  });
});

describe.skipIf(!existsSync(DATA))('real files (needs ROUTESCOPE_DATA)', () => {
  test('UFAM: 7 events, 21 streams, no minute twice', () => {
    const { streams, refused } = loadFolder(join(DATA, 'ml/ufam'));
    expect(refused).toEqual([]);
    expect([...byEvent(streams).keys()]).toEqual([
      'as-3561-filtering',
      'code-red',
      'nimda',
      'as-path-error',
      'slammer',
      'as9121',
      'moscow_blackout',
    ]);
    expect(streams).toHaveLength(21);
    const nimda = streams.find(({ id }) => id === 'dataset_nimda_559_1_rrc04')!;
    expect(nimda).toMatchObject({ minutes: 10_321, droppedRows: 15 });
    expect(nimda.label.reduce((sum, label) => sum + label, 0)).toBe(3535);
    // Eight minutes of every hour were not recorded; the file says zeros.
    const gaps = streams.filter(({ isMasked }) => isMasked.includes(1));
    expect(gaps.map(({ event }) => event)).toEqual(Array(3).fill('as-path-error'));
    expect(gaps[0]!.isMasked.reduce((sum, masked) => sum + masked, 0)).toBe(1009);
  });

  test('SFU: Slammer is the whole collector of UFAM’s three peers', () => {
    const sfu = loadSfu(join(DATA, 'ml/sfu/Slammer.csv.gz'));
    const { streams } = loadFolder(join(DATA, 'ml/ufam'));
    const at = MODEL_COLUMNS.indexOf('announcements');
    const meanOf = ({ values, minutes }: typeof sfu): number =>
      Array.from({ length: minutes }, (_, i) => values[i * MODEL_WIDTH + at]!).reduce(
        (sum, value) => sum + value,
        0,
      ) / minutes;
    const peers = streams.filter(({ event }) => event === 'slammer').map(meanOf);
    expect(meanOf(sfu)).toBeCloseTo(
      peers.reduce((sum, value) => sum + value, 0),
      0,
    );
    expect(sfu.firstMinute).toBe(streams.find(({ event }) => event === 'slammer')!.firstMinute);
  });

  test('SFU: the ransomware is a control without labels', () => {
    const wannaCrypt = loadSfu(join(DATA, 'ml/sfu/WannaCrypt.csv.gz'));
    expect(wannaCrypt).toMatchObject({ role: 'control', minutes: 11_520 });
    expect(wannaCrypt.label.includes(1)).toBe(false);
  });

  test('a prepared stream says nothing in its first hours and counts after a day', () => {
    const { streams } = loadFolder(join(DATA, 'ml/ufam'));
    const { isKnown, isScored, z } = prepareStream(streams[0]!);
    expect(isKnown.indexOf(1)).toBe(179);
    expect(isScored.indexOf(1)).toBe(1440);
    expect(z.every(Number.isFinite)).toBe(true);
  });
});
