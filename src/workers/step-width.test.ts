import { expect, test } from 'vitest';
import { SOURCE } from '../../tests/fixtures/stream-server.ts';
import type { SourceStatus } from '#core/wire/control.ts';
import { stepWidth } from './step-width.ts';

const replay = (speed: number | null, hours: number | null): SourceStatus => ({
  ...SOURCE,
  kind: 'replay',
  speed,
  startUs: hours === null ? null : 0,
  endUs: hours === null ? null : hours * 3600e6,
});

test.each<[string, SourceStatus | null, number]>([
  ['not known yet', null, 1],
  ['live', SOURCE, 1],
  ['a replay in real time', replay(1, 24), 1],
  ['60x: 90 s of watching are 90 minutes of data', replay(60, 24), 10],
  ['60x of a recording shorter than that', replay(60, 0.5), 2],
  ['as fast as possible: the whole recording', replay(0, 24), 120],
  ['as fast as possible, end not known', replay(0, null), 3600],
])('%s', (_name, source, stepS) => {
  expect(stepWidth(source)).toBe(stepS);
});
