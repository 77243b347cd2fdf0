import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SampleRoute } from '../../../workers/api.ts';
import { layoutPaths, pickSamples } from './path-graph.ts';

const sample = (
  side: 'before' | 'after',
  path: readonly number[],
  more: Partial<SampleRoute> = {},
): SampleRoute => ({
  side,
  timeUs: 0,
  collector: 'rrc00',
  peerAddress: '192.0.2.1',
  peerAsn: path[0] ?? 0,
  prefix: '198.51.100.0/24',
  path,
  rov: { state: 'unknown', reason: 'no-data' },
  hops: null,
  ...more,
});

test('a hijack is drawn as a fork: one peer, two origins in the last layer', () => {
  const graph = layoutPaths([
    sample('before', [3333, 1103, 3549, 36561]),
    sample('after', [3333, 1103, 3491, 17557], { rov: { state: 'invalid', reason: 'as' } }),
  ]);
  expect(graph.layers).toBe(4);
  const at = (asn: number) => graph.nodes.find((node) => node.asn === asn)!;
  expect([at(3333), at(1103), at(3549), at(3491), at(36561), at(17557)].map((node) => node.layer)).toEqual([
    0, 1, 2, 2, 3, 3,
  ]);
  expect(at(17557).origin).toEqual({ state: 'invalid', reason: 'as' });
  expect(at(1103).origin).toBeNull();
  expect(at(3333).isPeer).toBe(true);
  // The two branches do not cross.
  expect(at(3549).row < at(3491).row).toBe(at(36561).row < at(17557).row);
  const shared = graph.edges.find((edge) => edge.near === 3333)!;
  expect([shared.isBefore, shared.isAfter]).toEqual([true, true]);
});

test('an edge that passes a layer has a place of its own there', () => {
  const graph = layoutPaths([sample('after', [1, 2, 3, 4]), sample('after', [1, 4])]);
  const long = graph.edges.find((edge) => edge.near === 1 && edge.far === 4)!;
  expect(long.points.map(([layer]) => layer)).toEqual([0, 1, 2, 3]);
  const rowsOfOthers = graph.nodes.filter((node) => node.layer === 1).map((node) => node.row);
  expect(rowsOfOthers).not.toContain(long.points[1]![1]);
});

test('a hop carries its ASPA verdict', () => {
  const hops = [{ from: 3, to: 2, up: 1, down: 0 } as const, { from: 2, to: 1, up: 2, down: 2 } as const];
  const { edges } = layoutPaths([sample('after', [1, 2, 3], { hops })]);
  expect(edges.map(({ near, far, up, down }) => [near, far, up, down])).toEqual([
    [1, 2, 2, 2],
    [2, 3, 1, 0],
  ]);
});

test('any paths, circles too: every AS has a place, no two share one, and it is the same each time', () => {
  const path = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(path, { maxLength: 12 }), (paths) => {
      const samples = paths.map((hops, i) => sample(i % 2 ? 'after' : 'before', hops));
      const graph = layoutPaths(samples);
      expect(new Set(graph.nodes.map((node) => node.asn))).toEqual(new Set(paths.flat()));
      expect(new Set(graph.nodes.map((node) => `${node.layer} ${node.row}`)).size).toBe(graph.nodes.length);
      for (const node of graph.nodes) expect(node.layer).toBeLessThan(graph.layers);
      for (const edge of graph.edges) expect(edge.points.length).toBeGreaterThanOrEqual(2);
      expect(layoutPaths(samples)).toEqual(graph);
    }),
  );
});

test('of many samples each distinct path is kept first', () => {
  const samples = [
    sample('after', [1, 2]),
    sample('after', [1, 2]),
    sample('after', [3, 2]),
    sample('before', [1, 4]),
  ];
  expect(pickSamples(samples, 2).map(({ path }) => path)).toEqual([
    [1, 4],
    [1, 2],
    [3, 2],
  ]);
});
