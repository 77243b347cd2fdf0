import { expect, test } from 'vitest';
import type { PathHistory } from '../../../workers/api-replay.ts';
import type { WalkedRoute } from './path-walk.ts';
import { PathWalk } from './path-walk.ts';
import { drawRoutes, lastingLayout, MAX_DRAWN_ASES, MAX_DRAWN_PATHS, originOrder } from './route-graph.ts';

const P = '208.65.153.0/24';
const history: PathHistory = {
  ok: true,
  vantages: [
    { collector: 'rrc00', peerAddress: '192.0.2.1', peerAsn: 3333 },
    { collector: 'rrc00', peerAddress: '192.0.2.2', peerAsn: 1299 },
  ],
  initial: [
    { vantage: 0, prefix: P, path: [3333, 3549, 36561] },
    { vantage: 1, prefix: P, path: [1299, 3549, 36561, 36561] },
  ],
  events: [{ timeUs: 10, vantage: 0, prefix: P, path: [3333, 3549, 3491, 17557] }],
  leftOut: 0,
};

test('one step used towards two origins has a stroke for each; prepends are one AS', () => {
  const walk = new PathWalk({
    ...history,
    events: [...history.events, { timeUs: 11, vantage: 2, prefix: P, path: [3333, 3549, 36561] }],
  });
  const drawn = drawRoutes(walk.at(20), lastingLayout(walk.history));
  const shared = drawn.strokes.filter(({ edge }) => edge.near === 3333);
  expect(shared.map(({ origin, side, sides }) => [origin, side, sides])).toEqual([
    [17557, 0, 2],
    [36561, 1, 2],
  ]);
  expect(drawn.origins).toEqual([
    { asn: 36561, routes: 2 },
    { asn: 17557, routes: 1 },
  ]);
  expect([...drawn.peers].sort((a, b) => a - b)).toEqual([1299, 3333]);
});

test('nothing moves while time does', () => {
  const walk = new PathWalk(history);
  const layout = lastingLayout(history);
  const before = drawRoutes(walk.at(0), layout);
  const after = drawRoutes(walk.at(10), layout);
  expect(after.layout).toBe(before.layout);
  expect(before.active.has(17557)).toBe(false);
  expect(after.active.has(17557)).toBe(true);
  expect(originOrder(history)).toEqual([36561, 17557]);
  expect(originOrder(history, [17557, 4711])).toEqual([17557, 36561]);
});

test('too much for one drawing: only the routes of the moment, those most vantages have', () => {
  const routes: WalkedRoute[] = Array.from({ length: 200 }, (_, i) => ({
    vantage: i,
    prefix: P,
    path: [1000 + i, 7],
    sinceUs: null,
    last: null,
  }));
  const many: PathHistory = {
    ...history,
    initial: routes.map(({ vantage, prefix, path }) => ({ vantage, prefix, path: path! })),
  };
  expect(routes.length).toBeGreaterThan(MAX_DRAWN_ASES);
  expect(lastingLayout(many)).toBeNull();
  const drawn = drawRoutes(routes, null);
  expect(drawn.layout.nodes).toHaveLength(MAX_DRAWN_PATHS + 1);
  expect(drawn.leftOut).toBe(200 - MAX_DRAWN_PATHS);
});

test('withdrawn everywhere: nothing is drawn, the places stay', () => {
  const drawn = drawRoutes(
    [{ vantage: 0, prefix: P, path: null, sinceUs: 1, last: null }],
    lastingLayout(history),
  );
  expect(drawn.strokes).toEqual([]);
  expect(drawn.layout.nodes.length).toBeGreaterThan(0);
});
