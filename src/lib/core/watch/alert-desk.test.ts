import { expect, test } from 'vitest';
import type { DeskOptions, Finding } from './alert-desk.ts';
import { AlertDesk } from './alert-desk.ts';

const finding = (id: string, peer: string, s: number, minPeers = 3): Finding => ({
  monitor: 'hijack',
  id,
  affected: '10',
  prefix: '192.0.2.0/24',
  culprit: 66,
  victim: 10,
  summary: '',
  peer,
  minPeers,
  label: '',
  groups: [],
  timeUs: s * 1e6,
  path: [],
});

function told(
  findings: readonly Finding[],
  options: Partial<DeskOptions> = {},
): [string, number, number, number][] {
  const desk = new AlertDesk(options);
  for (const one of findings) desk.add(one);
  return desk.take().map(({ id, peers, findings: count, latestUs }) => [id, peers, count, latestUs / 1e6]);
}

test.each([
  ['no minimum: the first finding', [finding('a', 'p', 0, 0)], [['a', 1, 1, 0]]],
  ['too few peers', [finding('a', 'p', 0), finding('a', 'q', 1)], []],
  ['the same peer again counts once', [finding('a', 'p', 0), finding('a', 'p', 1), finding('a', 'q', 2)], []],
  [
    'enough distinct peers',
    [finding('a', 'p', 0), finding('a', 'p', 1), finding('a', 'q', 2), finding('a', 'r', 3)],
    [['a', 3, 4, 3]],
  ],
  ['ids do not mix', [finding('a', 'p', 0), finding('b', 'q', 1), finding('a', 'r', 2)], []],
  [
    'within the fade-off time',
    [finding('a', 'p', 0), finding('a', 'q', 100), finding('a', 'r', 360)],
    [['a', 3, 3, 360]],
  ],
  ['too late', [finding('a', 'p', 0), finding('a', 'q', 100), finding('a', 'r', 361)], []],
  [
    'not told again for a while',
    [
      finding('a', 'p', 0, 1),
      finding('a', 'q', 10, 1),
      finding('a', 'r', 14_400, 1),
      finding('a', 'r', 14_401, 1),
    ],
    [
      ['a', 1, 1, 0],
      ['a', 1, 1, 14_401],
    ],
  ],
] as const)('%s', (_name, findings, want) => {
  expect(told(findings)).toEqual(want);
});

test('forgets in the background what has faded, and counts it', () => {
  const desk = new AlertDesk();
  desk.add(finding('a', 'p', 0));
  desk.tick(360e6);
  expect(desk.faded).toBe(0);
  desk.tick(361e6);
  expect(desk.faded).toBe(1);
});

test('bounds hold, and what they cost is counted', () => {
  const desk = new AlertDesk({ maxGroups: 5, maxTold: 5, maxAlerts: 5 });
  for (let n = 0; n < 20; n++) desk.add(finding(`g${n}`, 'p', n));
  expect(desk.dropped).toBe(15);
  for (let n = 0; n < 20; n++) desk.add(finding(`t${n}`, 'p', n, 0));
  expect(desk.take()).toHaveLength(5);
  expect(desk.dropped).toBe(30);
});
