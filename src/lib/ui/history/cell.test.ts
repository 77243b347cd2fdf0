import { expect, test } from 'vitest';
import { cellHref, cellText, sortedRows } from './cell.ts';
import { completions, wordBefore } from './completion.ts';
import { calendarMonths } from './charts/calendar.ts';
import { heatRows, laneMarks } from './charts/layout.ts';
import { loadSettings, saveSettings } from './settings.ts';
import { sourceOf } from './view.svelte.ts';

test.each([
  [1_203_878_877_000_001, { kind: 'time', name: 'time' }, '2008-02-24 18:47:57.000001Z'],
  [1_203_811_200_000_000, { kind: 'day', name: 'day' }, '2008-02-24'],
  [1234567, { kind: 'number', name: 'updates' }, '1\u2009234\u2009567'],
  [17557, { kind: 'number', name: 'origin_asn' }, 'AS17557'],
  [-0.12345, { kind: 'number', name: 'r' }, '−0.1235'],
  [null, { kind: 'text', name: 'path' }, '–'],
  ['', { kind: 'text', name: 'path' }, ''],
  ['[3356,"x"]', { kind: 'list', name: 'origins' }, '3356, x'],
  ['{"a":[1]}', { kind: 'list', name: 'x' }, '{"a":[1]}'],
  [true, { kind: 'bool', name: 'x' }, 'true'],
  [
    '340282366920938463463374607431768211455',
    { kind: 'number', name: 'big' },
    '340282366920938463463374607431768211455',
  ],
] as const)('%s is shown as it reads best', (value, column, text) => {
  expect(cellText(value, column)).toBe(text);
});

test('prefixes and AS numbers lead to their pages', () => {
  expect(cellHref('2001:db8::/32', { name: 'prefix' })).toBe('/prefix/2001:db8::/32');
  expect(cellHref(36561, { name: 'victim' })).toBe('/as/AS36561');
  expect(cellHref('x', { name: 'prefix' })).toBeNull();
  expect(cellHref(12, { name: 'updates' })).toBeNull();
});

test('sorting is stable, numbers by value, missing last both ways', () => {
  const column = { values: [10, null, 9, 10, 100] };
  expect(sortedRows(column, false, 5)).toEqual([2, 0, 3, 4, 1]);
  expect(sortedRows(column, true, 5)).toEqual([4, 0, 3, 2, 1]);
  expect(sortedRows({ values: ['b', 'a', null] }, false, 3)).toEqual([1, 0, 2]);
  expect(sortedRows(null, false, 3)).toEqual([0, 1, 2]);
});

test('completion offers names of tables and columns before words of SQL', () => {
  const tables = [
    {
      name: 'elems',
      columns: [
        { name: 'path', type: 'VARCHAR' },
        { name: 'peer', type: 'VARCHAR' },
      ],
    },
    { name: 'minutes', columns: [{ name: 'peer', type: 'VARCHAR' }] },
  ];
  expect(wordBefore('SELECT pe FROM', 9)).toEqual({ word: 'pe', from: 7 });
  expect(completions('pe', tables)).toEqual([{ text: 'peer', what: 'VARCHAR of elems, minutes' }]);
  expect(completions('el', tables)[0]).toEqual({ text: 'elems', what: 'table' });
  expect(completions('sel', tables).map(({ text }) => text)).toEqual(['SELECT']);
  expect(completions('elems', tables)).toEqual([]);
});

test('a calendar has whole weeks that begin on Monday', () => {
  const months = calendarMonths(['2008-02-24', '2008-03-01']);
  expect(months.map(({ name }) => name)).toEqual(['February 2008', 'March 2008']);
  // 1 February 2008 was a Friday; the month had 29 days.
  expect(months[0]!.weeks[0]).toEqual([null, null, null, null, '2008-02-01', '2008-02-02', '2008-02-03']);
  expect(months[0]!.weeks.at(-1)).toEqual([
    ...['2008-02-25', '2008-02-26', '2008-02-27', '2008-02-28', '2008-02-29'],
    null,
    null,
  ]);
  expect(calendarMonths([])).toEqual([]);
  expect(calendarMonths(['1990-01-01', '2026-01-01'])).toHaveLength(24);
});

test('a heat map has a row for every day between, and the newest days when there are too many', () => {
  const DAY = 86_400e6;
  const rows = heatRows([0, 2 * DAY], [3, 23], [5, 7], 60);
  expect(rows.map(({ day, cells }) => [day / DAY, cells[3], cells[23]])).toEqual([
    [0, 5, 0],
    [1, 0, 0],
    [2, 0, 7],
  ]);
  expect(heatRows([0, 99 * DAY], [0, 0], [1, 1], 60)).toHaveLength(60);
});

test('marks on the same pixel are one', () => {
  const marks = laneMarks(
    [0, 1, 100],
    ['a', 'a', 'b'],
    ['announce', 'announce', 'withdraw'],
    ['a'],
    (us) => us / 10,
  );
  expect(marks).toEqual([{ x: 0, lane: 0, kind: 'announce', count: 2, timeUs: 0 }]);
});

test('settings are remembered, and what is none of them is left out', () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
  };
  expect(loadSettings(storage)).toBeNull();
  saveSettings({ isRecording: false, quotaBytes: 1e9, keepDays: 7 }, storage);
  expect(loadSettings(storage)).toEqual({ isRecording: false, quotaBytes: 1e9, keepDays: 7 });
  kept.set('routescope.history', '{"isRecording":"yes","quotaBytes":-5}');
  expect(loadSettings(storage)).toEqual({ isRecording: false, quotaBytes: 500e6, keepDays: 30 });
  kept.set('routescope.history', '{');
  expect(loadSettings(storage)).toBeNull();
  expect(loadSettings(null)).toBeNull();
});

test('a link fetches only what it may', () => {
  const titleOf = (file: string): string => file;
  expect(sourceOf('replay:youtube.rsl', titleOf)).toEqual({
    kind: 'replay',
    url: '/replays/youtube.rsl',
    name: 'youtube.rsl',
  });
  expect(sourceOf('replay:../api/x.rsl', titleOf)).toBeNull();
  expect(sourceOf('replay://evil/x.rsl', titleOf)).toBeNull();
  expect(sourceOf('relay|2008-02-24T18:00:00.000Z|2008-02-24T19:00:00.000Z|10.0.0.0/8|', titleOf)).toEqual({
    kind: 'relay',
    range: { fromUs: 1_203_876_000_000_000, toUs: 1_203_879_600_000_000, prefix: '10.0.0.0/8', asn: '' },
  });
  expect(sourceOf('relay|x|y', titleOf)).toBeNull();
  expect(sourceOf('d123', titleOf)).toBeNull();
});
