import { expect, test } from 'vitest';
import type { IncidentRow } from '../../../workers/api.ts';
import { packLanes } from './lanes.ts';

const row = (
  id: string,
  fromUs: number,
  endedAtUs: number | null,
  level: IncidentRow['level'],
): IncidentRow => ({ id, firstSeenUs: fromUs, endedAtUs, level }) as IncidentRow;

const shown = { fromUs: 0, toUs: 100 };

test('the surest have the top lane, what overlaps goes below, what does not shares', () => {
  const { bars, lanes } = packLanes(
    [row('low', 0, 40, 'low'), row('high', 10, 30, 'high'), row('later', 50, 60, 'medium')],
    shown,
    100,
    1,
    4,
  );
  expect(bars.map(({ row: { id }, lane }) => [id, lane])).toEqual([
    ['high', 0],
    ['later', 0],
    ['low', 1],
  ]);
  expect(lanes).toBe(2);
});

test('one that goes on lasts to the end of what is analysed', () => {
  expect(packLanes([row('a', 10, null, 'high')], shown, 80, 1, 4).bars[0]?.toUs).toBe(80);
});

test('outside of what is shown nothing is drawn; without a lane it is counted', () => {
  const rows = [row('a', 0, 90, 'high'), row('b', 0, 90, 'high'), row('c', 200, 210, 'high')];
  expect(packLanes(rows, shown, 300, 1, 1)).toMatchObject({ leftOut: 1, lanes: 1 });
});

test('a bar too short to see keeps its room', () => {
  const { lanes } = packLanes([row('a', 10, 10, 'high'), row('b', 12, 12, 'high')], shown, 100, 5, 4);
  expect(lanes).toBe(2);
});
